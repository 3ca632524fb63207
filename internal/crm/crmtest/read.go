package crmtest

import (
	"cmp"
	"encoding/json"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

func (s *suite) readBack(t *testing.T) {
	person := s.person()
	write := s.submission("sub_a", person, 0, crm.Fields{s.Texts[0]: "Zoë O'Neil \\ \"quoted\" 日本", s.Number: json.Number("42")})
	write.Read = []string{s.Texts[0], s.Number, s.Texts[1]}
	result := s.write(t, write)
	want := crm.Fields{s.Texts[0]: "Zoë O'Neil \\ \"quoted\" 日本", s.Number: json.Number("42"), s.Texts[1]: nil}
	require.Equal(t, want, result.Record)

	records, err := s.Connector.Find(s.context(t), s.Object, crm.Fields{s.Key: person}, write.Read)
	require.NoError(t, err)
	require.Len(t, records, 1)
	require.Equal(t, want, records[0].Fields)
	require.False(t, records[0].ChangedAt.IsZero())

	records, err = s.Connector.Find(s.context(t), s.Object, crm.Fields{s.Key: s.person()}, nil)
	require.NoError(t, err)
	require.Empty(t, records, "absent records are left out")
}

func (s *suite) changedSince(t *testing.T) {
	first := s.write(t, s.submission("sub_a", s.person(), 0, nil))
	person := s.person()
	second := s.write(t, s.submission("sub_b", person, 0, nil))
	since := s.find(t, person).ChangedAt
	records, err := s.Connector.ChangedSince(s.context(t), s.Object, since, []string{s.Key}, 1000)
	require.NoError(t, err)
	require.NotEmpty(t, records)
	var ids []string
	for i, record := range records {
		ids = append(ids, record.ID)
		require.False(t, record.ChangedAt.Before(since))
		if i > 0 {
			require.False(t, record.ChangedAt.Before(records[i-1].ChangedAt), "oldest first")
		}
	}
	require.Contains(t, ids, second.RecordID)
	require.NotContains(t, ids, first.RecordID)

	records, err = s.Connector.ChangedSince(s.context(t), s.Object, noon.AddDate(-20, 0, 0), nil, 1)
	require.NoError(t, err)
	require.Len(t, records, 1, "the limit is kept")
}

func (s *suite) describe(t *testing.T) {
	properties, err := s.Connector.Describe(s.context(t), s.Object)
	require.NoError(t, err)
	types := map[string]string{}
	unique := map[string]bool{}
	for _, property := range properties {
		types[property.Name] = property.Type
		unique[property.Name] = property.Unique
	}
	require.Equal(t, "string", types[s.Key])
	require.Equal(t, cmp.Or(s.NumberType, "integer"), types[s.Number])
	require.True(t, unique[s.Key])
	require.False(t, unique[s.Texts[0]])
}

func (s *suite) setOwner(t *testing.T) {
	record := s.write(t, s.submission("sub_a", s.person(), 0, nil))
	for _, ask := range []string{s.Owner, s.Owner, s.Another} {
		owner, call, err := s.Connector.SetOwner(s.context(t), s.Object, record.RecordID, ask)
		require.NoError(t, err)
		require.NotNil(t, call)
		require.Equal(t, s.Owner, owner, "a record that has an owner keeps it")
	}
	owners, err := s.Connector.Owners(s.context(t))
	require.NoError(t, err)
	var ids []string
	for _, owner := range owners {
		ids = append(ids, owner.ID)
	}
	require.Contains(t, ids, s.Owner)
}

func (s *suite) setOwnerAtOnce(t *testing.T) {
	record := s.write(t, s.submission("sub_a", s.person(), 0, nil))
	told, errs := make([]string, writers), make([]error, writers)
	ctx := s.context(t)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range writers {
		ask := s.Owner
		if i%2 == 1 {
			ask = s.Another
		}
		wg.Go(func() {
			<-start
			told[i], _, errs[i] = s.Connector.SetOwner(ctx, s.Object, record.RecordID, ask)
		})
	}
	close(start)
	wg.Wait()
	for i := range told {
		require.NoError(t, errs[i])
		require.Equal(t, told[0], told[i], "everybody is told the same owner")
	}
	require.NotEmpty(t, told[0])
}
