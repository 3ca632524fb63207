package crmtest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

func (s *suite) linkedFailure(t *testing.T) {
	const bad, worse = 2, 4
	var people []string
	var groups [][]crm.Linked
	for i := range 6 {
		people = append(people, s.person())
		groups = append(groups, s.pair(fmt.Sprintf("sub_%d", i), people[i], 0, "fine"))
	}
	groups[bad][0].Write.Fields[s.Picklist] = "on no list " + marker
	groups[worse][1].Write.Fields["no_such_field"] = "x"
	for i, group := range s.upsertLinked(t, s.Connector, groups...) {
		switch i {
		case bad:
			require.NotNil(t, group[0].Err)
			require.Equal(t, crm.Invalid, group[0].Err.Kind)
			require.Equal(t, []string{s.Picklist}, group[0].Err.Fields)
			require.NotContains(t, group[0].Err.Error(), marker)
			require.Equal(t, crm.Result{}, group[1], "what links to it is not attempted")
			require.Empty(t, s.findAll(t, people[i]))
			require.Empty(t, s.child(t, people[i]))
		case worse:
			requireWritten(t, group[0])
			require.Equal(t, group[0].RecordID, s.find(t, people[i]).ID, "what comes before it is written")
			require.NotNil(t, group[1].Err)
			require.Equal(t, crm.Misconfigured, group[1].Err.Kind)
			require.Equal(t, []string{"no_such_field"}, group[1].Err.Fields)
		default:
			s.requirePair(t, people[i], group)
		}
	}
}

func (s *suite) linkedLostReply(t *testing.T) {
	faulty := s.Faulty(t)
	s.warmLinked(t, faulty)
	people := []string{s.person(), s.person()}
	groups := [][]crm.Linked{s.pair("sub_lost", people[0], 0, "answer"), s.pair("sub_lost_too", people[1], 0, "answer")}
	faulty.LoseReplies()
	for _, group := range s.upsertLinked(t, faulty.Connector, groups...) {
		require.NotNil(t, group[0].Err)
		require.Equal(t, crm.Transient, group[0].Err.Kind)
	}
	faulty.Heal()
	for i, group := range s.upsertLinked(t, faulty.Connector, groups...) {
		s.requirePair(t, people[i], group)
		require.Equal(t, crm.Created, group[0].Outcome)
		require.Equal(t, crm.Created, group[1].Outcome)
	}
}

// warmLinked writes a healthy group first: nothing but the fault may be in the way later.
func (s *suite) warmLinked(t testing.TB, faulty Faulty) {
	t.Helper()
	person := s.person()
	s.requirePair(t, person, s.upsertLinked(t, faulty.Connector, s.pair("sub_warm", person, 0, "answer"))[0])
}

func (s *suite) linkedRateLimit(t *testing.T) {
	faulty := s.Faulty(t)
	if faulty.Limit == nil {
		return
	}
	s.warmLinked(t, faulty)
	people := []string{s.person(), s.person()}
	groups := [][]crm.Linked{s.pair("sub_a", people[0], 0, "answer"), s.pair("sub_b", people[1], 0, "answer")}
	faulty.Limit()
	for _, group := range s.upsertLinked(t, faulty.Connector, groups...) {
		require.NotNil(t, group[0].Err)
		require.Equal(t, crm.RateLimited, group[0].Err.Kind)
		require.Positive(t, group[0].Err.RetryAfter)
	}
	faulty.Heal()
	for i, group := range s.upsertLinked(t, faulty.Connector, groups...) {
		s.requirePair(t, people[i], group)
	}
}

func (s *suite) linkedExpired(t *testing.T) {
	faulty := s.Faulty(t)
	if faulty.Expire == nil {
		return
	}
	s.warmLinked(t, faulty)
	people := []string{s.person(), s.person()}
	faulty.Expire()
	results := s.upsertLinked(t, faulty.Connector, s.pair("sub_a", people[0], 0, "answer"), s.pair("sub_b", people[1], 0, "answer"))
	for i, group := range results {
		s.requirePair(t, people[i], group)
	}
}

func (s *suite) linkedCanceled(t *testing.T) {
	ctx := canceledContext()
	person := s.person()
	group := s.Connector.(crm.LinkedUpserter).UpsertLinked(ctx, [][]crm.Linked{s.pair("sub_a", person, 0, "answer")})[0]
	require.NotNil(t, group[0].Err)
	require.Equal(t, crm.Transient, group[0].Err.Kind)
	require.Empty(t, s.findAll(t, person))
}
