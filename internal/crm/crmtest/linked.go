package crmtest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/crm"
)

// Linked is an object whose records link to those of another one.
type Linked struct {
	// Object has the fields below. Key identifies its records.
	Object, Key string
	// Link holds the id of a record of Harness.Object.
	Link string
	// Text is a plain string field.
	Text string
}

// linked are the tests of connectors that write linked records in one request.
func (s *suite) linkedTests(t *testing.T) map[string]func(*testing.T) {
	linker, ok := s.Connector.(crm.LinkedUpserter)
	if !ok || linker.MaxGroups() == 0 {
		return nil
	}
	require.NotNil(t, s.Linked, "the connector links records: the harness says which")
	return map[string]func(*testing.T){
		"linked records are created, found and updated":      s.linkedRecords,
		"linked records are found by what they link to":      s.linkedByLink,
		"a failed write stops its own group":                 s.linkedFailure,
		"I2 a lost reply to linked records":                  s.linkedLostReply,
		"I2 linked records of one person in one batch":       s.linkedTwice,
		"I2 many writers of linked records at once":          s.linkedAtOnce,
		"I4 a rate limit on linked records":                  s.linkedRateLimit,
		"I5 an older answer of linked records":               s.linkedOlder,
		"I5 any order of linked records":                     s.linkedAnyOrder,
		"a token that expires among linked records":          s.linkedExpired,
		"linked records that nobody waits for are transient": s.linkedCanceled,
	}
}

// pair is a person's record and one that links to it.
func (s *suite) pair(id, person string, minute int, text string) []crm.Linked {
	parent := s.submission(id, person, minute, crm.Fields{s.Texts[0]: text})
	child := parent
	child.Keys = [][]string{{s.Linked.Key}}
	child.Fields = crm.Fields{s.Linked.Key: "of " + person, s.Linked.Text: text}
	child.Read = []string{s.Linked.Link}
	return []crm.Linked{{Object: s.Object, Write: parent}, {Object: s.Linked.Object, Write: child, Links: map[string]int{s.Linked.Link: 0}}}
}

func (s *suite) upsertLinked(t testing.TB, c crm.Connector, groups ...[]crm.Linked) [][]crm.Result {
	t.Helper()
	results := c.(crm.LinkedUpserter).UpsertLinked(s.context(t), groups)
	require.Len(t, results, len(groups))
	for i := range results {
		require.Len(t, results[i], len(groups[i]))
	}
	return results
}

// requirePair holds that a pair is written, once, and that it is linked.
func (s *suite) requirePair(t testing.TB, person string, group []crm.Result) {
	t.Helper()
	requireWritten(t, group[0])
	requireWritten(t, group[1])
	require.Equal(t, s.find(t, person).ID, group[0].RecordID)
	child := s.child(t, person)
	require.Len(t, child, 1, "one record that links (I2)")
	require.Equal(t, group[1].RecordID, child[0].ID)
	require.Equal(t, group[0].RecordID, child[0].Fields[s.Linked.Link])
}

func (s *suite) child(t testing.TB, person string) []crm.Record {
	t.Helper()
	records, err := s.Connector.Find(s.context(t), s.Linked.Object, crm.Fields{s.Linked.Key: "of " + person}, []string{s.Linked.Link, s.Linked.Text})
	require.NoError(t, err)
	return records
}

func (s *suite) linkedRecords(t *testing.T) {
	people := []string{s.person(), s.person(), s.person()}
	first := s.upsertLinked(t, s.Connector, s.pair("sub_a", people[0], 0, "one"), s.pair("sub_b", people[1], 0, "one"))
	require.Empty(t, s.upsertLinked(t, s.Connector))
	for range 2 { // repeating has the effect of doing it once
		groups := [][]crm.Linked{s.pair("sub_a", people[0], 0, "one"), s.pair("sub_c", people[1], 1, "two"), s.pair("sub_d", people[2], 1, "two")}
		results := s.upsertLinked(t, s.Connector, groups...)
		for i, person := range people {
			s.requirePair(t, person, results[i])
			require.Equal(t, results[i][0].RecordID, results[i][1].Record[s.Linked.Link])
			require.NotNil(t, results[i][1].Call)
		}
		for at, want := range []crm.Outcome{crm.Created, crm.Updated, crm.Created} {
			require.Equal(t, want, results[at][0].Outcome)
			require.Equal(t, want, results[at][1].Outcome)
		}
		require.Equal(t, first[1][1].RecordID, results[1][1].RecordID)
	}
	require.Equal(t, "two", s.child(t, people[1])[0].Fields[s.Linked.Text])
}

