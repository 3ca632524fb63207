package merge

import (
	"maps"
	"slices"

	"handoff/internal/crm"
)

// Deciding decides field by field what a write makes of a record.
type Deciding struct {
	// State is what the record remembers, with what has been decided so far.
	State State
	// Kept names the fields that keep a newer answer.
	Kept []string
	// Created says that this very submission creates the record, now or in an earlier attempt.
	Created bool

	write  *crm.Write
	isNew  bool
	own    bool
	before State
	keys   []string // the fields that the record is found by
}

// New begins with what a record remembers; isNew says that there is none.
func New(write *crm.Write, isNew bool, remembered State) *Deciding {
	d := &Deciding{write: write, isNew: isNew, State: remembered}
	if isNew {
		d.State.By = write.Submission
	}
	d.own = d.State.By == write.Submission && write.Submission != ""
	d.Created = isNew || d.own
	d.before = d.State
	d.before.At, d.before.Links = maps.Clone(d.State.At), maps.Clone(d.State.Links)
	return d
}

// Writes says whether a field is to be written, and remembers when it was answered. Name is what State calls the field;
// blank says that the record has no value in it.
func (d *Deciding) Writes(field, name string, blank bool) bool {
	if !d.decide(field, name, blank) {
		return false
	}
	d.State.At[name] = Clock(d.write.SubmittedAt)
	return true
}

// Identified remembers when a field was answered that the record is found by. It is equal already: where it was answered before,
// the newest answer counts, so that no older one by another key overwrites it.
func (d *Deciding) Identified(name string) {
	d.keys = append(d.keys, name)
	d.State.At[name] = max(d.State.At[name], Clock(d.write.SubmittedAt))
}

func (d *Deciding) decide(field, name string, blank bool) bool {
	w := d.write
	newer := d.State.At[name] > Clock(w.SubmittedAt)
	ordered := !slices.Contains(w.CreateOnly, field) && !slices.Contains(w.FillBlanks, field)
	if d.isNew {
		return !slices.Contains(w.UpdateOnly, field)
	}
	if slices.Contains(w.CreateOnly, field) {
		return false
	}
	if ordered && newer && !blank {
		d.Kept = append(d.Kept, field)
	}
	if slices.Contains(w.UpdateOnly, field) && d.own {
		return false
	}
	return blank || ordered && !newer
}

// Changed says whether the state has to be written too. That the one key of a write was answered again is remembered with whatever
// else changes, and is worth no write of its own: a company that many name would be updated for each of them.
func (d *Deciding) Changed() bool {
	if d.isNew {
		return true
	}
	now := d.State
	if len(d.write.Keys) < 2 {
		now.At = maps.Clone(now.At)
		for _, name := range d.keys {
			delete(now.At, name)
			if at, known := d.before.At[name]; known {
				now.At[name] = at
			}
		}
	}
	return now.Encode() != d.before.Encode()
}
