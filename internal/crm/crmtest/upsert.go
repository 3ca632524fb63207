package crmtest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

// writers is how many write one record at once.
const writers = 20

func (s *suite) insertThenUpdate(t *testing.T) {
	person := s.person()
	first := s.write(t, s.submission("sub_a", person, 0, crm.Fields{s.Texts[0]: "one"}))
	require.Equal(t, crm.Created, first.Outcome)
	require.NotNil(t, first.Call, "a call to the CRM is recorded")
	require.NotEmpty(t, first.Call.Operation)
	require.Positive(t, first.Call.Took)
	require.Positive(t, first.Call.Batch) // a pacer puts what is in flight at the same moment into one call

	second := s.write(t, s.submission("sub_b", person, 1, crm.Fields{s.Texts[0]: "two"}))
	require.Equal(t, crm.Updated, second.Outcome)
	require.Equal(t, first.RecordID, second.RecordID)
	require.Empty(t, second.Kept)

	record := s.find(t, person)
	require.Equal(t, first.RecordID, record.ID)
	require.Equal(t, "two", record.Fields[s.Texts[0]])
}

func (s *suite) repeat(t *testing.T) {
	var batch []crm.Write
	for i := range 3 {
		batch = append(batch, s.submission(fmt.Sprintf("sub_%d", i), s.person(), 0, crm.Fields{s.Texts[0]: "same"}))
	}
	once, again := s.upsert(t, batch...), s.upsert(t, batch...)
	for i := range batch {
		requireWritten(t, once[i])
		requireWritten(t, again[i])
		require.Equal(t, once[i].RecordID, again[i].RecordID)
		require.Equal(t, crm.Created, again[i].Outcome, "the submission that created the record is told so again")
		require.Empty(t, again[i].Kept)
	}
}

func (s *suite) alternativeKeys(t *testing.T) {
	person, other := s.person(), s.person()
	byOther := s.submission("sub_a", "", 0, crm.Fields{s.Other: other})
	byOther.Keys = [][]string{{s.Key}, {s.Other}}
	created := s.write(t, byOther)
	require.Equal(t, crm.Created, created.Outcome)

	// The second key finds the record when the first one has no value.
	byOther.Submission = "sub_b"
	delete(byOther.Fields, s.Key)
	found := s.write(t, byOther)
	require.Equal(t, crm.Updated, found.Outcome)
	require.Equal(t, created.RecordID, found.RecordID)

	// Both have a value: no record has the first, but the other is in the way, and it is the same person.
	both := s.submission("sub_c", person, 1, crm.Fields{s.Other: other})
	both.Keys = [][]string{{s.Key}, {s.Other}}
	merged := s.write(t, both)
	require.Equal(t, crm.Updated, merged.Outcome)
	require.Equal(t, created.RecordID, merged.RecordID)
	require.Equal(t, created.RecordID, s.find(t, person).ID)
}

// olderByOtherKey: an answer that a record is found by is as old as the newest submission that gave it. One that arrives late and
// finds the record by another key overwrites nothing.
func (s *suite) olderByOtherKey(t *testing.T) {
	person, another := s.person(), s.person()
	first, other := s.person(), s.person()
	write := func(submission string, minute int, person, other string) crm.Result {
		w := s.submission(submission, person, minute, crm.Fields{s.Other: other, s.Texts[0]: submission})
		w.Keys = [][]string{{s.Key}, {s.Other}}
		return s.write(t, w)
	}
	created := write("sub_first", 0, person, first)
	newest := write("sub_newest", 10, person, other)
	late := write("sub_late", 5, another, other)
	require.Equal(t, created.RecordID, newest.RecordID)
	require.Equal(t, created.RecordID, late.RecordID, "the other key finds it")
	require.ElementsMatch(t, []string{s.Key, s.Texts[0]}, late.Kept)
	record := s.find(t, person)
	require.Equal(t, created.RecordID, record.ID)
	require.Equal(t, "sub_newest", record.Fields[s.Texts[0]])
	require.Empty(t, s.findAll(t, another))
}

