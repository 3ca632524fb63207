package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"handoff/internal/crm"
	"handoff/internal/submission"
)

// Input is one submission as a mapping sees it.
type Input struct {
	Source, Form string
	Submission   submission.ID
	// RecordKey is the external id for objects that have no natural key.
	RecordKey               string
	SubmittedAt, ReceivedAt time.Time
	// Answers and Context are those of submission.Payload. A mapping never changes them.
	Answers map[string]any
	Context map[string]string
}

// Plan is what a submission will write, and what it is routed by. It holds answers and exists in memory and sealed in
// the ledger, nowhere else. It survives JSON unchanged.
//
// What does not depend on the answers (keys, names of fields, the customer rule) is shared by all plans of a mapping:
// read it, do not change it.
type Plan struct {
	Mapping     string `json:"mapping"`
	Version     string `json:"version"`
	Destination string `json:"destination"`
	// Objects are in the order in which they are written: links point to earlier ones only.
	Objects []Object `json:"objects,omitempty"`
	// Facts are what the routing table decides by.
	Facts map[string]string `json:"facts,omitempty"`
	// Customer is nil where the mapping has no such rule, or where its object is not written.
	Customer *CustomerRule `json:"customer,omitempty"`
	// Unmapped names the answers that the mapping does not mention, sorted.
	Unmapped []string `json:"unmapped,omitempty"`
	// Omitted names the answers that made no sense and that the mapping says to leave out, sorted.
	Omitted []string `json:"omitted,omitempty"`
	// Consent is what the person answered, by the mapping's name of the purpose: granted, declined or unanswered.
	Consent map[string]string `json:"consent,omitempty"`
}

// The answers in Plan.Consent.
const (
	Granted    = "granted"
	Declined   = "declined"
	Unanswered = "unanswered"
)

// Object is one record to write.
type Object struct {
	Name   string     `json:"name"`   // what the mapping calls it
	Object string     `json:"object"` // what the CRM calls its kind
	Keys   [][]string `json:"keys"`
	Fields crm.Fields `json:"fields"`
	// Destination is where the record goes when that is not the plan's own destination; "" where it is.
	Destination string `json:"destination,omitempty"`
	// CreateOnly, UpdateOnly and FillBlanks are as in crm.Write; they may name fields that this plan has no value for.
	CreateOnly []string `json:"create_only,omitempty"`
	UpdateOnly []string `json:"update_only,omitempty"`
	FillBlanks []string `json:"fill_blanks,omitempty"`
	Links      []Link   `json:"links,omitempty"`
	// Read names the fields whose values are wanted back after the write.
	Read []string `json:"read,omitempty"`
	// OwnerField says that records of this object can be given to an owner; Read then includes "owner".
	OwnerField bool `json:"owner_field,omitempty"`
}

// Link fills a field with the id of another record of the same plan.
type Link struct {
	Field string `json:"field"`
	To    string `json:"to"` // the Name of an earlier Object
}

// CustomerRule recognizes a customer that exists: when each field of the object's record has one of its values after the
// write, the objects to skip are not written and Route says who gets the submission.
type CustomerRule struct {
	Object string              `json:"object"`
	When   map[string][]string `json:"when"`
	Skip   []string            `json:"skip,omitempty"`
	Route  string              `json:"route"`
}

// UnmarshalJSON restores the values of the fields as they were: numbers exactly, lists as lists of texts.
func (o *Object) UnmarshalJSON(data []byte) error {
	type plain Object
	var decoded plain
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&decoded); err != nil {
		return fmt.Errorf("decode an object of a plan: %w", err)
	}
	for field, value := range decoded.Fields {
		list, ok := value.([]any)
		if !ok {
			continue
		}
		texts := make([]string, len(list))
		for i, each := range list {
			if texts[i], ok = each.(string); !ok {
				return fmt.Errorf("decode an object of a plan: field %s is a list of something else than texts", field)
			}
		}
		decoded.Fields[field] = texts
	}
	*o = Object(decoded)
	return nil
}
