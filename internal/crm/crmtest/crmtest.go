// Package crmtest is the conformance suite of connectors: what a connector must do whatever CRM it speaks to. A
// connector that passes it can carry submissions.
package crmtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

// Harness is what the suite needs to know about one CRM.
type Harness struct {
	Connector crm.Connector
	// Faulty makes another connector to the same CRM, over a way that can fail.
	Faulty func(t testing.TB) Faulty
	// Object is an object of the CRM with the fields below.
	Object string
	// Key and Other are string fields that identify a record, each alone.
	Key, Other string
	// Texts are three plain string fields.
	Texts [3]string
	// Number is a field of whole numbers. NumberType is what the CRM calls it, where it has one type for all numbers;
	// "integer" when empty.
	Number     string
	NumberType string
	// Picklist is a field that takes only the values of a list, of which Choice is one.
	Picklist, Choice string
	// Required is what each new record needs besides its key; nil where that is nothing.
	Required crm.Fields
	// Owner is someone who can own records, Another someone else.
	Owner, Another string
	// Linked is an object whose records link to those of Object; nil where the connector is no crm.LinkedUpserter.
	Linked *Linked
	// Patience is a deadline that a healthy call meets easily.
	Patience time.Duration
}

// Faulty is a connector whose way to the CRM fails on command.
type Faulty struct {
	Connector crm.Connector
	// LoseReplies lets the CRM carry out what it is asked while its answers get lost.
	LoseReplies func()
	// Stall lets the CRM take requests without answering them.
	Stall func()
	// Limit lets the CRM refuse calls because there were too many.
	Limit func()
	// Expire lets the credential expire between two calls of the next batch, so that it has to be renewed.
	Expire func()
	// Revoke takes the credential away.
	Revoke func()
	// Without says for each of the faults Limit, Expire and Revoke that the CRM cannot have why it cannot. No case of the
	// suite is left out in silence.
	Without map[string]string
	// Heal ends the fault.
	Heal func()
}

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	s := &suite{Harness: h}
	tests := map[string]func(*testing.T){
		"insert then update":                             s.insertThenUpdate,
		"repeating a batch has the effect of one":        s.repeat,
		"alternative keys are tried in order":            s.alternativeKeys,
		"a write without a key is invalid":               s.noKey,
		"I2 many writers at once make one record":        s.manyWriters,
		"I2 writes of one record in one batch":           s.sameRecordInBatch,
		"a bad item does not fail the others":            s.badItem,
		"I2 a lost reply and its retry make one record":  s.lostReply,
		"a stalled CRM is transient":                     s.stalled,
		"a canceled call is transient":                   s.canceled,
		"I5 any order gives the record of the right one": s.anyOrder,
		"I5 writers at once give the newest answers":     s.newestOfMany,
		"I5 an older answer fills blanks and is told":    s.olderFillsBlanks,
		"I5 an older answer by another key":              s.olderByOtherKey,
		"untouched fields stay":                          s.untouched,
		"create-only fields":                             s.createOnly,
		"update-only fields":                             s.updateOnly,
		"fill-blank fields":                              s.fillBlanks,
		"unknown properties and objects":                 s.unknown,
		"bad values are invalid and named":               s.badValue,
		"a bad choice is invalid and named":              s.badChoice,
		"I4 a rate limit says when to come back":         s.rateLimit,
		"a token that expires in a batch is renewed":     s.expiredToken,
		"a revoked token is auth until it is repaired":   s.revokedToken,
		"I3 no error text holds a value":                 s.noLeak,
		"read back":                                      s.readBack,
		"changed since":                                  s.changedSince,
		"describe":                                       s.describe,
		"erase":                                          s.erase,
		"set owner keeps the first":                      s.setOwner,
		"set owner at once":                              s.setOwnerAtOnce,
	}
	maps.Copy(tests, s.linkedTests(t))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// suite holds the tests; people makes each of them its own person.
type suite struct {
	Harness
	people atomic.Int64
}

// noon is when submissions of the suite were answered, give or take.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// person is a key that no other test uses.
func (s *suite) person() string { return fmt.Sprintf("person%d@example.test", s.people.Add(1)) }

// submission is a write of one person's answers.
func (s *suite) submission(id, person string, minute int, fields crm.Fields) crm.Write {
	all := crm.Fields{s.Key: person}
	maps.Copy(all, s.Required)
	maps.Copy(all, fields)
	return crm.Write{
		Submission: id, Keys: [][]string{{s.Key}}, Fields: all, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute),
		CreateOnly: slices.Sorted(maps.Keys(s.Required)),
	}
}

// can says whether a fault can happen to the CRM; where it cannot, the harness has to say why.
func (f Faulty) can(t testing.TB, name string, fault func()) bool {
	t.Helper()
	why := f.Without[name]
	if fault == nil {
		require.NotEmpty(t, why, "want %s, or why there is none", name)
		t.Logf("no %s: %s", name, why)
		return false
	}
	require.Empty(t, why, "%s is there", name)
	return true
}

func (s *suite) upsert(t testing.TB, writes ...crm.Write) []crm.Result {
	t.Helper()
	results := s.Connector.Upsert(s.context(t), s.Object, writes)
	require.Len(t, results, len(writes))
	return results
}

// write is an upsert of one that must succeed.
func (s *suite) write(t testing.TB, write crm.Write) crm.Result {
	t.Helper()
	result := s.upsert(t, write)[0]
	requireWritten(t, result)
	return result
}

func requireWritten(t testing.TB, result crm.Result) {
	t.Helper()
	if result.Err != nil {
		require.NoError(t, result.Err)
	}
	require.NotEmpty(t, result.RecordID)
}

func (s *suite) context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), s.Patience)
	t.Cleanup(cancel)
	return ctx
}

// find reads the one record of a person.
func (s *suite) find(t testing.TB, person string) crm.Record {
	t.Helper()
	records := s.findAll(t, person)
	require.Len(t, records, 1, "one person is one record (I2)")
	return records[0]
}

func (s *suite) findAll(t testing.TB, person string) []crm.Record {
	t.Helper()
	records, err := s.Connector.Find(s.context(t), s.Object, crm.Fields{s.Key: person},
		append([]string{s.Key, s.Number}, s.Texts[:]...))
	require.NoError(t, err)
	return records
}
