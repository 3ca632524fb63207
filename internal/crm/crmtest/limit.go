package crmtest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

func (s *suite) badChoice(t *testing.T) {
	people := []string{s.person(), s.person()}
	results := s.upsert(t,
		s.submission("sub_a", people[0], 0, crm.Fields{s.Picklist: "on no list " + marker, s.Texts[0]: "fine"}),
		s.submission("sub_b", people[1], 0, crm.Fields{s.Picklist: s.Choice, s.Texts[0]: "fine"}),
	)
	require.NotNil(t, results[0].Err)
	require.Equal(t, crm.Invalid, results[0].Err.Kind)
	require.Equal(t, []string{s.Picklist}, results[0].Err.Fields)
	require.NotContains(t, results[0].Err.Error(), marker)
	require.Empty(t, s.findAll(t, people[0]), "a refused write leaves nothing behind")
	requireWritten(t, results[1])
}

func (s *suite) rateLimit(t *testing.T) {
	faulty := s.Faulty(t)
	if !faulty.can(t, "Limit", faulty.Limit) {
		return
	}
	person := s.person()
	batch := []crm.Write{s.submission("sub_a", person, 0, nil), s.submission("sub_b", s.person(), 0, nil)}
	faulty.Limit()
	for _, result := range faulty.Connector.Upsert(s.context(t), s.Object, batch) {
		require.NotNil(t, result.Err)
		require.Equal(t, crm.RateLimited, result.Err.Kind)
		require.Positive(t, result.Err.RetryAfter)
	}
	faulty.Heal()
	for _, result := range faulty.Connector.Upsert(s.context(t), s.Object, batch) {
		requireWritten(t, result)
		require.Equal(t, crm.Created, result.Outcome)
	}
	s.find(t, person)
}

func (s *suite) expiredToken(t *testing.T) {
	faulty := s.Faulty(t)
	if !faulty.can(t, "Expire", faulty.Expire) {
		return
	}
	requireWritten(t, faulty.Connector.Upsert(s.context(t), s.Object, []crm.Write{s.submission("sub_warm", s.person(), 0, nil)})[0])
	var people []string
	var batch []crm.Write
	for i := range 5 {
		people = append(people, s.person())
		batch = append(batch, s.submission(fmt.Sprintf("sub_%d", i), people[i], 0, nil))
	}
	faulty.Expire()
	for i, result := range faulty.Connector.Upsert(s.context(t), s.Object, batch) {
		requireWritten(t, result)
		require.Equal(t, result.RecordID, s.find(t, people[i]).ID)
	}
}

func (s *suite) revokedToken(t *testing.T) {
	faulty := s.Faulty(t)
	if !faulty.can(t, "Revoke", faulty.Revoke) {
		return
	}
	write := s.submission("sub_a", s.person(), 0, nil)
	faulty.Revoke()
	result := faulty.Connector.Upsert(s.context(t), s.Object, []crm.Write{write})[0]
	require.NotNil(t, result.Err)
	require.Equal(t, crm.Auth, result.Err.Kind)
	_, err := faulty.Connector.Owners(s.context(t))
	requireKind(t, crm.Auth, err)
	faulty.Heal()
	requireWritten(t, faulty.Connector.Upsert(s.context(t), s.Object, []crm.Write{write})[0])
}
