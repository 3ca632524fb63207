package hubspot

import (
	"slices"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/merge"
)

// answer is one yes or no on its way.
type answer struct {
	write  *crm.Write
	result *crm.Result
	who    string // the contact's address or id
	about  string // the subscription or the list, by its id
	name   string // what the contact's memory calls it
	wants  bool
	// basis and explanation are why the person may be written to.
	basis, explanation string

	record *remembering
	is     *status   // what HubSpot has now; nil where it has nothing, or was not asked
	call   *crm.Call // the last one about it

	changes bool        // HubSpot has to be told
	next    *remembered // what is remembered afterwards; nil where nothing changes
}

// status is what HubSpot has, and since when.
type status struct {
	wants bool
	since string
}

// decide says whether HubSpot has to be told, and what is remembered. field is the one that is answered.
func (a *answer) decide(field string) {
	w, memory := a.write, a.record.answers[a.name]
	known := memory.At != 0 || a.is != nil
	own := memory.By != "" && memory.By == w.Submission
	at := merge.Clock(w.SubmittedAt)
	switch {
	case slices.Contains(w.FillBlanks, field) && (known || !a.wants):
		// A box that is not ticked takes back nothing. Where there is nothing to take back, HubSpot has no yes either.
		return
	case slices.Contains(w.CreateOnly, field) && known, slices.Contains(w.UpdateOnly, field) && (!known || own):
		return
	case memory.At > at:
		a.result.Kept = []string{field}
		return
	case a.wants && a.is != nil && !a.is.wants && !memory.said(*a.is):
		// The person told HubSpot itself. A form does not prove whose address it is, so it does not undo that.
		if since, err := time.Parse(time.RFC3339Nano, a.is.since); err == nil && !since.Before(w.SubmittedAt) {
			a.result.Kept = []string{field}
			return
		}
		a.refuse(&crm.Error{Kind: crm.Conflict, Code: "opted_out", Fields: []string{field}}, a.call)
		return
	}
	repeated := a.is == nil && memory.At == at && memory.Said != nil && *memory.Said == a.wants
	a.changes = !repeated && (a.is == nil || a.is.wants != a.wants)
	memory.At = at
	a.next = &memory
}

// told remembers what HubSpot has been told, and its moment of that. isNew says that it had nothing before.
func (a *answer) told(since string, isNew bool, call *crm.Call) {
	wants := a.wants
	if isNew && a.is == nil && a.record.answers[a.name].At == 0 {
		a.next.By = a.write.Submission
	}
	a.next.Said, a.next.Since = &wants, since
	a.is, a.call = &status{a.wants, since}, call
}

// settle gives the answer its result. kind says what it is called.
func (a *answer) settle(kind beside) {
	r, memory := a.result, a.record.answers[a.name]
	r.RecordID, r.Outcome, r.Call = a.record.id+":"+a.about, crm.Updated, a.call
	if memory.By != "" && memory.By == a.write.Submission {
		r.Outcome = crm.Created
	}
	if len(a.write.Read) == 0 {
		return
	}
	r.Record = crm.Fields{}
	for _, field := range a.write.Read {
		r.Record[field] = a.write.Fields[field]
		if field == kind.answered() {
			r.Record[field] = a.now()
		}
	}
}

// now is what holds after the write, nil where nobody has said anything.
func (a *answer) now() any {
	if a.is != nil {
		return a.is.wants
	}
	if said := a.record.answers[a.name].Said; said != nil {
		return *said
	}
	return nil
}

// refuse gives the answer its failure.
func (a *answer) refuse(failure *crm.Error, call *crm.Call) {
	own := copyOf(failure)
	if call != nil {
		copied := *call
		copied.Code = own.Code
		call = &copied
	}
	a.result.Err, a.result.Call = own, call
}

func refuseAll(batch []*answer, failure *crm.Error, call *crm.Call) {
	for _, a := range batch {
		a.refuse(failure, call)
	}
}

// copyOf is a failure of one result's own.
func copyOf(failure *crm.Error) *crm.Error {
	own := *failure
	own.Fields = slices.Clone(failure.Fields)
	return &own
}
