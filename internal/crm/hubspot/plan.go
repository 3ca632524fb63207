package hubspot

import (
	"maps"
	"slices"

	"handoff/internal/crm"
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
	hopes   bool // to be created without having been looked for
	hoped   bool // in vain
}

// change is what a write makes of a record.
type change struct {
	properties map[string]string // what is sent, state included; empty where nothing is to be done
	links      map[string]string // associations to make, by field
	state      state             // afterwards
	kept       []string
	created    bool // by this very submission, now or before
}

// plan decides what is written, from the record as it was read.
func (it *item) plan(o *object) {
	w := it.write
	var s state
	isNew := it.found == nil
	properties := map[string]*string{}
	if !isNew {
		properties = it.found.Properties
		s = readState(properties[StateProperty])
	} else {
		s = readState(nil)
		s.By = w.Submission
	}
	own := s.By == w.Submission && w.Submission != ""
	c := change{properties: map[string]string{}, links: map[string]string{}, created: isNew || own}
	before := s.encode()
	at := clock(w.SubmittedAt)

	// decide says whether a field is written; name is how state calls it.
	decide := func(field, name string, isBlank bool) bool {
		newer := s.At[name] > at
		ordered := !slices.Contains(w.CreateOnly, field) && !slices.Contains(w.FillBlanks, field)
		if isNew {
			return !slices.Contains(w.UpdateOnly, field)
		}
		if slices.Contains(w.CreateOnly, field) {
			return false
		}
		if ordered && newer && !isBlank {
			c.kept = append(c.kept, field)
		}
		if slices.Contains(w.UpdateOnly, field) && own {
			return false
		}
		return isBlank || ordered && !newer
	}
	for _, name := range slices.Sorted(maps.Keys(it.values)) {
		field, value := it.fieldOf[name], it.values[name]
		if it.identifies(name) && !isNew {
			continue // equal already
		}
		is := properties[name]
		if !it.identifies(name) && !decide(field, name, blank(is)) {
			continue
		}
		s.At[name] = at
		if same(is, value) {
			continue
		}
		c.properties[name] = value
	}
	for _, field := range slices.Sorted(maps.Keys(it.links)) {
		if !decide(field, field, s.Links[field] == "") {
			continue
		}
		s.At[field] = at
		if s.Links[field] != it.links[field] {
			s.Links[field], c.links[field] = it.links[field], it.links[field]
		}
	}
	if it.by.property == KeyProperty && blank(properties[KeyProperty]) {
		c.properties[KeyProperty] = it.by.value
	}
	if after := s.encode(); isNew || after != before {
		c.properties[StateProperty] = after
	}
	slices.Sort(c.kept)
	c.state = s
	it.change = c
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
