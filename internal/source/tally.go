package source

import (
	"fmt"
	"strings"
	"time"

	"handoff/internal/config"
)

// Tally signs the body, without a time, where the webhook has a signing secret: https://tally.so/help/webhooks. It retries
// five times within 32 hours.
func tallyDefinition() definition {
	return definition{
		adapter: config.Tally, title: "Tally", proof: "HMAC-SHA256 of the body",
		make: func(c config.Source, secrets []string) (adapter, error) {
			return tally{
				newKeyed(keyed{header: "Tally-Signature", encoding: inBase64}, secrets), eventsOf(c, "FORM_RESPONSE"),
			}, nil
		},
	}
}

type tally struct {
	*keyed
	events events
}

type tallyBody struct {
	EventID   text `json:"eventId"`
	EventType text `json:"eventType"`
	Data      struct {
		SubmissionID text         `json:"submissionId"`
		ResponseID   text         `json:"responseId"`
		FormID       text         `json:"formId"`
		FormName     text         `json:"formName"`
		CreatedAt    text         `json:"createdAt"`
		Fields       []tallyField `json:"fields"`
	} `json:"data"`
}

// read gives the one response of a delivery. Its identity is the submission id, which is all that the API knows.
func (t tally) read(d *document) ([]Entry, error) {
	var body tallyBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	if !t.events.has(string(body.EventType)) {
		return nil, nil
	}
	id := string(body.Data.SubmissionID)
	if id == "" {
		id = string(body.Data.ResponseID)
	}
	if id == "" {
		return nil, unreadable("the body has no data.submissionId")
	}
	a := newAnswers(d.limits)
	choices := map[string]bool{}
	for _, field := range body.Data.Fields {
		if len(field.Options) > 0 {
			choices[string(field.Key)] = true
		}
	}
	for _, field := range body.Data.Fields {
		if !field.repeats(choices) {
			field.into(a)
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	return []Entry{{
		SubmissionID: id, EventID: string(body.EventID), Event: string(body.EventType), Form: string(body.Data.FormID),
		FormName: string(body.Data.FormName), SubmittedAt: timeOf(string(body.Data.CreatedAt)), Answers: a.set,
	}}, nil
}

type tallyField struct {
	Key     text          `json:"key"`
	Label   text          `json:"label"`
	Type    text          `json:"type"`
	Value   any           `json:"value"`
	Options []tallyOption `json:"options"`
	Rows    []tallyOption `json:"rows"`
	Columns []tallyOption `json:"columns"`
}

type tallyOption struct {
	ID   text `json:"id"`
	Text text `json:"text"`
}

// repeats says that a field is one option of a choice, which the choice itself has told already.
func (f tallyField) repeats(choices map[string]bool) bool {
	if _, isBool := f.Value.(bool); !isBool || f.Type != "CHECKBOXES" {
		return false
	}
	for cut := strings.LastIndexByte(string(f.Key), '_'); cut > 0; cut = strings.LastIndexByte(string(f.Key)[:cut], '_') {
		if choices[string(f.Key)[:cut]] {
			return true
		}
	}
	return false
}

func (f tallyField) into(a *answers) {
	name := string(f.Key)
	switch f.Type {
	case "HIDDEN_FIELDS":
		a.put("hidden."+string(f.Label), f.Value)
	case "FILE_UPLOAD", "SIGNATURE":
		a.putFile(name, files(f.Value))
	case "MATRIX":
		rows, _ := f.Value.(map[string]any)
		for _, row := range f.Rows { // in the form's order
			a.put(name+"."+string(row.Text), named(rows[string(row.ID)], f.Columns))
		}
	default:
		if len(f.Options) > 0 {
			a.put(name, named(f.Value, f.Options))
			return
		}
		a.put(name, f.Value)
	}
}

// named replaces the ids of options by their texts; it gives a list whether one or several were chosen.
func named(value any, options []tallyOption) any {
	ids, ok := value.([]any)
	if !ok {
		if empty(value) {
			return nil
		}
		ids = []any{value}
	}
	list := make([]any, 0, len(ids))
	for _, id := range ids {
		chosen := id
		for _, option := range options {
			if string(option.ID) == textOf(id) {
				chosen = string(option.Text)
			}
		}
		list = append(list, chosen)
	}
	return list
}

func (t tally) sample(r *Request, id string) {
	at := r.Received.UTC().Format(time.RFC3339)
	r.Body = fmt.Appendf(nil, `{"eventId":"%[1]s","eventType":"FORM_RESPONSE","createdAt":"%[2]s","data":{"responseId":"%[1]s",`+
		`"submissionId":"%[1]s","respondentId":"sample","formId":"sample","formName":"Sample","createdAt":"%[2]s","fields":[`+
		`{"key":"question_first","label":"First name","type":"INPUT_TEXT","value":"Ada"},`+
		`{"key":"question_last","label":"Last name","type":"INPUT_TEXT","value":"Sample"},`+
		`{"key":"question_email","label":"Email","type":"INPUT_EMAIL","value":"ada.sample@example.com"},`+
		`{"key":"question_utm","label":"utm_source","type":"HIDDEN_FIELDS","value":"handoff"}]}}`, id, at)
	r.Body = t.events.sample(r.Body, "FORM_RESPONSE")
}
