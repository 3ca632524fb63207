package hubspot

import (
	"maps"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/merge"
)

// record is a record as HubSpot shows it.
type record struct {
	ID         string             `json:"id"`
	Properties map[string]*string `json:"properties"`
	CreatedAt  string             `json:"createdAt"`
	UpdatedAt  string             `json:"updatedAt"`
	New        *bool              `json:"new"`
	Trace      string             `json:"objectWriteTraceId"`
}

// lookup is one way to identify a record: a unique property and its value.
type lookup struct {
	property string
	value    string
	// key are the key's properties with their values, where HubSpot does not keep the key unique itself and property is
	// KeyProperty. They are what a record that somebody else has made is searched by.
	key map[string]string
}

// item is one write on its way.
type item struct {
	write   *crm.Write
	result  *crm.Result
	lookups []lookup          // usable keys, in order of preference
	values  map[string]string // encoded, by property
	links   map[string]string // record ids by field
	fieldOf map[string]string // of values
	found   *record           // nil where there is none
	by      lookup            // what found it, or will
	change  change
	retried bool
	has     string // the id of the record that has its key, as HubSpot says; "" where it has not said
	hopes   bool   // to be created without having been looked for
	hoped   bool   // in vain
}

// change is what a write makes of a record.
type change struct {
	properties map[string]string // what is sent, state included; empty where nothing is to be done
	links      map[string]string // associations to make, by field
	state      merge.State       // afterwards
	kept       []string
	created    bool // by this very submission, now or before
}

// plan decides what is written, from the record as it was read.
func (it *item) plan(o *object) {
	isNew := it.found == nil
	properties := map[string]*string{}
	if !isNew {
		properties = it.found.Properties
	}
	d := merge.New(it.write, isNew, stateOf(properties))
	c := change{properties: map[string]string{}, links: map[string]string{}, created: d.Created}
	for _, name := range slices.Sorted(maps.Keys(it.values)) {
		value, is := it.values[name], properties[name]
		switch {
		case !it.identifies(name):
			if !d.Writes(it.fieldOf[name], name, blank(is)) {
				continue
			}
		default:
			if d.Identified(name); !isNew {
				continue // equal already
			}
		}
		if !same(is, value) {
			c.properties[name] = value
		}
	}
	for _, field := range slices.Sorted(maps.Keys(it.links)) {
		if !d.Writes(field, field, d.State.Links[field] == "") {
			continue
		}
		if d.State.Links[field] != it.links[field] {
			d.State.Links[field], c.links[field] = it.links[field], it.links[field]
		}
	}
	if value := it.newKey(); value != "" && blank(properties[KeyProperty]) {
		c.properties[KeyProperty] = value
	}
	if _, timed := o.properties[timeProperty]; timed && isNew && c.properties[timeProperty] == "" {
		c.properties[timeProperty] = it.write.SubmittedAt.UTC().Format(momentLayout)
	}
	if d.Changed() {
		c.properties[StateProperty] = d.State.Encode()
	}
	slices.Sort(d.Kept)
	c.kept, c.state = d.Kept, d.State
	it.change = c
}

// timeProperty is when a note was taken or a task is due. HubSpot refuses to create either without it.
// See https://developers.hubspot.com/docs/api-reference/2026-03/crm/activities/notes/guide.
const timeProperty = "hs_timestamp"

// momentLayout is how HubSpot writes a moment.
const momentLayout = "2006-01-02T15:04:05.000Z07:00"

// newKey is the key that a record gets which has none in KeyProperty yet: what found it, and where there was none the first key that
// HubSpot does not keep unique, whichever of the keys that is. By it the next write finds the record while the search index lags.
func (it *item) newKey() string {
	by := it.by
	if i := slices.IndexFunc(it.lookups, func(l lookup) bool { return len(l.key) > 0 }); it.found == nil && i >= 0 {
		by = it.lookups[i]
	}
	if by.property != KeyProperty {
		return ""
	}
	return by.value
}

// stateOf is what a record remembers.
func stateOf(properties map[string]*string) merge.State {
	if text := properties[StateProperty]; text != nil {
		return merge.ReadState(*text)
	}
	return merge.ReadState("")
}

// identifies says that a property is part of the key that found the record.
func (it *item) identifies(property string) bool {
	_, ofKey := it.by.key[property]
	return ofKey || property == it.by.property
}

// same says that a record has a value already; nothing and an empty text are the same.
func same(is *string, value string) bool {
	if is == nil {
		return value == ""
	}
	return *is == value
}

// plain says that a new record would be written alike if it existed: nothing depends on its being new.
func (it *item) plain() bool {
	w := it.write
	return len(w.CreateOnly)+len(w.UpdateOnly)+len(w.FillBlanks)+len(it.change.links) == 0
}

// settle gives the item its result. answered are the properties that HubSpot has told after the write.
func (it *item) settle(o *object, id string, answered map[string]*string, call *crm.Call) {
	r := it.result
	r.RecordID, r.Call, r.Err, r.Kept = id, call, nil, it.change.kept
	r.Outcome = crm.Updated
	if it.change.created {
		r.Outcome = crm.Created
	}
	if len(it.write.Read) == 0 {
		return
	}
	after := map[string]*string{}
	if it.found != nil {
		maps.Copy(after, it.found.Properties)
	}
	for name, value := range it.change.properties {
		after[name] = &value
	}
	maps.Copy(after, answered)
	r.Record = o.decode(after, it.change.state, it.write.Read)
}

// refuse gives the item its failure, in the names of mappings.
func (it *item) refuse(o *object, failure *crm.Error, call *crm.Call) {
	own := *failure // each result has an error of its own to change
	own.Fields = nil
	for _, property := range failure.Fields {
		own.Fields = append(own.Fields, o.field(property))
	}
	if call != nil {
		call.Code = own.Code
	}
	it.result.Err, it.result.Call = &own, call
}
