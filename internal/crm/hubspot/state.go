package hubspot

import (
	"encoding/json"
	"time"
)

// state is what Handoff must remember of a record, because HubSpot does not: who created it, when each field was answered,
// and which record a link leads to. It holds names, times and ids, and is one property of the record, so that it lives and
// dies with it.
type state struct {
	// By is the submission that created the record, if one did.
	By string `json:"by,omitempty"`
	// At is when each property, or link, was answered: microseconds since 1970.
	At map[string]int64 `json:"at,omitempty"`
	// Links are the ids of the records that links lead to, by field.
	Links map[string]string `json:"links,omitempty"`
}

// readState reads what a record remembers. What somebody has spoilt counts as nothing.
func readState(value *string) state {
	s := state{}
	if value != nil && json.Unmarshal([]byte(*value), &s) != nil {
		s = state{}
	}
	if s.At == nil {
		s.At = map[string]int64{}
	}
	if s.Links == nil {
		s.Links = map[string]string{}
	}
	return s
}

func (s state) encode() string {
	text, _ := json.Marshal(s) // texts and numbers: it cannot go wrong
	return string(text)
}

// clock is a moment as state keeps it.
func clock(t time.Time) int64 { return t.UnixMicro() }
