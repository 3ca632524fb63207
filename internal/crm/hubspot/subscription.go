package hubspot

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
)

// subscriptions are what people want to be written about, by address and subscription type.
// See https://developers.hubspot.com/docs/api-reference/2026-03/communication-preferences/status/update-subscription.
type subscriptions struct{ *Connector }

// legalBases are why a person may be written to, as HubSpot's description of the interface names them.
var legalBases = []string{
	"CONSENT_WITH_NOTICE", "LEGITIMATE_INTEREST_CLIENT", "LEGITIMATE_INTEREST_OTHER", "LEGITIMATE_INTEREST_PQL", "NON_GDPR",
	"PERFORMANCE_OF_CONTRACT", "PROCESS_AND_STORE",
}

// channelEmail is the only channel that HubSpot knows here.
const channelEmail = "EMAIL"

func (subscriptions) fields() []crm.Property {
	return []crm.Property{
		{Name: "email", Type: "string", Required: true},
		{Name: "subscription_id", Type: "enum", Required: true},
		{Name: "subscribed", Type: "boolean", Required: true},
		{Name: "legal_basis", Type: "enum", Options: legalBases},
		{Name: "legal_basis_explanation", Type: "string"},
		{Name: "channel", Type: "enum", Options: []string{channelEmail}},
	}
}

func (subscriptions) memory() string   { return SubscriptionsProperty }
func (subscriptions) contact() string  { return "email" }
func (subscriptions) answered() string { return "subscribed" }

// prepare reads a write. Only an answer is written: no value is neither a yes nor a no.
func (s subscriptions) prepare(ctx context.Context, write *crm.Write) (*answer, *crm.Error) {
	a := &answer{write: write}
	var bad []string
	text := func(field string, options []string) string {
		value, ok := textOf(write.Fields[field])
		if !ok || value != "" && options != nil && !slices.Contains(options, value) {
			bad = append(bad, field)
		}
		return value
	}
	a.who = strings.TrimSpace(text("email", nil))
	named := strings.TrimSpace(text("subscription_id", nil))
	a.basis, a.explanation = text("legal_basis", legalBases), text("legal_basis_explanation", nil)
	text("channel", []string{channelEmail})
	var isAnswer bool
	if a.wants, isAnswer = write.Fields["subscribed"].(bool); !isAnswer {
		bad = append(bad, "subscribed")
	}
	switch {
	case len(bad) > 0:
		slices.Sort(bad)
		return nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: bad}
	case a.who == "" || named == "":
		return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: []string{"email", "subscription_id"}}
	}
	d, failure := s.definition(ctx, named)
	if failure != nil {
		return nil, failure
	}
	// An address may move from one contact to another, and the subscription is the address's.
	a.about, a.name = d.ID, d.ID+":"+recordlock.Name(folded(a.who))[:8]
	return a, nil
}

