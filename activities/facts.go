package activities

import (
	"handoff/internal/crm"
	"handoff/internal/submission"
)

// What follows is what steps are told and what they tell, and so what a history holds: ids, names of fields, codes,
// counts. Answers stay in the ledger.

// Step is the input of a step: which submission, and which correction of its answers applies.
type Step struct {
	Submission submission.ID `json:"submission"`
	Correction string        `json:"correction,omitempty"`
	// Mapping is name@version of the mapping that validated the answers, for the steps that read a mapping after it.
	Mapping string `json:"mapping,omitempty"`
	// Background is a submission that nobody waits for: its calls to the CRM come after those of live ones.
	Background bool `json:"background,omitempty"`
	// Destination is which of several destinations an upsert is for; "" is the plan's own.
	Destination string `json:"destination,omitempty"`
}

// Ran says how many attempts a regular activity needed; the history knows, but not the workflow.
type Ran struct {
	Attempt int `json:"attempt,omitempty"`
}

// Attempts is the number of attempts, at least one.
func (r Ran) Attempts() int { return max(r.Attempt, 1) }

// Fetched says how many answers there are.
type Fetched struct {
	Ran
	Answers int  `json:"answers"`
	Test    bool `json:"test,omitempty"` // only the sender's test: nothing reaches a CRM
}

// Validated says which mapping accepted the answers.
type Validated struct {
	Ran
	Mapping string `json:"mapping"` // name@version
	Answers int    `json:"answers"` // how many there are
}

// Deduped names the submission that gave the same answers before, if there is one.
type Deduped struct {
	Ran
	DuplicateOf submission.ID `json:"duplicate_of,omitempty"`
	// Mapping is name@version of the mapping that compared the answers, where that is another one than validated them.
	Mapping string `json:"mapping,omitempty"`
}

// Mapped says what will be written where.
type Mapped struct {
	Ran
	Mapping     string           `json:"mapping"` // name@version, pinned
	Destination string           `json:"destination"`
	Further     []string         `json:"further,omitempty"` // destinations of records that do not go to the first one
	Trace       submission.Trace `json:"trace,omitempty"`   // the destination's switch
	Bulk        []string         `json:"bulk,omitempty"`    // destinations whose upserts wait for a load of many
	Objects     []string         `json:"objects"`
	Fields      int              `json:"fields"`          // how many are written
	Unmapped    int              `json:"unmapped"`        // how many answers the mapping does not name; the names are in the ledger
	Rules       string           `json:"rules,omitempty"` // version of mappings and routing as a unit, pinned
	// ValidatedBy is name@version of the mapping that validated the answers, where the mapping was reloaded in between. The
	// pinned one has validated them too.
	ValidatedBy string `json:"validated_by,omitempty"`
}

// Record is one record that the submission wrote or found.
type Record struct {
	Object  string      `json:"object"`
	ID      string      `json:"id"`
	Outcome crm.Outcome `json:"outcome"`
	Kept    []string    `json:"kept,omitempty"` // fields where a newer answer stood
	Owned   bool        `json:"owned"`          // takes an owner
	Owner   string      `json:"owner,omitempty"`
	// Batch is the id of the vendor batch in which the record was written, and Writes how many went in it, where the step ran
	// as a regular activity. Its summary is fixed before anybody knows them, so that of the next step tells them.
	Batch  string `json:"batch,omitempty"`
	Writes int    `json:"batch_writes,omitempty"`
}

// Upserted says which records hold the submission now.
type Upserted struct {
	Ran
	Records  []Record `json:"records"`
	Customer bool     `json:"customer,omitempty"` // the mapping's customer rule applied
	Route    string   `json:"route,omitempty"`    // where that rule routes to
}

// Disposition is what the writes amount to. The last record is the one that the submission is about: the lead, or the
// contact where the mapping makes no lead.
func (u Upserted) Disposition() submission.Disposition {
	switch n := len(u.Records); {
	case u.Customer:
		return submission.Routed
	case n > 0 && u.Records[n-1].Outcome == crm.Created:
		return submission.Created
	}
	return submission.Updated
}

// Assignee is the input of AssignOwner.
type Assignee struct {
	Step
	Route   string   `json:"route,omitempty"`
	Records []Record `json:"records"`
}

// Assigned says who got the records and by which rule.
type Assigned struct {
	Ran
	Owner       string `json:"owner,omitempty"`
	Queue       string `json:"queue,omitempty"`
	Rule        string `json:"rule"`
	Explanation string `json:"explanation"`
	// Rules is the version of the rules that decided, where that is not the pinned one.
	Rules string `json:"rules,omitempty"`
}

// Notice is the input of NotifyOwner.
type Notice struct {
	Step
	Event       string                 `json:"event"`
	Disposition submission.Disposition `json:"disposition"`
	Assigned    Assigned               `json:"assigned"`
	Records     []Record               `json:"records"`
}

// Notified says what becomes of the message on each channel: it was queued, or had been queued before.
type Notified struct {
	Ran
	Channels map[string]string `json:"channels,omitempty"`
}

// Review is the input of RecordReview.
type Review struct {
	Submission  submission.ID   `json:"submission"`
	Step        submission.Step `json:"step"`
	Destination string          `json:"destination,omitempty"`
	Failure     Failure         `json:"failure"`
}

// Resolved is the input of RecordResolution.
type Resolved struct {
	Submission submission.ID         `json:"submission"`
	Resolution submission.Resolution `json:"resolution"`
}

// Conclusion is the input of RecordConclusion.
type Conclusion struct {
	Submission  submission.ID           `json:"submission"`
	Disposition submission.Disposition  `json:"disposition"`
	DuplicateOf submission.ID           `json:"duplicate_of,omitempty"`
	Mapping     string                  `json:"mapping,omitempty"`
	Destination string                  `json:"destination,omitempty"`
	Steps       []submission.StepTiming `json:"steps,omitempty"`
}

// Recorded is the empty result of the bookkeeping activities.
type Recorded struct{ Ran }
