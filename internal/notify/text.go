package notify

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// builtIn is the text of channels without a template of their own. It names no person but the owner of the record.
const builtIn = `{{.Title}}
{{- with .Submission}}
Submission: {{.}}{{end}}
{{- with .Disposition}}
Disposition: {{.}}{{end}}
{{- with .Owner}}
Owner: {{.}}{{end}}
{{- with .Queue}}
Queue: {{.}}{{end}}
{{- range .Records}}
Record: {{.Object}} {{.ID}}{{end}}
{{- range .Problems}}
Problem: {{.}}{{end}}
{{- with .URL}}
{{.}}{{end}}
`

// facts are what every template sees.
type facts struct {
	Event                                                    Event
	Submission, Form, Source, Disposition, Owner, Queue, URL string
	Records                                                  []Record
	Problems                                                 []string
}

// Title is the first line: what happened, and where it came from.
func (f facts) Title() string {
	said := map[Event]string{
		Created: "New record", Updated: "Record updated", Routed: "Existing customer", Review: "Waiting for review", Alert: "Alert",
	}[f.Event]
	if said == "" {
		said = string(f.Event)
	}
	if f.Form != "" {
		said += ": " + f.Form
	}
	if f.Source != "" {
		said += " from " + f.Source
	}
	return said
}

// personalFacts are what the template of a personal channel sees. They are a type of their own, so that a template that
// asks for answers on any other channel is found out when it is loaded.
type personalFacts struct {
	facts
	Answers map[string]any
}

// text renders messages for one channel.
type text struct {
	template *template.Template
	personal bool
}

func newText(c Channel) (*text, error) {
	source := c.Template
	if source == "" {
		source = builtIn
	}
	parsed, err := template.New("template").Parse(source)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err) // quotes the template, which is configuration
	}
	t := &text{template: parsed.Option("missingkey=zero"), personal: c.Personal}
	example := Message{Event: Created, Records: []Record{{}}, Problems: []string{""}, Answers: map[string]any{}}
	if _, err := t.render(example); err != nil {
		if !c.Personal {
			return nil, fmt.Errorf("template: %w (answers need personal: true)", err)
		}
		return nil, fmt.Errorf("template: %w", err)
	}
	return t, nil
}

// maxText bounds a rendered text: no channel takes more, and a loop in a template must end.
const maxText = 64 << 10

func (t *text) render(m Message) (string, error) {
	var data any = factsOf(m)
	if t.personal {
		data = personalFacts{facts: factsOf(m), Answers: m.Answers}
	}
	var b limited
	if err := t.template.Execute(&b, data); err != nil {
		return "", err
	}
	return strings.TrimSpace(b.String()), nil
}

func factsOf(m Message) facts {
	return facts{
		Event: m.Event, Submission: m.Submission, Form: m.Form, Source: m.Source, Disposition: m.Disposition, Owner: m.Owner,
		Queue: m.Queue, URL: m.URL, Records: m.Records, Problems: m.Problems,
	}
}

type limited struct{ strings.Builder }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxText {
		return 0, errors.New("the text is too long")
	}
	return l.Builder.Write(p)
}
