package hubspot

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"handoff/internal/crm"
)

// Properties of contacts that remember what HubSpot keeps beside them, each written by the writers of one kind only.
const (
	SubscriptionsProperty = "handoff_subscriptions"
	ListsProperty         = "handoff_lists"
)

// memoryProperty is a property that remembers answers.
func memoryProperty(name string) newProperty {
	return newProperty{
		Name: name, Label: label(name), Type: "string", FieldType: "textarea", GroupName: groupName, Hidden: true,
		Description: "When the person answered, and what Handoff told HubSpot. Handoff keeps it; do not change it.",
	}
}

// remembered is one answer that has been written.
type remembered struct {
	By string `json:"by,omitempty"` // the submission that was the first to answer
	At int64  `json:"at,omitempty"` // when it was answered: microseconds since 1970
	// Said and Since are what HubSpot was told, and its own moment of that. By them what Handoff has told is known from what
	// the person has told HubSpot.
	Said  *bool  `json:"said,omitempty"`
	Since string `json:"since,omitempty"`
}

// said says that a status is what Handoff has told.
func (r remembered) said(is status) bool {
	told, err := time.Parse(time.RFC3339Nano, r.Since)
	if r.Said == nil || *r.Said != is.wants || err != nil {
		return false
	}
	since, err := time.Parse(time.RFC3339Nano, is.since)
	return err == nil && told.Unix() == since.Unix()
}

// remembering is a contact with what it remembers.
type remembering struct {
	id      string
	names   []string // what it is found by
	answers map[string]remembered
	before  string
}

func (r *remembering) encode() string {
	text, _ := json.Marshal(r.answers) // texts and numbers: it cannot go wrong
	return string(text)
}

// remembers says what is missing for answers to be remembered. A description that is not fresh is read again: somebody may
// have added the property a moment ago.
func (c *Connector) remembers(ctx context.Context, property string) *crm.Error {
	for _, maxAge := range []time.Duration{schemaLasts, freshFor} {
		s, _, failure := c.schema(ctx, "contacts", maxAge)
		if failure != nil {
			return failure
		}
		if _, there := s.properties[property]; there {
			return nil
		}
	}
	return &crm.Error{Kind: crm.Misconfigured, Code: "not_set_up", Fields: []string{property}}
}

// recall reads the contacts with what they remember. The contact comes first: consent is on its record, or not written.
func (c *Connector) recall(ctx context.Context, kind beside, o *object, batch []*answer) {
	var who []string
	for _, a := range batch {
		who = append(who, a.who)
	}
	records, call, failure := c.batchRead(ctx, o, kind.contact(), who, []string{kind.memory(), "email", additionalEmails})
	if failure != nil {
		refuseAll(batch, failure, call)
		return
	}
	known := map[string]*remembering{}
	for _, a := range batch {
		r := records[folded(a.who)]
		if r == nil { // none was written before, or it has been deleted or merged since
			a.refuse(&crm.Error{Kind: crm.Conflict, Code: "contact_not_found"}, call)
			continue
		}
		if known[r.ID] == nil {
			known[r.ID] = recollection(r, kind.memory())
			known[r.ID].names = spellings(r, kind.contact())
		}
		a.record, a.call = known[r.ID], call
	}
}

// recollection reads what a contact remembers. What somebody has spoilt counts as nothing.
func recollection(r *record, property string) *remembering {
	m := &remembering{id: r.ID}
	if text := r.Properties[property]; text != nil && json.Unmarshal([]byte(*text), &m.answers) != nil {
		m.answers = nil
	}
	if m.answers == nil {
		m.answers = map[string]remembered{}
	}
	m.before = m.encode()
	return m
}

// remember writes what contacts remember from now on, and gives the answers their results.
func (c *Connector) remember(ctx context.Context, kind beside, o *object, batch []*answer) {
	for _, a := range batch {
		if a.next != nil {
			a.record.answers[a.name] = *a.next
		}
	}
	of := map[string][]*answer{}
	var inputs []input
	for _, a := range batch {
		text := a.record.encode()
		switch {
		case text == a.record.before:
			a.settle(kind)
			continue
		case of[a.record.id] == nil:
			inputs = append(inputs, input{
				ID: a.record.id, Properties: map[string]string{kind.memory(): text}, Trace: "answer." + strconv.Itoa(len(inputs)),
			})
		}
		of[a.record.id] = append(of[a.record.id], a)
	}
	c.updateEach(ctx, o, "remember "+o.name, inputs, func(in input, call *crm.Call, failure *crm.Error) {
		for _, a := range of[in.ID] {
			if failure != nil {
				a.refuse(failure, call)
				continue
			}
			a.settle(kind)
		}
	})
}