// definition is a subscription type.
type definition struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"isActive"`
}

// definitionList are the account's subscription types, as HubSpot had them at a moment.
type definitionList struct {
	all  []definition
	read time.Time
}

// definition finds a subscription type by its id or its name. One that was made a moment ago is known soon.
func (s subscriptions) definition(ctx context.Context, named string) (definition, *crm.Error) {
	for _, maxAge := range []time.Duration{schemaLasts, freshFor} {
		all, failure := s.definitions(ctx, maxAge)
		if failure != nil {
			return definition{}, failure
		}
		i := slices.IndexFunc(all, func(d definition) bool { return d.ID == named || folded(d.Name) == folded(named) })
		switch {
		case i >= 0 && all[i].Active:
			return all[i], nil
		case i >= 0:
			return definition{}, &crm.Error{Kind: crm.Misconfigured, Code: "inactive_subscription", Fields: []string{"subscription_id"}}
		}
	}
	return definition{}, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_subscription", Fields: []string{"subscription_id"}}
}

func (s subscriptions) definitions(ctx context.Context, maxAge time.Duration) ([]definition, *crm.Error) {
	s.mu.Lock()
	list := s.definitionList
	s.mu.Unlock()
	if list != nil && s.config.Now().Sub(list.read) < maxAge {
		return list.all, nil
	}
	r, failure := s.wire.Do(ctx, "describe subscriptions", http.MethodGet, pathTo(areaPreferences, "definitions"), nil)
	if failure != nil {
		return nil, failure
	}
	var answer struct {
		Results []definition `json:"results"`
	}
	if failure := r.Read(&answer); failure != nil {
		return nil, failure
	}
	s.mu.Lock()
	s.definitionList = &definitionList{answer.Results, s.config.Now()}
	s.mu.Unlock()
	return answer.Results, nil
}

// describe lists the subscription types that there are, by id and by name.
func (s subscriptions) describe(ctx context.Context) ([]crm.Property, *crm.Error) {
	all, failure := s.definitions(ctx, 0)
	if failure != nil {
		return nil, failure
	}
	fields := s.fields()
	for _, d := range all {
		if d.Active {
			fields[1].Options = append(fields[1].Options, d.ID, d.Name)
		}
	}
	return fields, nil
}

// find reads the statuses of an address: of one subscription type, or of all of them. Where nobody has said anything there is
// no record.
func (s subscriptions) find(ctx context.Context, key crm.Fields, read []string) ([]crm.Record, *crm.Error) {
	email, _ := textOf(key["email"])
	if email == "" {
		return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: []string{"email"}}
	}
	wanted, _ := textOf(key["subscription_id"])
	if wanted != "" {
		d, failure := s.definition(ctx, wanted)
		if failure != nil {
			return nil, failure
		}
		wanted = d.ID
	}
	records, _, failure := s.batchRead(ctx, contacts(ObjectSubscription), "email", []string{email}, []string{"email", additionalEmails})
	if failure != nil || records[folded(email)] == nil {
		return nil, failure
	}
	statuses, _, failure := s.readOne(ctx, email)
	if failure != nil {
		return nil, failure
	}
	var found []crm.Record
	for _, one := range statuses {
		id := one.Subscription.String()
		if one.Status == notSpecified || wanted != "" && wanted != id {
			continue
		}
		all := crm.Fields{
			"email": email, "subscription_id": id, "subscribed": one.Status == subscribed, "legal_basis": orNil(one.Basis),
			"legal_basis_explanation": orNil(one.Explanation), "channel": channelEmail,
		}
		record := crm.Record{ID: records[folded(email)].ID + ":" + id, Fields: crm.Fields{}}
		record.ChangedAt, _ = time.Parse(time.RFC3339Nano, one.Timestamp) // zero where HubSpot does not say
		for _, field := range read {
			record.Fields[field] = all[field]
		}
		found = append(found, record)
	}
	return found, nil
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// textOf is a value that names something: a text or a number. Nothing is an empty text.
func textOf(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// statusPath is where the statuses of an address are. HubSpot has no other way to name it.
func statusPath(email string) string {
	return pathTo(areaPreferences, "statuses", strings.TrimSpace(email))
}

// preference is a status as HubSpot tells it.
type preference struct {
	Email        string      `json:"subscriberIdString"`
	Subscription json.Number `json:"subscriptionId"`
	Status       string      `json:"status"`
	Timestamp    string      `json:"timestamp"`
	Basis        string      `json:"legalBasis"`
	Explanation  string      `json:"legalBasisExplanation"`
}

// Statuses that HubSpot has.
const (
	subscribed   = "SUBSCRIBED"
	unsubscribed = "UNSUBSCRIBED"
	notSpecified = "NOT_SPECIFIED"
)

func stateOfAnswer(wants bool) string {
	if wants {
		return subscribed
	}
	return unsubscribed
}

// number is an id as HubSpot wants it here.
func number(id string) json.Number {
	if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return "0"
	}
	return json.Number(id)
}
