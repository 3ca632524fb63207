package crmtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

// marker is planted into values; no error may repeat it.
const marker = "PLANTED-a7f3"

func (s *suite) lostReply(t *testing.T) {
	faulty := s.Faulty(t)
	person := s.person()
	write := s.submission("sub_lost", person, 0, crm.Fields{s.Texts[0]: "answer"})
	// A healthy write of the same shape first: nothing but the reply may be missing later.
	warm := s.submission("sub_warm", s.person(), 0, crm.Fields{s.Texts[0]: "answer"})
	requireWritten(t, faulty.Connector.Upsert(s.context(t), s.Object, []crm.Write{warm})[0])

	faulty.LoseReplies()
	lost := faulty.Connector.Upsert(s.context(t), s.Object, []crm.Write{write})[0]
	faulty.Heal()
	require.NotNil(t, lost.Err)
	require.Equal(t, crm.Transient, lost.Err.Kind)
	record := s.find(t, person) // it was written although nobody heard of it

	retried := faulty.Connector.Upsert(s.context(t), s.Object, []crm.Write{write})[0]
	requireWritten(t, retried)
	require.Equal(t, record.ID, retried.RecordID)
	require.Equal(t, crm.Created, retried.Outcome, "it is this submission that created the record")
	other := s.write(t, s.submission("sub_other", person, 1, crm.Fields{s.Texts[0]: "answer"}))
	require.Equal(t, crm.Updated, other.Outcome)
	s.find(t, person)
}

func (s *suite) stalled(t *testing.T) {
	faulty := s.Faulty(t)
	person := s.person()
	write := s.submission("sub_stalled", person, 0, crm.Fields{s.Texts[0]: "answer"})
	faulty.Stall()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	started := time.Now()
	result := faulty.Connector.Upsert(ctx, s.Object, []crm.Write{write})[0]
	require.NotNil(t, result.Err)
	require.Equal(t, crm.Transient, result.Err.Kind)
	require.Equal(t, "timeout", result.Err.Code)
	require.Less(t, time.Since(started), s.Patience, "the caller's deadline is honoured")
	faulty.Heal()
	requireWritten(t, faulty.Connector.Upsert(s.context(t), s.Object, []crm.Write{write})[0])
	s.find(t, person)
}

func canceledContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func (s *suite) canceled(t *testing.T) {
	result := s.Connector.Upsert(canceledContext(), s.Object, []crm.Write{s.submission("sub_a", s.person(), 0, nil)})[0]
	require.NotNil(t, result.Err)
	require.Equal(t, crm.Transient, result.Err.Kind)
}

func (s *suite) unknown(t *testing.T) {
	person := s.person()
	write := s.submission("sub_a", person, 0, crm.Fields{"no_such_field": "x", "nor_this": "y"})
	result := s.upsert(t, write)[0]
	require.NotNil(t, result.Err)
	require.Equal(t, crm.Misconfigured, result.Err.Kind)
	require.ElementsMatch(t, []string{"no_such_field", "nor_this"}, result.Err.Fields)
	require.Empty(t, s.findAll(t, person))

	results := s.Connector.Upsert(s.context(t), "no_such_object", []crm.Write{write, write})
	require.Len(t, results, 2)
	for _, result := range results {
		require.NotNil(t, result.Err)
		require.Equal(t, crm.Misconfigured, result.Err.Kind)
	}
	_, err := s.Connector.Describe(s.context(t), "no_such_object")
	requireKind(t, crm.Misconfigured, err)
	_, err = s.Connector.Find(s.context(t), s.Object, crm.Fields{"no_such_field": "x"}, nil)
	requireKind(t, crm.Misconfigured, err)
}

func (s *suite) badValue(t *testing.T) {
	result := s.upsert(t, s.submission("sub_a", s.person(), 0, crm.Fields{s.Number: "many", s.Texts[0]: "fine"}))[0]
	require.NotNil(t, result.Err)
	require.Equal(t, crm.Invalid, result.Err.Kind)
	require.Equal(t, []string{s.Number}, result.Err.Fields)
	require.NotEmpty(t, result.Err.Code)
	require.NotNil(t, result.Call)
	require.Equal(t, result.Err.Code, result.Call.Code)
}

func (s *suite) noLeak(t *testing.T) {
	taken := s.person()
	s.write(t, s.submission("sub_taken", s.person(), 0, crm.Fields{s.Other: taken + marker}))
	conflict := s.submission("sub_conflict", s.person()+marker, 0, crm.Fields{s.Other: taken + marker})
	number := s.submission("sub_number", s.person()+marker, 0, crm.Fields{s.Number: marker, s.Texts[0]: marker})
	unknown := s.submission("sub_unknown", s.person()+marker, 0, crm.Fields{"no_such_field": marker})
	nothing := s.submission("sub_nothing", "", 0, crm.Fields{s.Texts[0]: marker})
	zero := s.submission("sub_zero", s.person()+marker, 0, crm.Fields{s.Texts[0]: marker + "\x00"})
	var errs []error
	for _, result := range s.upsert(t, conflict, number, unknown, nothing, zero) {
		if result.Err != nil { // a CRM may take a text that another one refuses
			errs = append(errs, result.Err)
		}
	}
	require.GreaterOrEqual(t, len(errs), 3)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	errs = append(errs, s.Connector.Upsert(ctx, s.Object, []crm.Write{number})[0].Err)
	_, err := s.Connector.Find(s.context(t), s.Object, crm.Fields{s.Number: marker}, nil)
	errs = append(errs, err)
	_, _, err = s.Connector.SetOwner(s.context(t), s.Object, marker, s.Owner)
	errs = append(errs, err)
	for _, err := range errs {
		require.Error(t, err)
		require.False(t, strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), marker), "an error holds a value (I3)")
	}
}

func requireKind(t testing.TB, kind crm.Kind, err error) {
	t.Helper()
	failure, ok := crm.AsError(err)
	require.True(t, ok, "errors of a connector are *crm.Error")
	require.Equal(t, kind, failure.Kind)
}
