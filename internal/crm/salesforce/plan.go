package salesforce

import (
	"maps"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/merge"
)

// change is what a write makes of a record.
type change struct {
	values  map[string]any // what is sent, state included; empty where nothing is to be done
	kept    []string
	created bool // by this very submission, now or before
}

// plan decides what is written, from the record as it was read.
func (it *item) plan() {
	o, isNew := it.to.o, it.found == nil
	d := merge.New(it.write, isNew, it.remembered())
	c := change{values: map[string]any{}, created: d.Created}
	for _, name := range slices.Sorted(maps.Keys(it.values)) {
		f, value, is := o.fields[name], it.values[name], it.found[name]
		_, identifies := it.by.values[name]
		if identifies {
			d.Identified(name)
			if !isNew {
				continue // equal already
			}
		} else if !d.Writes(it.fieldOf[name], name, blank(is)) {
			continue
		}
		if !f.same(is, value) {
			c.values[name] = value
		}
	}
	nothing := len(c.values) == 0 && !d.Changed()
	if it.getsKey() && !(it.adoptLater && nothing) {
		c.values[KeyField] = it.by.value
	}
	if state := o.encodeState(d.State); d.Changed() && state != it.found.text(StateField) {
		c.values[StateField] = state
	}
	slices.Sort(d.Kept)
	c.kept = d.Kept
	it.change = c
}

// getsKey says that a record is to have Handoff's key from now on: one that is new, or one of somebody else's. Where another
// record has the key, such as a lead that was converted, there is none to give.
func (it *item) getsKey() bool {
	if it.to.renamed != nil || it.by.external != KeyField || !blank(it.found[KeyField]) {
		return false
	}
	return it.found == nil || !it.keyTaken && !it.retried
}

// plain says that a new record would be written alike if it existed: nothing depends on its being new.
func (it *item) plain() bool {
	w := it.write
	return len(w.CreateOnly)+len(w.UpdateOnly)+len(w.FillBlanks) == 0
}

// settle gives the item its result.
func (it *item) settle(c *Connector, id string, call *crm.Call) {
	r := it.result
	r.RecordID, r.Call, r.Err, r.Kept = long(id), call, nil, it.change.kept
	r.Outcome = crm.Updated
	if it.change.created {
		r.Outcome = crm.Created
	}
	if len(it.write.Read) == 0 {
		return
	}
	after := row{}
	maps.Copy(after, it.found)
	maps.Copy(after, it.change.values)
	r.Record = it.decode(after, it.write.Read, c.isNobody)
}

// refuse gives the item its failure, in the names of mappings.
func (it *item) refuse(failure *crm.Error, call *crm.Call) {
	own := *failure // each result has an error of its own to change
	own.Fields = nil
	for _, name := range failure.Fields {
		field := it.to.o.field(name)
		if written, ours := it.fieldOf[name]; ours {
			field = written
		}
		own.Fields = append(own.Fields, field)
	}
	if call != nil {
		call.Code = own.Code
	}
	it.result.Err, it.result.Call = &own, call
}