func (s *suite) linkedByLink(t *testing.T) {
	people := []string{s.person(), s.person()}
	var ids []string
	for round := range 3 {
		var groups [][]crm.Linked
		for _, person := range people {
			pair := s.pair(fmt.Sprintf("sub_%d of %s", round, person), person, round, "same")
			pair[1].Write.Keys = [][]string{{s.Linked.Link, s.Linked.Text}}
			groups = append(groups, pair)
		}
		for i, group := range s.upsertLinked(t, s.Connector, groups...) {
			s.requirePair(t, people[i], group)
			if round == 0 {
				require.Equal(t, crm.Created, group[1].Outcome)
				ids = append(ids, group[1].RecordID)
			}
			require.Equal(t, ids[i], group[1].RecordID)
		}
	}
}

func (s *suite) linkedTwice(t *testing.T) {
	person, other := s.person(), s.person()
	results := s.upsertLinked(t, s.Connector,
		s.pair("sub_a", person, 1, "new"), s.pair("sub_b", other, 0, "somebody else"), s.pair("sub_c", person, 0, "old"))
	s.requirePair(t, person, results[0])
	s.requirePair(t, other, results[1])
	s.requirePair(t, person, results[2])
	require.Equal(t, crm.Updated, results[2][1].Outcome)
	require.Equal(t, "new", s.find(t, person).Fields[s.Texts[0]])
	require.Equal(t, "new", s.child(t, person)[0].Fields[s.Linked.Text])
}

func (s *suite) linkedAtOnce(t *testing.T) {
	people := []string{s.person(), s.person(), s.person()}
	results := make([][][]crm.Result, writers)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range writers {
		var groups [][]crm.Linked
		for j := range people { // in different orders
			groups = append(groups, s.pair(fmt.Sprintf("sub_%d_%d", i, (i+j)%3), people[(i+j)%3], i, fmt.Sprint(i)))
		}
		wg.Go(func() {
			<-start
			results[i] = s.upsertLinked(t, s.Connector, groups...)
		})
	}
	close(start)
	wg.Wait()
	created := 0
	for i, groups := range results {
		for j, group := range groups {
			s.requirePair(t, people[(i+j)%3], group)
			if group[1].Outcome == crm.Created {
				created++
			}
		}
	}
	require.Equal(t, len(people), created)
	for _, person := range people {
		require.Equal(t, fmt.Sprint(writers-1), s.child(t, person)[0].Fields[s.Linked.Text], "the newest answer (I5)")
	}
}

func (s *suite) linkedOlder(t *testing.T) {
	person := s.person()
	s.requirePair(t, person, s.upsertLinked(t, s.Connector, s.pair("sub_new", person, 10, "new"))[0])
	older := s.upsertLinked(t, s.Connector, s.pair("sub_old", person, 0, "old"))[0]
	s.requirePair(t, person, older)
	require.Equal(t, []string{s.Texts[0]}, older[0].Kept)
	require.Contains(t, older[1].Kept, s.Linked.Text)
	require.Equal(t, "new", s.find(t, person).Fields[s.Texts[0]])
	require.Equal(t, "new", s.child(t, person)[0].Fields[s.Linked.Text])
}

// linkedAnyOrder draws submissions of one person and an order of arrival, in batches and with repetitions, and wants the
// records that the order of answering gives.
func (s *suite) linkedAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		person := s.person()
		var groups [][]crm.Linked
		want := map[string]any{}
		for minute := range rapid.IntRange(2, 5).Draw(rt, "submissions") {
			group := s.pair(fmt.Sprintf("sub_%d", minute), person, minute, fmt.Sprintf("answer of minute %d", minute))
			for i, field := range []string{s.Texts[0], s.Linked.Text} {
				if minute > 0 && rapid.Bool().Draw(rt, fmt.Sprintf("submission %d is silent about %d", minute, i)) {
					delete(group[i].Write.Fields, field)
					continue
				}
				want[field] = group[i].Write.Fields[field]
			}
			groups = append(groups, group)
		}
		arrivals := rapid.Permutation(groups).Draw(rt, "arrivals")
		arrivals = append(arrivals, rapid.SliceOfN(rapid.SampledFrom(groups), 0, 3).Draw(rt, "repetitions")...)
		for len(arrivals) > 0 {
			batch := rapid.IntRange(1, len(arrivals)).Draw(rt, "batch")
			for _, group := range s.upsertLinked(t, s.Connector, arrivals[:batch]...) {
				s.requirePair(t, person, group)
			}
			arrivals = arrivals[batch:]
		}
		require.Equal(rt, want[s.Texts[0]], s.find(t, person).Fields[s.Texts[0]])
		require.Equal(rt, want[s.Linked.Text], s.child(t, person)[0].Fields[s.Linked.Text])
	})
}
