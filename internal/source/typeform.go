package source

import (
	"fmt"
	"time"

	"handoff/internal/config"
)

// Typeform signs the body, without a time: https://www.typeform.com/developers/webhooks/secure-your-webhooks/. It retries
// for hours, and switches the webhook off at once when it is answered 404 or 410.
func typeformDefinition() definition {
	return definition{
		adapter: config.Typeform, title: "Typeform", proof: "HMAC-SHA256 of the body",
		make: func(c config.Source, secrets []string) (adapter, error) {
			return typeform{
				newKeyed(keyed{header: "Typeform-Signature", prefix: "sha256=", encoding: inBase64}, secrets),
				eventsOf(c, "form_response"),
			}, nil
		},
	}
}

type typeform struct {
	*keyed
	events events
}

type typeformBody struct {
	EventID   text `json:"event_id"`
	EventType text `json:"event_type"`
	Response  struct {
		FormID      text           `json:"form_id"`
		Token       text           `json:"token"`
		LandedAt    text           `json:"landed_at"`
		SubmittedAt text           `json:"submitted_at"`
		Hidden      map[string]any `json:"hidden"`
		Calculated  struct {
			Score any `json:"score"`
		} `json:"calculated"`
		Variables  []map[string]any `json:"variables"`
		Definition struct {
			Title text `json:"title"`
		} `json:"definition"`
		Answers []typeformAnswer `json:"answers"`
	} `json:"form_response"`
}

// read gives the one response of a delivery. Its identity is the token, which is all that the Responses API knows.
func (t typeform) read(d *document) ([]Entry, error) {
	var body typeformBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	if !t.events.has(string(body.EventType)) {
		return nil, nil
	}
	r := body.Response
	if r.Token == "" {
		return nil, unreadable("the body has no form_response.token")
	}
	a := newAnswers(d.limits)
	for _, answer := range r.Answers {
		answer.into(a)
	}
	a.flatten("hidden", r.Hidden, 0)
	for _, variable := range r.Variables {
		a.put("variables."+textOf(variable["key"]), variable[textOf(variable["type"])])
	}
	a.put("calculated.score", r.Calculated.Score)
	if a.err != nil {
		return nil, a.err
	}
	e := Entry{
		SubmissionID: string(r.Token), EventID: string(body.EventID), Event: string(body.EventType), Form: string(r.FormID),
		FormName: string(r.Definition.Title), SubmittedAt: timeOf(string(r.SubmittedAt)), Answers: a.set, Consents: a.consents,
	}
	if body.EventType != "form_response" { // a part of the answers, which the finished response replaces
		e.Revision = string(body.EventType) + "-" + answersHash(a.set)
	}
	return []Entry{e}, nil
}

// typeformAnswer is an answer whose value is under the key that its type names.
type typeformAnswer map[string]any

func (t typeformAnswer) into(a *answers) {
	field, _ := t["field"].(map[string]any)
	name := first(field, "ref", "id")
	kind := textOf(t["type"])
	value := t[kind]
	object, _ := value.(map[string]any)
	switch kind {
	case "choice":
		a.put(name, firstOf(object["label"], object["other"]))
	case "choices":
		labels, _ := object["labels"].([]any)
		if other := object["other"]; !empty(other) {
			labels = append(labels, other)
		}
		a.put(name, labels)
	case "file_url":
		a.putFile(name, file(textOf(value), "", nil, ""))
	case "boolean":
		if textOf(field["type"]) == "legal" {
			a.consent(name, value)
			return
		}
		a.put(name, value)
	default:
		a.put(name, value)
	}
}

func (t typeform) sample(r *Request, id string) {
	at := r.Received.UTC().Format(time.RFC3339)
	r.Body = fmt.Appendf(nil, `{"event_id":"%[1]s","event_type":"form_response","form_response":{"form_id":"sample","token":"%[1]s",`+
		`"response_id":"%[1]s","landed_at":"%[2]s","submitted_at":"%[2]s","hidden":{"utm_source":"handoff"},`+
		`"definition":{"id":"sample","title":"Sample","fields":[]},"answers":[`+
		`{"type":"text","text":"Ada","field":{"id":"a1","type":"short_text","ref":"firstname"}},`+
		`{"type":"text","text":"Sample","field":{"id":"a2","type":"short_text","ref":"lastname"}},`+
		`{"type":"email","email":"ada.sample@example.com","field":{"id":"a3","type":"email","ref":"email"}},`+
		`{"type":"boolean","boolean":true,"field":{"id":"a4","type":"legal","ref":"marketing_opt_in"}}]}}`, id, at)
	r.Body = t.events.sample(r.Body, "form_response")
}