func (s *suite) noKey(t *testing.T) {
	write := s.submission("sub_a", "", 0, crm.Fields{s.Texts[0]: "someone"})
	result := s.upsert(t, write)[0]
	require.NotNil(t, result.Err)
	require.Equal(t, crm.Invalid, result.Err.Kind)
	require.Equal(t, "no_key", result.Err.Code)
	require.Empty(t, result.RecordID)
}

func (s *suite) manyWriters(t *testing.T) {
	person, other := s.person(), s.person()
	results := make([]crm.Result, writers)
	start := make(chan struct{})
	ctx := s.context(t)
	var wg sync.WaitGroup
	for i := range writers {
		write := s.submission(fmt.Sprintf("sub_%d", i), person, i, crm.Fields{s.Other: other, s.Texts[0]: fmt.Sprint(i)})
		wg.Go(func() {
			<-start
			results[i] = s.Connector.Upsert(ctx, s.Object, []crm.Write{write})[0]
		})
	}
	close(start)
	wg.Wait()
	created := 0
	for _, result := range results {
		requireWritten(t, result)
		require.Equal(t, results[0].RecordID, result.RecordID)
		if result.Outcome == crm.Created {
			created++
		}
	}
	require.Equal(t, 1, created, "one of the writers created the record")
	s.find(t, person)
}

func (s *suite) sameRecordInBatch(t *testing.T) {
	person := s.person()
	results := s.upsert(t,
		s.submission("sub_a", person, 1, crm.Fields{s.Texts[0]: "new"}),
		s.submission("sub_b", s.person(), 0, crm.Fields{s.Texts[0]: "somebody else"}),
		s.submission("sub_c", person, 0, crm.Fields{s.Texts[0]: "old"}),
		s.submission("sub_d", person, 2, crm.Fields{s.Texts[1]: "another shape"}),
	)
	for _, result := range results {
		requireWritten(t, result)
	}
	require.Equal(t, crm.Created, results[0].Outcome)
	require.Equal(t, crm.Created, results[1].Outcome)
	require.Equal(t, crm.Updated, results[2].Outcome)
	require.Equal(t, crm.Updated, results[3].Outcome)
	require.Equal(t, results[0].RecordID, results[2].RecordID)
	require.Equal(t, results[0].RecordID, results[3].RecordID)
	require.NotEqual(t, results[0].RecordID, results[1].RecordID)
	record := s.find(t, person)
	require.Equal(t, "new", record.Fields[s.Texts[0]])
	require.Equal(t, "another shape", record.Fields[s.Texts[1]])
}

func (s *suite) badItem(t *testing.T) {
	const bad = 4
	var batch []crm.Write
	var people []string
	for i := range 10 {
		people = append(people, s.person())
		fields := crm.Fields{s.Number: "7"}
		if i == bad {
			fields[s.Number] = "not a number"
		}
		batch = append(batch, s.submission(fmt.Sprintf("sub_%d", i), people[i], 0, fields))
	}
	for i, result := range s.upsert(t, batch...) {
		if i == bad {
			require.NotNil(t, result.Err)
			require.Equal(t, crm.Invalid, result.Err.Kind)
			require.Equal(t, []string{s.Number}, result.Err.Fields)
			require.Empty(t, s.findAll(t, people[i]), "a refused write leaves nothing behind")
			continue
		}
		requireWritten(t, result)
		require.Equal(t, crm.Created, result.Outcome)
		require.Equal(t, result.RecordID, s.find(t, people[i]).ID)
	}
	// And once more, with records that exist.
	for i := range batch {
		batch[i] = s.submission(fmt.Sprintf("sub_again_%d", i), people[i], 1, crm.Fields{s.Number: "8", s.Texts[0]: "again"})
	}
	batch[0].Fields[s.Number] = "not a number"
	for i, result := range s.upsert(t, batch...) {
		if i == 0 {
			require.NotNil(t, result.Err)
			require.Equal(t, crm.Invalid, result.Err.Kind)
			require.Nil(t, s.find(t, people[i]).Fields[s.Texts[0]], "a refused write changes nothing")
			continue
		}
		requireWritten(t, result)
		require.Equal(t, "again", s.find(t, people[i]).Fields[s.Texts[0]])
	}
}

