// Package merge decides what a write makes of a record that may be there already, for CRMs that know no order of answers:
// what Handoff has to remember of a record is kept in one field of the record itself.
package merge

import (
	"encoding/json"
	"time"
)

// State is what Handoff must remember of a record, because the CRM does not: who created it, when each field was answered,
// and which record a link leads to. It holds names, times and ids, and is one field of the record, so that it lives and dies
// with it.
type State struct {
	// By is the submission that created the record, if one did.
	By string `json:"by,omitempty"`
	// At is when each field was answered: microseconds since 1970.
	At map[string]int64 `json:"at,omitempty"`
	// Links are the ids of the records that links lead to, by field, where the record has no field for them.
	Links map[string]string `json:"links,omitempty"`
}

// ReadState reads what a record remembers. What somebody has spoilt counts as nothing.
func ReadState(text string) State {
	s := State{}
	if text != "" && json.Unmarshal([]byte(text), &s) != nil {
		s = State{}
	}
	if s.At == nil {
		s.At = map[string]int64{}
	}
	if s.Links == nil {
		s.Links = map[string]string{}
	}
	return s
}

// Encode writes the state as the record keeps it, the same text for the same state.
func (s State) Encode() string {
	text, _ := json.Marshal(s) // texts and numbers: it cannot go wrong
	return string(text)
}

// Clock is a moment as State keeps it.
func Clock(t time.Time) int64 { return t.UnixMicro() }
