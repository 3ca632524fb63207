package source

import (
	"fmt"
	"time"

	"handoff/internal/config"
)

// Webflow signs TIME:BODY, with milliseconds, where the webhook was made through its API; webhooks made in its dashboard
// are not signed: https://developers.webflow.com/data/docs/working-with-webhooks. It tries three times, ten minutes apart.
func webflowDefinition() definition {
	return definition{
		adapter: config.Webflow, title: "Webflow", proof: "HMAC-SHA256 of time and body, 5 min",
		make: func(c config.Source, secrets []string) (adapter, error) {
			return webflow{
				newKeyed(keyed{
					header: "X-Webflow-Signature", timeHeader: "X-Webflow-Timestamp", unit: time.Millisecond,
					signed: []string{placeTimestamp, ":", placeBody},
				}, secrets), eventsOf(c, "form_submission"),
			}, nil
		},
	}
}

type webflow struct {
	*keyed
	events events
}

type webflowBody struct {
	TriggerType text `json:"triggerType"`
	// Version 1 of the API wrote these.
	OldID  text           `json:"_id"`
	OldSet map[string]any `json:"d"`

	Payload struct {
		ID          text           `json:"id"`
		FormID      text           `json:"formId"`
		Name        text           `json:"name"`
		SiteID      text           `json:"siteId"`
		SubmittedAt text           `json:"submittedAt"`
		Data        map[string]any `json:"data"`
		Schema      []struct {
			Name text `json:"fieldName"`
			Type text `json:"fieldType"`
		} `json:"schema"`
	} `json:"payload"`
}

// read gives the one submission of a delivery.
func (w webflow) read(d *document) ([]Entry, error) {
	var body webflowBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	if body.OldSet != nil || body.OldID != "" {
		return nil, unreadable("the body is of version 1 of Webflow's API: make the webhook anew through version 2")
	}
	if !w.events.has(string(body.TriggerType)) {
		return nil, nil
	}
	p := body.Payload
	if p.ID == "" {
		return nil, unreadable("the body has no payload.id")
	}
	a := newAnswers(d.limits)
	set := p.Data
	for _, field := range p.Schema {
		if name := string(field.Name); field.Type == "FormFileUploadInput" && !empty(set[name]) {
			a.putFile(name, files(set[name]))
			delete(set, name)
		}
	}
	a.flatten("", set, 0)
	if a.err != nil {
		return nil, a.err
	}
	return []Entry{{
		SubmissionID: string(p.ID), Event: string(body.TriggerType), Form: string(p.FormID), FormName: string(p.Name),
		SubmittedAt: timeOf(string(p.SubmittedAt)), Answers: a.set,
	}}, nil
}

func (w webflow) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"triggerType":"form_submission","payload":{"name":"Sample","siteId":"sample","data":{"First Name":"Ada",`+
		`"Last Name":"Sample","Email":"ada.sample@example.com","utm_source":"handoff"},"schema":[],"submittedAt":%q,"id":%q,`+
		`"formId":"sample","formElementId":"sample"}}`, r.Received.UTC().Format(time.RFC3339), id)
	r.Body = w.events.sample(r.Body, "form_submission")
}
