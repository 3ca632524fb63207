package sweep_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/mappingtool/sweep"
	"handoff/internal/submission"
)

// source is a ledger whose rows break at one place.
type source struct {
	rows, breakRow, breakOpen int
	opened                    atomic.Int64
}

var errBroken = errors.New("broken")

func (s *source) Samples(context.Context, ledger.SampleQuery) iter.Seq2[ledger.SealedSample, error] {
	return func(yield func(ledger.SealedSample, error) bool) {
		for i := 1; i <= s.rows; i++ {
			var err error
			if i == s.breakRow {
				err = errBroken
			}
			if !yield(ledger.SealedSample{}, err) {
				return
			}
		}
	}
}

func (s *source) OpenSample(ledger.SealedSample) (ledger.Sample, error) {
	if s.opened.Add(1) == int64(s.breakOpen) {
		return ledger.Sample{}, errBroken
	}
	return ledger.Sample{}, nil
}

func run(ctx context.Context, s *source) (int, error) {
	tallies, err := sweep.Run(ctx, s, ledger.SampleQuery{}, nil, func() *int { return new(int) }, func(_ sweep.Item, n *int) { *n++ })
	total := 0
	for _, n := range tallies {
		total += *n
	}
	return total, err
}

func TestEveryRowIsLookedAtOnce(t *testing.T) {
	t.Parallel()
	n, err := run(t.Context(), &source{rows: 1000})
	require.NoError(t, err)
	require.Equal(t, 1000, n)
}

func TestTheFirstErrorEndsTheRun(t *testing.T) {
	t.Parallel()
	_, err := run(t.Context(), &source{rows: 1000, breakRow: 10})
	require.ErrorIs(t, err, errBroken)
	s := &source{rows: 1_000_000, breakOpen: 10}
	n, err := run(t.Context(), s)
	require.ErrorIs(t, err, errBroken)
	require.Less(t, n, 1_000_000, "it did not go on to the end")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = run(ctx, &source{rows: 1_000_000})
	require.ErrorIs(t, err, context.Canceled)
}

func TestWhatHoldsNoAnswersGivesNoInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		payload submission.Payload
		ok      bool
	}{
		{submission.Payload{}, true}, // nothing was answered, and that is the answer
		{submission.Payload{Answers: map[string]any{"a": "b"}}, true},
		{submission.Payload{Notice: &submission.Notice{ID: "1"}}, false},
		{submission.Payload{Notice: &submission.Notice{ID: "1"}, Answers: map[string]any{"a": "b"}}, true},
		{submission.Payload{Answers: map[string]any{"a": "b"}, Hold: &submission.Hold{Code: submission.HoldErasure}}, false},
	} {
		_, ok := sweep.Item{Sample: ledger.Sample{Payload: c.payload}}.Input()
		require.Equal(t, c.ok, ok)
	}
}
