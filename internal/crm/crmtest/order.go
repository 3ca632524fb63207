package crmtest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/crm"
)

// anyOrder draws submissions of one person and an order of arrival, in batches and with repetitions, and wants the
// record that the order of answering gives.
func (s *suite) anyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		person := s.person()
		count := rapid.IntRange(2, 6).Draw(rt, "submissions")
		var writes []crm.Write
		want := map[string]any{}
		for minute := range count {
			fields := crm.Fields{}
			for i, field := range s.Texts {
				if rapid.Bool().Draw(rt, fmt.Sprintf("submission %d answers %d", minute, i)) {
					fields[field] = fmt.Sprintf("answer of minute %d", minute)
					want[field] = fields[field]
				}
			}
			writes = append(writes, s.submission(fmt.Sprintf("sub_%d", minute), person, minute, fields))
		}
		arrivals := rapid.Permutation(writes).Draw(rt, "arrivals")
		arrivals = append(arrivals, rapid.SliceOfN(rapid.SampledFrom(writes), 0, 3).Draw(rt, "repetitions")...)
		for len(arrivals) > 0 {
			batch := rapid.IntRange(1, len(arrivals)).Draw(rt, "batch")
			for _, result := range s.upsert(t, arrivals[:batch]...) {
				requireWritten(t, result)
			}
			arrivals = arrivals[batch:]
		}
		record := s.find(t, person)
		for _, field := range s.Texts {
			require.Equal(rt, want[field], record.Fields[field], "field %s", field)
		}
	})
}

func (s *suite) newestOfMany(t *testing.T) {
	person := s.person()
	ctx := s.context(t)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for minute := range writers {
		// Each field is answered by a different last submission.
		fields := crm.Fields{s.Texts[minute%2]: fmt.Sprint(minute)}
		write := s.submission(fmt.Sprintf("sub_%d", minute), person, minute, fields)
		wg.Go(func() {
			<-start
			s.Connector.Upsert(ctx, s.Object, []crm.Write{write})
		})
	}
	close(start)
	wg.Wait()
	record := s.find(t, person)
	require.Equal(t, fmt.Sprint(writers-2), record.Fields[s.Texts[0]])
	require.Equal(t, fmt.Sprint(writers-1), record.Fields[s.Texts[1]])
}

func (s *suite) olderFillsBlanks(t *testing.T) {
	person := s.person()
	s.write(t, s.submission("sub_new", person, 10, crm.Fields{s.Texts[0]: "new", s.Texts[2]: ""}))
	older := s.submission("sub_old", person, 0, crm.Fields{s.Texts[0]: "old", s.Texts[1]: "old", s.Texts[2]: "old"})
	older.Read = []string{s.Texts[0]}
	result := s.write(t, older)
	require.Equal(t, []string{s.Texts[0]}, result.Kept)
	require.Equal(t, crm.Fields{s.Texts[0]: "new"}, result.Record)
	record := s.find(t, person)
	require.Equal(t, "new", record.Fields[s.Texts[0]])
	require.Equal(t, "old", record.Fields[s.Texts[1]])
	require.Equal(t, "old", record.Fields[s.Texts[2]], "an empty text is a blank")

	// What an older answer filled in belongs to its own moment: one from in between still wins over it.
	s.write(t, s.submission("sub_middle", person, 5, crm.Fields{s.Texts[1]: "middle"}))
	require.Equal(t, "middle", s.find(t, person).Fields[s.Texts[1]])
}
