package source

import (
	"crypto/sha1"
	"fmt"
	"strings"

	"handoff/internal/config"
)

// Intercom signs the body with SHA-1, without a time: https://developers.intercom.com/docs/webhooks/webhook-notifications.
// It suspends an endpoint that fails for a week.
func intercomDefinition() definition {
	return definition{
		adapter: config.Intercom, title: "Intercom", proof: "HMAC-SHA1 of the body",
		make: func(c config.Source, secrets []string) (adapter, error) {
			return intercom{
				newKeyed(keyed{hash: sha1.New, header: "X-Hub-Signature", prefix: "sha1="}, secrets),
				eventsOf(c, "contact.lead.created", "contact.lead.added_email"),
			}, nil
		},
	}
}

type intercom struct {
	*keyed
	events events
}

type intercomBody struct {
	ID        text `json:"id"`
	Topic     text `json:"topic"`
	CreatedAt text `json:"created_at"`
	Data      struct {
		Item map[string]any `json:"item"`
	} `json:"data"`
}

// intercomFields are the parts of a contact that are answers.
var intercomFields = [...]string{"email", "name", "phone", "role", "external_id", "referrer"}

// read gives the one contact of a notification. A lead often gets its address later: that is a version of the same lead.
func (i intercom) read(d *document) ([]Entry, error) {
	var body intercomBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	if !i.events.has(string(body.Topic)) {
		return nil, nil
	}
	item := body.Data.Item
	id := textOf(item["id"])
	if id == "" {
		return nil, unreadable("the body has no data.item.id")
	}
	a := newAnswers(d.limits)
	for _, name := range intercomFields {
		a.put(name, textOf(item[name]))
	}
	for name, value := range texts(item) {
		if strings.HasPrefix(name, "utm_") {
			a.keep(name, value)
		}
	}
	custom, _ := item["custom_attributes"].(map[string]any)
	a.flatten("custom", custom, 0)
	if a.err != nil {
		return nil, a.err
	}
	e := Entry{
		SubmissionID: id, EventID: string(body.ID), Event: string(body.Topic), SubmittedAt: timeOf(string(body.CreatedAt)), Answers: a.set,
		Locale: textOf(item["language_override"]),
	}
	if e.Event != "contact.lead.created" {
		e.Revision = e.EventID
	}
	return []Entry{e}, nil
}

func (i intercom) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"type":"notification_event","app_id":"sample","topic":"contact.lead.created","id":"notif_%[1]s","created_at":%[2]d,`+
		`"data":{"type":"notification_event_data","item":{"type":"contact","id":"%[1]s","role":"lead","email":"ada.sample@example.com",`+
		`"name":"Ada Sample","utm_source":"handoff","custom_attributes":{}}}}`, id, r.Received.Unix())
	r.Body = i.events.sample(r.Body, "contact.lead.created")
}
