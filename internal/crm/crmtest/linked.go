package crmtest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

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
