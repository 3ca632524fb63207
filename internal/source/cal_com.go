package source

import (
	"fmt"
	"time"

	"handoff/internal/config"
)

// Cal.com signs the body, without a time; without a secret its header holds a fixed text, which is no signature. It follows
// no redirects and is not documented to retry.
func calcomDefinition() definition {
	return definition{
		adapter: config.Calcom, title: "Cal.com", proof: "HMAC-SHA256 of the body",
		make: func(c config.Source, secrets []string) (adapter, error) {
			return calcom{newKeyed(keyed{header: "X-Cal-Signature-256"}, secrets), eventsOf(c, "BOOKING_CREATED", "FORM_SUBMITTED")}, nil
		},
	}
}

type calcom struct {
	*keyed
	events events
}

type calcomBody struct {
	Trigger   text `json:"triggerEvent"`
	CreatedAt text `json:"createdAt"`
	Payload   struct {
		UID         text             `json:"uid"`
		EventTypeID text             `json:"eventTypeId"`
		FormID      text             `json:"formId"`
		FormName    text             `json:"formName"`
		Title       text             `json:"eventTitle"`
		Attendees   []map[string]any `json:"attendees"`
		Responses   map[string]struct {
			Value any `json:"value"`
		} `json:"responses"`
		Metadata map[string]any `json:"metadata"`
	} `json:"payload"`
}

// read gives the one booking or routing form of a delivery. What happens to a booking later is a version of it.
func (c calcom) read(d *document) ([]Entry, error) {
	var body calcomBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	trigger := string(body.Trigger)
	if !c.events.has(trigger) {
		return nil, nil
	}
	a := newAnswers(d.limits)
	e := Entry{Event: trigger, SubmittedAt: timeOf(string(body.CreatedAt)), FormName: string(body.Payload.FormName)}
	if trigger == "FORM_SUBMITTED" { // it has no id of any kind
		e.Form = string(body.Payload.FormID)
		c.form(d, a)
	} else {
		if body.Payload.UID == "" {
			return nil, unreadable("the body has no payload.uid")
		}
		e.SubmissionID, e.Form = string(body.Payload.UID), string(body.Payload.EventTypeID)
		e.EventID = trigger + ":" + e.SubmissionID + ":" + string(body.CreatedAt)
		if trigger != "BOOKING_CREATED" {
			e.Revision = trigger + ":" + string(body.CreatedAt)
		}
		c.booking(body, a, &e)
	}
	if a.err != nil {
		return nil, a.err
	}
	e.Answers = a.set
	return []Entry{e}, nil
}

// form gathers the answers of a routing form, which are repeated at the root.
func (c calcom) form(d *document, a *answers) {
	root, _ := d.value.(map[string]any)
	for name, value := range root {
		if name == "triggerEvent" || name == "createdAt" || name == "payload" {
			continue
		}
		if object, ok := value.(map[string]any); ok {
			a.flatten(name, object, 0)
			continue
		}
		a.keep(name, value)
	}
}

// booking gathers the answers of a booking and who attends.
func (c calcom) booking(body calcomBody, a *answers, e *Entry) {
	if len(body.Payload.Attendees) > 0 {
		for name, value := range body.Payload.Attendees[0] {
			if object, ok := value.(map[string]any); ok {
				if name == "language" {
					e.Locale = textOf(object["locale"])
				}
				continue
			}
			a.keep("attendee."+name, value)
		}
	}
	for slug, response := range body.Payload.Responses {
		if object, ok := response.Value.(map[string]any); ok {
			a.flatten("responses."+slug, object, 0)
			continue
		}
		a.keep("responses."+slug, response.Value)
	}
	a.flatten("hidden", body.Payload.Metadata, 0)
}

func (c calcom) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"triggerEvent":"BOOKING_CREATED","createdAt":%q,"payload":{"uid":%q,"eventTypeId":1,"attendees":[{"email":`+
		`"ada.sample@example.com","name":"Ada Sample","timeZone":"Europe/London"}],"responses":{"email":{"label":"email_address",`+
		`"value":"ada.sample@example.com","isHidden":false}},"metadata":{"utm_source":"handoff"},"status":"ACCEPTED"}}`,
		r.Received.UTC().Format(time.RFC3339), id)
	r.Body = c.events.sample(r.Body, "BOOKING_CREATED")
}
