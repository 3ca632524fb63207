package source

import (
	"fmt"
	"strings"
	"time"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// HubSpot has no webhook for form submissions. Its apps send notices that a contact was created or changed, up to 100 at a
// time, whose answers are fetched; its workflows send the contact itself. It retries whatever is not 2xx for a day, so what
// nobody asked for is answered with success. A workflow reads Retry-After in milliseconds.
func hubspotDefinition() definition {
	return definition{
		adapter: config.HubSpot, title: "HubSpot", proof: "v3: HMAC-SHA256 with URL and time, 5 min; v1, v2: SHA-256",
		manners: Manners{RetryAfterUnit: time.Millisecond},
		make: func(c config.Source, secrets []string) (adapter, error) {
			return hubspot{newHubspotSignature(c, secrets), eventsOf(c, "contact.creation", "contact.propertyChange")}, nil
		},
	}
}

type hubspot struct {
	hubspotSignature
	events events
}

type hubspotEvent struct {
	EventID        text `json:"eventId"`
	SubscriptionID text `json:"subscriptionId"`
	PortalID       text `json:"portalId"`
	ObjectID       text `json:"objectId"`
	OccurredAt     text `json:"occurredAt"`
	Type           text `json:"subscriptionType"`
	ChangeSource   text `json:"changeSource"`
	SourceID       text `json:"sourceId"`
}

// privacyDeletion is how HubSpot says that a person wants to be forgotten.
const privacyDeletion = "contact.privacyDeletion"

func (h hubspot) read(d *document) ([]Entry, error) {
	list, batch := d.value.([]any)
	if !batch {
		return h.readContact(d)
	}
	var decoded []hubspotEvent
	if err := d.decode(&decoded); err != nil {
		return nil, err
	}
	var entries []Entry
	for i, event := range decoded {
		raw, _ := list[i].(map[string]any)
		e, ok := h.notice(event, raw)
		if !ok {
			continue
		}
		if len(list) > 1 {
			e.Raw = object([]any{raw})
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// notice is the entry of one event. The contact is what is submitted, and each event a version of it: eventId alone is
// documented not to be unique, and one contact has many events.
func (h hubspot) notice(event hubspotEvent, raw map[string]any) (Entry, bool) {
	erasure := event.Type == privacyDeletion
	if !erasure && (!h.events.has(string(event.Type)) || event.ChangeSource != "FORM") {
		return Entry{}, false
	}
	e := Entry{
		SubmissionID: string(event.PortalID) + ":" + string(event.ObjectID), EventID: string(event.EventID), Event: string(event.Type),
		Revision:    strings.Join([]string{string(event.SubscriptionID), string(event.OccurredAt), string(event.EventID)}, ":"),
		SubmittedAt: timeOf(string(event.OccurredAt)), Test: strings.HasPrefix(string(event.SourceID), testPrefix), Answers: map[string]any{},
	}
	for _, name := range []string{"objectId", "propertyName", "propertyValue", "changeSource"} {
		if value := raw[name]; !empty(value) {
			e.Answers[name] = value
		}
	}
	switch {
	case event.ObjectID == "":
		e.SubmissionID, e.Revision = "", ""
		e.Hold = &submission.Hold{Code: submission.HoldUnreadable, Detail: "an event has no objectId"}
	case erasure:
		e.Hold = &submission.Hold{Code: submission.HoldErasure, Detail: "HubSpot deleted the contact for privacy: erase the person here too"}
	default:
		e.Notice = &submission.Notice{Object: "contact", ID: string(event.ObjectID), Account: string(event.PortalID)}
	}
	return e, true
}

// readContact reads the body of a workflow's webhook: the contact with its properties, or the ones chosen in the workflow.
// A contact comes again with every change, so the version is the hash of what is sent.
func (h hubspot) readContact(d *document) ([]Entry, error) {
	object, ok := d.value.(map[string]any)
	if !ok {
		return nil, unreadable("the body is neither a list of events nor a contact")
	}
	properties, whole := object["properties"].(map[string]any)
	if !whole {
		properties = object
	}
	a := newAnswers(d.limits)
	for name, value := range properties {
		if property, ok := value.(map[string]any); ok {
			value = property["value"]
		}
		if _, nested := value.(map[string]any); !nested {
			a.keep(name, value)
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	e := Entry{Event: "workflow", Answers: a.set, Revision: answersHash(a.set)}
	for _, name := range []string{"hs_object_id", "objectId", "vid"} {
		if e.SubmissionID == "" {
			e.SubmissionID = firstText(textOf(a.set[name]), textOf(object[name]))
		}
	}
	if e.SubmissionID == "" {
		e.Revision = "" // the hash of the body is its identity
	} else if portal := textOf(object["portal-id"]); portal != "" {
		e.SubmissionID = portal + ":" + e.SubmissionID
	}
	h.latestForm(object, &e)
	return []Entry{e}, nil
}

// latestForm finds which form the contact filled in, where HubSpot says it.
func (h hubspot) latestForm(object map[string]any, e *Entry) {
	submissions, _ := object["form-submissions"].([]any)
	for _, element := range submissions {
		form, _ := element.(map[string]any)
		at := timeOf(textOf(form["timestamp"]))
		if form == nil || at.Before(e.SubmittedAt) {
			continue
		}
		e.SubmittedAt, e.Form, e.FormName = at, textOf(form["form-id"]), textOf(form["title"])
		e.Context = map[string]string{"page_url": textOf(form["page-url"])}
	}
}

func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func (h hubspot) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `[{"eventId":1,"subscriptionId":1,"portalId":1,"appId":1,"occurredAt":%d,"subscriptionType":"contact.creation",`+
		`"attemptNumber":0,"objectId":1,"changeSource":"FORM","changeFlag":"NEW","sourceId":%q}]`, r.Received.UnixMilli(), id)
	r.Body = h.events.sample(r.Body, "contact.creation")
}
