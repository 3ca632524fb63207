// Package sweep goes over the submissions of the ledger with all processors and little memory, however many there are.
package sweep

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/submission"
)

// Ledger is what is asked of the ledger.
type Ledger interface {
	Samples(ctx context.Context, q ledger.SampleQuery) iter.Seq2[ledger.SealedSample, error]
	OpenSample(s ledger.SealedSample) (ledger.Sample, error)
}

// Item is one submission, opened, with its place in the order of arrival.
type Item struct {
	Number int
	ledger.Sample
}

// Input is what a mapping is given of it; ok is false where there are no answers: they are to be fetched yet, or a person
// must look at the submission before anything is read.
func (i Item) Input() (in mapping.Input, ok bool) {
	s, payload := i.Submission, i.Payload
	if payload.Hold != nil || payload.Notice != nil && len(payload.Answers) == 0 {
		return mapping.Input{}, false
	}
	return mapping.Input{
		Source: s.Source, Form: s.Form, Submission: s.ID, RecordKey: submission.RecordKey(s.Source, s.SenderID),
		SubmittedAt: s.SubmittedAt, ReceivedAt: s.ReceivedAt, Answers: payload.Answers, Context: payload.Context,
	}, true
}

// Run looks at every submission that the query chooses. Each goroutine has a tally of its own, which start makes and look
// fills; the caller adds them up. Step is told after each submission, by several goroutines; nil is nobody. The first
// error of the ledger, or the end of ctx, ends the run.
func Run[T any](ctx context.Context, l Ledger, q ledger.SampleQuery, step func(), start func() T, look func(Item, T)) ([]T, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tallies := make([]T, max(2, runtime.GOMAXPROCS(0)))
	work := make(chan numbered, 4*len(tallies))
	var done sync.WaitGroup
	for i := range tallies {
		tallies[i] = start()
		done.Go(func() {
			for next := range work {
				sample, err := l.OpenSample(next.sealed)
				if err != nil {
					cancel(err)
					continue
				}
				look(Item{next.number, sample}, tallies[i])
				if step != nil {
					step()
				}
			}
		})
	}
	err := feed(ctx, l, q, work)
	close(work)
	done.Wait()
	if err == nil {
		err = context.Cause(ctx)
	}
	return tallies, err
}

type numbered struct {
	number int
	sealed ledger.SealedSample
}

func feed(ctx context.Context, l Ledger, q ledger.SampleQuery, work chan<- numbered) error {
	n := 0
	for sealed, err := range l.Samples(ctx, q) {
		if err != nil {
			return err
		}
		select {
		case work <- numbered{n, sealed}:
			n++
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
