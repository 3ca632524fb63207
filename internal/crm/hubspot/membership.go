package hubspot

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"handoff/internal/crm"
)

// memberships are contacts on lists, which HubSpot's screens call segments. HubSpot itself decides who is on a dynamic one:
// only lists whose processing type is MANUAL or SNAPSHOT can be written.
// See https://developers.hubspot.com/docs/api-reference/2026-03/crm/lists/memberships/update-list-memberships.
type memberships struct{ *Connector }

func (memberships) fields() []crm.Property {
	return []crm.Property{
		{Name: "list_id", Type: "string", Required: true},
		{Name: "contact_id", Type: "string"}, // which a link fills: nobody can say that it always does
		{Name: "member", Type: "boolean"},
	}
}

func (memberships) memory() string   { return ListsProperty }
func (memberships) contact() string  { return "" }
func (memberships) answered() string { return "member" }

func (m memberships) describe(context.Context) ([]crm.Property, *crm.Error) { return m.fields(), nil }

// prepare reads a write. Without a word about it, a contact is to be on the list.
func (m memberships) prepare(ctx context.Context, write *crm.Write) (*answer, *crm.Error) {
	a := &answer{write: write, wants: true}
	var bad []string
	named, isText := textOf(write.Fields["list_id"])
	if !isText {
		bad = append(bad, "list_id")
	}
	if value := write.Fields["member"]; value != nil {
		if a.wants, isText = value.(bool); !isText {
			bad = append(bad, "member")
		}
	}
	if a.who, isText = textOf(write.Fields["contact_id"]); !isText || a.who != "" && !anID.MatchString(a.who) {
		bad = append(bad, "contact_id")
	}
	named = strings.TrimSpace(named)
	switch {
	case len(bad) > 0:
		slices.Sort(bad)
		return nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: bad}
	case a.who == "" || named == "":
		return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: []string{"contact_id", "list_id"}}
	}
	l, failure := m.list(ctx, named)
	if failure != nil {
		return nil, failure
	}
	a.about, a.name = l.ID.String(), l.ID.String()
	return a, nil
}

// anID is what HubSpot calls records and lists by.
var anID = regexp.MustCompile(`^\d{1,20}$`)

// contactsType is the type id of contacts.
const contactsType = "0-1"

// list is what HubSpot says of one.
type list struct {
	ID         json.Number `json:"listId"`
	Object     string      `json:"objectTypeId"`
	Processing string      `json:"processingType"`
	read       time.Time
	unknown    *crm.Error // where there is none
}

// list finds a list of contacts that can be written, by its id or its name.
func (m memberships) list(ctx context.Context, named string) (list, *crm.Error) {
	m.mu.Lock()
	l, known := m.lists[named]
	m.mu.Unlock()
	if !known || l.outdated(m.config.Now()) {
		path := pathTo(areaLists, "object-type-id", contactsType, "name", named)
		if anID.MatchString(named) {
			path = pathTo(areaLists, named)
		}
		r, failure := m.wire.Do(ctx, "describe list", http.MethodGet, path, nil)
		switch {
		case failure != nil && failure.Status == http.StatusNotFound:
			l = list{unknown: unknownList(failure)}
		case failure != nil:
			return l, failure
		default:
			var answer struct {
				List list `json:"list"`
			}
			if failure := r.Read(&answer); failure != nil {
				return l, failure
			}
			l = answer.List
		}
		l.read = m.config.Now()
		m.keep(named, l)
	}
	switch {
	case l.unknown != nil:
		return l, l.unknown
	case l.Processing == "DYNAMIC":
		return l, &crm.Error{Kind: crm.Misconfigured, Code: "dynamic_list", Fields: []string{"list_id"}}
	case l.Object != contactsType:
		return l, &crm.Error{Kind: crm.Misconfigured, Code: "not_of_contacts", Fields: []string{"list_id"}}
	}
	return l, nil
}

// outdated says that HubSpot has to be asked again.
func (l list) outdated(now time.Time) bool {
	lasts := schemaLasts
	if l.unknown != nil { // somebody may make it
		lasts = freshFor
	}
	return now.Sub(l.read) >= lasts
}

// keep remembers a list, and forgets those that would be asked for again: a form may name any list.
func (m memberships) keep(named string, l list) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.lists, func(_ string, other list) bool { return other.outdated(l.read) })
	m.lists[named] = l
}