func (s *suite) untouched(t *testing.T) {
	person := s.person()
	s.write(t, s.submission("sub_a", person, 0, crm.Fields{s.Texts[0]: "stays", s.Texts[1]: "goes"}))
	s.write(t, s.submission("sub_b", person, 1, crm.Fields{s.Texts[1]: "new"}))
	record := s.find(t, person)
	require.Equal(t, "stays", record.Fields[s.Texts[0]])
	require.Equal(t, "new", record.Fields[s.Texts[1]])
}

func (s *suite) createOnly(t *testing.T) {
	person := s.person()
	for minute, value := range []string{"first", "second"} {
		write := s.submission("sub_"+value, person, minute, crm.Fields{s.Texts[0]: value, s.Texts[1]: value})
		if minute > 0 {
			write.Fields[s.Texts[2]] = value
		}
		write.CreateOnly = append(write.CreateOnly, s.Texts[0], s.Texts[2])
		require.Empty(t, s.write(t, write).Kept, "kept is about newer answers only")
	}
	record := s.find(t, person)
	require.Equal(t, "first", record.Fields[s.Texts[0]])
	require.Equal(t, "second", record.Fields[s.Texts[1]])
	require.Nil(t, record.Fields[s.Texts[2]], "never written to a record that exists, blank or not")
}

func (s *suite) updateOnly(t *testing.T) {
	person, other := s.person(), s.person()
	write := func(submission, person string, minute int) crm.Write {
		w := s.submission(submission, person, minute, crm.Fields{s.Texts[0]: submission, s.Texts[1]: submission})
		w.UpdateOnly = []string{s.Texts[1], s.Texts[2]}
		return w
	}
	first := write("first", person, 0)
	for range 2 { // a repetition, as after a lost reply, meets a record that exists and must not take it for another's
		result := s.write(t, first)
		require.Equal(t, crm.Created, result.Outcome)
		require.Empty(t, result.Kept)
		record := s.find(t, person)
		require.Equal(t, "first", record.Fields[s.Texts[0]])
		require.Nil(t, record.Fields[s.Texts[1]], "never written to a new record")
	}
	// Together with another record, so that each gets its own value.
	s.write(t, s.submission("before", other, 0, nil))
	for _, result := range s.upsert(t, write("second", person, 2), write("third", other, 2)) {
		requireWritten(t, result)
		require.Equal(t, crm.Updated, result.Outcome)
	}
	require.Equal(t, "second", s.find(t, person).Fields[s.Texts[1]])
	require.Equal(t, "third", s.find(t, other).Fields[s.Texts[1]])

	late := s.write(t, write("late", person, 1))
	require.ElementsMatch(t, []string{s.Texts[0], s.Texts[1]}, late.Kept, "an older answer overwrites nothing (I5)")
	blanks := write("blanks", person, 3)
	blanks.Fields[s.Texts[2]], blanks.FillBlanks = "blanks", []string{s.Texts[1], s.Texts[2]}
	s.write(t, blanks)
	record := s.find(t, person)
	require.Equal(t, "second", record.Fields[s.Texts[1]], "in both lists: only where there is no value")
	require.Equal(t, "blanks", record.Fields[s.Texts[2]])
}

func (s *suite) fillBlanks(t *testing.T) {
	person := s.person()
	s.write(t, s.submission("sub_a", person, 0, crm.Fields{s.Texts[0]: "first"}))
	write := s.submission("sub_b", person, 1, crm.Fields{s.Texts[0]: "second", s.Texts[1]: "second"})
	write.FillBlanks = []string{s.Texts[0], s.Texts[1]}
	require.Empty(t, s.write(t, write).Kept, "kept is about newer answers only")
	record := s.find(t, person)
	require.Equal(t, "first", record.Fields[s.Texts[0]])
	require.Equal(t, "second", record.Fields[s.Texts[1]])
}
