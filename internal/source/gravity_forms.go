package source

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"handoff/internal/config"
)

// Gravity Forms signs nothing: the secret travels in a header of the feed. It sends once, and takes any answer for success:
// https://docs.gravityforms.com/category/add-ons-gravity-forms/webhooks-add-on/.
func gravityFormsDefinition() definition {
	usual := config.Place{Header: "X-Webhook-Token"}
	return definition{
		adapter: config.GravityForms, title: "Gravity Forms", proof: "token in a header", token: usual, types: []string{TypeJSON, TypeForm},
		make: func(c config.Source, secrets []string) (adapter, error) {
			return gravityForms{tokenOf(c, usual, secrets)}, nil
		},
	}
}

type gravityForms struct{ token }

// gravityField is the number of a field, or of one input of a field.
var gravityField = regexp.MustCompile(`^\d+(\.\d+)?$`)

// read gives the one entry of a delivery. Its id is unique within a site, and is said with its form's. Times are in UTC.
func (g gravityForms) read(d *document) ([]Entry, error) {
	body, ok := d.value.(map[string]any)
	if !ok {
		return nil, unreadable("the body is no entry")
	}
	id, form := textOf(body["id"]), textOf(body["form_id"])
	if id == "" || form == "" {
		return nil, unreadable("the body has no id or no form_id")
	}
	a := newAnswers(d.limits)
	for name, value := range body {
		if gravityField.MatchString(name) {
			a.keep(name, g.value(d, value))
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	e := Entry{
		SubmissionID: form + ":" + id, EventID: "", Form: form, SubmittedAt: timeOf(textOf(body["date_created"])), Answers: a.set,
		Consents: g.consents(a.set), Context: map[string]string{"page_url": textOf(body["source_url"])},
	}
	if updated := timeOf(textOf(body["date_updated"])); updated.After(e.SubmittedAt) {
		e.Revision, e.SubmittedAt = updated.Format(time.RFC3339), updated
	}
	return []Entry{e}, nil
}

// value reads the lists that Gravity Forms writes as text.
func (g gravityForms) value(d *document, value any) any {
	text := textOf(value)
	if !strings.HasPrefix(text, "[") {
		return value
	}
	list, err := decodeJSON([]byte(text), d.limits)
	if _, isList := list.([]any); err != nil || !isList {
		return value // somebody's own brackets
	}
	return list
}

// consents finds the consent fields: their inputs are the tick, the text and the text's revision.
func (g gravityForms) consents(set map[string]any) []string {
	var names []string
	for name, value := range set {
		field, ok := strings.CutSuffix(name, ".1")
		if ok && value == "1" && textOf(set[field+".2"]) != "" && gravityRevision.MatchString(textOf(set[field+".3"])) {
			names = append(names, name)
		}
	}
	return names
}

var gravityRevision = regexp.MustCompile(`^\d+$`)

func (g gravityForms) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"id":%[1]q,"form_id":"1","date_created":%[2]q,"date_updated":%[2]q,"source_url":"https://example.com/?utm_source=handoff",`+
		`"status":"active","1.3":"Ada","1.6":"Sample","2":"ada.sample@example.com"}`, id, r.Received.UTC().Format("2006-01-02 15:04:05"))
}