func unknownList(failure *crm.Error) *crm.Error {
	return &crm.Error{
		Kind: crm.Misconfigured, Code: "unknown_list", Status: failure.Status, Fields: []string{"list_id"}, RequestID: failure.RequestID,
	}
}

// look asks nothing: HubSpot passes over who is on a list already.
func (m memberships) look(context.Context, []*answer) {}

// set puts contacts onto lists and takes others off, with one call for each list.
func (m memberships) set(ctx context.Context, batch []*answer) {
	of := map[string][]*answer{}
	for _, a := range batch {
		of[a.about] = append(of[a.about], a)
	}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		m.setList(ctx, id, of[id])
	}
}

// membershipChange is what becomes of a list.
type membershipChange struct {
	Add    []string `json:"recordIdsToAdd"`
	Remove []string `json:"recordIdsToRemove"`
}

func changeOf(batch ...*answer) membershipChange {
	change := membershipChange{Add: []string{}, Remove: []string{}}
	for _, a := range batch {
		if a.wants {
			change.Add = append(change.Add, a.record.id)
		} else {
			change.Remove = append(change.Remove, a.record.id)
		}
	}
	return change
}

func (m memberships) setList(ctx context.Context, id string, batch []*answer) {
	r, failure := m.wire.Do(ctx, "change list", http.MethodPut, pathTo(areaLists, id, "memberships", "add-and-remove"), changeOf(batch...))
	r.Call.Batch = len(batch)
	// The guide and the description of the interface spell one member differently.
	var told struct {
		Added   []string `json:"recordIdsAdded"`
		Added2  []string `json:"recordsIdsAdded"`
		Removed []string `json:"recordIdsRemoved"`
		Missing []string `json:"recordIdsMissing"`
	}
	switch {
	case failure == nil:
		failure = r.Read(&told)
	case failure.Status == http.StatusNotFound:
		failure = unknownList(failure)
	case failure.Kind == crm.Invalid: // ids are HubSpot's own: nothing about one contact is wrong
		failure.Kind, failure.Fields = crm.Misconfigured, []string{"list_id"}
	}
	for _, a := range batch {
		call := *r.Call
		call.Request, _ = json.Marshal(changeOf(a)) // texts: it cannot go wrong
		switch {
		case failure != nil:
			a.refuse(failure, &call)
		case slices.Contains(told.Missing, a.record.id):
			a.refuse(&crm.Error{Kind: crm.Conflict, Code: "contact_not_found", Status: r.Status, RequestID: r.Call.RequestID}, &call)
		default:
			a.told("", slices.Contains(slices.Concat(told.Added, told.Added2), a.record.id), &call)
		}
	}
}

// find reads which lists a contact is on: one of them, or all.
func (m memberships) find(ctx context.Context, key crm.Fields, read []string) ([]crm.Record, *crm.Error) {
	id, _ := textOf(key["contact_id"])
	if !anID.MatchString(id) {
		return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: []string{"contact_id"}}
	}
	wanted, _ := textOf(key["list_id"])
	if wanted != "" {
		l, failure := m.list(ctx, wanted)
		if failure != nil {
			return nil, failure
		}
		wanted = l.ID.String()
	}
	r, failure := m.wire.Do(ctx, "read lists of contact", http.MethodGet, pathTo(areaLists, "records", contactsType, id, "memberships"), nil)
	if failure != nil && failure.Status == http.StatusNotFound {
		return nil, nil
	}
	var answer struct {
		Results []struct {
			ID   json.Number `json:"listId"`
			Last string      `json:"lastAddedTimestamp"`
		} `json:"results"`
	}
	if failure == nil {
		failure = r.Read(&answer)
	}
	if failure != nil {
		return nil, failure
	}
	var found []crm.Record
	for _, one := range answer.Results {
		if wanted != "" && wanted != one.ID.String() {
			continue
		}
		all := crm.Fields{"list_id": one.ID.String(), "contact_id": id, "member": true}
		record := crm.Record{ID: id + ":" + one.ID.String(), Fields: crm.Fields{}}
		record.ChangedAt, _ = time.Parse(time.RFC3339Nano, one.Last) // zero where HubSpot does not say
		for _, field := range read {
			record.Fields[field] = all[field]
		}
		found = append(found, record)
	}
	return found, nil
}
