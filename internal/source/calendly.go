package source

import (
	"fmt"
	"path"
	"time"

	"handoff/internal/config"
)

// Calendly signs TIME.BODY and tolerates three minutes: https://developer.calendly.com/api-docs/webhook-signatures. It
// retries for a day, and then disables the subscription for good.
func calendlyDefinition() definition {
	return definition{
		adapter: config.Calendly, title: "Calendly", proof: "HMAC-SHA256 of time and body, 3 min",
		make: func(c config.Source, secrets []string) (adapter, error) {
			return calendly{
				newKeyed(keyed{
					header: "Calendly-Webhook-Signature", pairs: true, tolerance: 3 * time.Minute, signed: []string{placeTimestamp, ".", placeBody},
				}, secrets), eventsOf(c, "invitee.created", "routing_form_submission.created"),
			}, nil
		},
	}
}

type calendly struct {
	*keyed
	events events
}

type calendlyBody struct {
	Event     text `json:"event"`
	CreatedAt text `json:"created_at"`
	Payload   struct {
		URI         text `json:"uri"`
		Email       text `json:"email"`
		Name        text `json:"name"`
		FirstName   text `json:"first_name"`
		LastName    text `json:"last_name"`
		TimeZone    text `json:"timezone"`
		Phone       text `json:"text_reminder_number"`
		RoutingForm text `json:"routing_form"`
		Scheduled   struct {
			Name      text `json:"name"`
			EventType text `json:"event_type"`
		} `json:"scheduled_event"`
		Questions []struct {
			Question text `json:"question"`
			Answer   any  `json:"answer"`
		} `json:"questions_and_answers"`
		Tracking map[string]any `json:"tracking"`
	} `json:"payload"`
}

// read gives the one invitee or routing form of a delivery. What happens to an invitee later, such as a cancellation, is a
// version of the same submission.
func (c calendly) read(d *document) ([]Entry, error) {
	var body calendlyBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	if !c.events.has(string(body.Event)) {
		return nil, nil
	}
	p := body.Payload
	if p.URI == "" {
		return nil, unreadable("the body has no payload.uri")
	}
	a := newAnswers(d.limits)
	for _, answer := range []struct {
		name  string
		value text
	}{
		{"email", p.Email}, {"name", p.Name}, {"first_name", p.FirstName}, {"last_name", p.LastName}, {"timezone", p.TimeZone},
		{"text_reminder_number", p.Phone},
	} {
		a.put(answer.name, string(answer.value))
	}
	for _, question := range p.Questions {
		a.put("qa."+string(question.Question), question.Answer)
	}
	a.flatten("hidden", p.Tracking, 0)
	if a.err != nil {
		return nil, a.err
	}
	e := Entry{
		SubmissionID: string(p.URI), EventID: string(body.Event) + ":" + string(p.URI), Event: string(body.Event),
		Form: lastPart(firstText(string(p.RoutingForm), string(p.Scheduled.EventType))), FormName: string(p.Scheduled.Name),
		SubmittedAt: timeOf(string(body.CreatedAt)), Answers: a.set,
	}
	if e.Event != "invitee.created" && e.Event != "routing_form_submission.created" {
		e.Revision = e.Event
	}
	return []Entry{e}, nil
}

// lastPart is the id at the end of a resource's address.
func lastPart(uri string) string {
	if uri == "" {
		return ""
	}
	return path.Base(uri)
}

func (c calendly) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"event":"invitee.created","created_at":%q,"created_by":"https://api.calendly.com/users/sample","payload":{`+
		`"uri":"https://api.calendly.com/scheduled_events/sample/invitees/%s","email":"ada.sample@example.com","name":"Ada Sample",`+
		`"first_name":"Ada","last_name":"Sample","timezone":"Europe/London","questions_and_answers":[],"tracking":{"utm_source":"handoff"}}}`,
		r.Received.UTC().Format(time.RFC3339), id)
	r.Body = c.events.sample(r.Body, "invitee.created")
}
