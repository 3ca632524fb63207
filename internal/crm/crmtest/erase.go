package crmtest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

// erase deletes a person's records and nobody else's; a connector that cannot says so.
func (s *suite) erase(t *testing.T) {
	person, other := s.person(), s.person()
	s.write(t, s.submission("sub_a", person, 0, nil))
	s.write(t, s.submission("sub_b", other, 0, nil))
	eraser, err := crm.AsEraser(s.Connector)
	if err != nil {
		requireKind(t, crm.Misconfigured, err)
		require.ErrorContains(t, err, "erase_not_supported")
		return
	}
	for _, want := range []int{1, 0} { // repeating is safe
		found, err := eraser.Erasable(s.context(t), s.Object, crm.Fields{s.Key: person})
		require.NoError(t, err)
		require.Equal(t, want, found)
		require.Len(t, s.findAll(t, person), want, "counting changes nothing")
		erased, err := eraser.Erase(s.context(t), s.Object, crm.Fields{s.Key: person})
		require.NoError(t, err)
		require.Equal(t, want, erased)
		require.Empty(t, s.findAll(t, person))
	}
	require.Len(t, s.findAll(t, other), 1)
	for name, key := range map[string]crm.Fields{"nothing": {}, "an empty text": {s.Key: ""}} {
		_, err := eraser.Erase(s.context(t), s.Object, key)
		requireKind(t, crm.Invalid, err)
		require.NotEmpty(t, s.findAll(t, other), name)
	}
	_, err = eraser.Erase(s.context(t), s.Object, crm.Fields{"no_such_field": person})
	requireKind(t, crm.Misconfigured, err)
	require.NotContains(t, err.Error(), person)
}
