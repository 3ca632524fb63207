package source

import (
	"encoding/json"
	"fmt"
	"strings"

	"handoff/internal/config"
)

// Stripe signs TIME.BODY with every secret that is live: https://docs.stripe.com/webhooks#verify-manually. Its own library
// brings an API client of many megabytes along, looks at the age only, and reads the clock itself. It retries for three days.
func stripeDefinition() definition {
	return definition{
		adapter: config.Stripe, title: "Stripe", proof: "HMAC-SHA256 of time and body, 5 min",
		make: func(c config.Source, secrets []string) (adapter, error) {
			return stripe{
				newKeyed(keyed{header: "Stripe-Signature", pairs: true, signed: []string{placeTimestamp, ".", placeBody}}, secrets),
				eventsOf(c, "checkout.session.completed"),
			}, nil
		},
	}
}

type stripe struct {
	*keyed
	events events
}

type stripeBody struct {
	ID       text  `json:"id"`
	Type     text  `json:"type"`
	Created  text  `json:"created"`
	LiveMode *bool `json:"livemode"`
	Data     struct {
		Object struct {
			ID           text                         `json:"id"`
			PaymentLink  text                         `json:"payment_link"`
			Locale       text                         `json:"locale"`
			Customer     map[string]any               `json:"customer_details"`
			CustomFields []map[string]json.RawMessage `json:"custom_fields"`
			Metadata     map[string]any               `json:"metadata"`
			Consent      map[string]any               `json:"consent"`
		} `json:"object"`
	} `json:"data"`
}

// read gives the one object of an event. A checkout is completed once; other events of an object are versions of it.
func (s stripe) read(d *document) ([]Entry, error) {
	var body stripeBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	if !s.events.has(string(body.Type)) {
		return nil, nil
	}
	o := body.Data.Object
	if o.ID == "" {
		return nil, unreadable("the body has no data.object.id")
	}
	a := newAnswers(d.limits)
	a.flatten("customer_details", o.Customer, 0)
	for _, field := range o.CustomFields {
		name, value := stripeField(field)
		a.put("custom_fields."+name, value)
	}
	a.flatten("metadata", o.Metadata, 0)
	for name, value := range o.Consent {
		a.consent("consent."+name, value)
	}
	if a.err != nil {
		return nil, a.err
	}
	e := Entry{
		SubmissionID: string(o.ID), EventID: string(body.ID), Event: string(body.Type), Form: string(o.PaymentLink),
		SubmittedAt: timeOf(string(body.Created)), Answers: a.set, Consents: a.consents, Test: body.LiveMode != nil && !*body.LiveMode,
	}
	if localeText.MatchString(string(o.Locale)) && o.Locale != "auto" {
		e.Locale = string(o.Locale)
	}
	if e.Event != "checkout.session.completed" {
		e.Revision = e.EventID
	}
	return []Entry{e}, nil
}

// stripeField is a custom field, whose value stands under the name of its type.
func stripeField(field map[string]json.RawMessage) (name string, value any) {
	var kind text
	var held struct {
		Value any `json:"value"`
	}
	_ = json.Unmarshal(field["key"], &name) // what is not there is empty
	_ = json.Unmarshal(field["type"], &kind)
	_ = json.Unmarshal(field[string(kind)], &held)
	return name, held.Value
}

func (s stripe) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"id":"evt_%[1]s","object":"event","created":%[2]d,"livemode":%[3]t,"type":"checkout.session.completed","data":{`+
		`"object":{"id":"cs_%[1]s","object":"checkout.session","customer_details":{"email":"ada.sample@example.com","name":"Ada Sample"},`+
		`"custom_fields":[],"metadata":{"utm_source":"handoff"}}}}`, id, r.Received.Unix(), !strings.HasPrefix(id, testPrefix))
	r.Body = s.events.sample(r.Body, "checkout.session.completed")
}
