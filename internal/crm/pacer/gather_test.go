package pacer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// TestALoneWriteWaitsAMoment: with a free turn it goes nearly at once.
func TestALoneWriteWaitsAMoment(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, 10*time.Second)})
		for range 10 {
			began := time.Now()
			result := paced.Upsert(t.Context(), "contacts", one())[0]
			require.Nil(t, result.Err)
			require.LessOrEqual(t, time.Since(began), 5*time.Millisecond)
			require.Equal(t, 1, result.Batch.Writes)
			pass(time.Second)
		}
	})
}

// TestGathersWhileOthersAreUnderWay: and while no turn is free.
func TestGathersWhileOthersAreUnderWay(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{takes: 100 * time.Millisecond}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(10, time.Second)})
		batches := map[string]int{}
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range 250 {
			all.Go(func() {
				result := paced.Upsert(t.Context(), "contacts", []crm.Write{write(fmt.Sprint(i))})[0]
				require.Equal(t, "record of "+fmt.Sprint(i), result.RecordID)
				mu.Lock()
				defer mu.Unlock()
				batches[result.Batch.ID]++
				require.LessOrEqual(t, result.Batch.Writes, 100)
			})
		}
		all.Wait()
		require.Len(t, batches, 3, "what comes in a burst goes in full batches")
	})
}

// TestKinds: what cannot share a request does not share a batch.
func TestKinds(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{takes: 100 * time.Millisecond}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, time.Second)})
		byPhone := crm.Write{Submission: "phone", Keys: [][]string{{"email"}, {"phone"}}, Fields: crm.Fields{"email": "", "phone": "1"}}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { paced.Upsert(t.Context(), "contacts", []crm.Write{write("email"), byPhone}) })
			all.Go(func() { paced.Upsert(t.Context(), "companies", one()) })
			all.Go(func() { paced.Upsert(crm.AsBackground(t.Context()), "contacts", one()) })
		}
		all.Wait()
		for _, call := range v.calls {
			for _, w := range call.writes {
				require.Equal(t, call.writes[0].Submission, w.Submission)
			}
		}
	})
}

// TestOlderAnswersFirst: of two writes of one record in a batch the later answers are written last.
func TestOlderAnswersFirst(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{takes: 100 * time.Millisecond}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, time.Second)})
		newer, older := write("newer"), write("older")
		newer.SubmittedAt, older.SubmittedAt = time.Unix(200, 0), time.Unix(100, 0)
		var all sync.WaitGroup
		for _, w := range []crm.Write{write("first"), newer, older} {
			all.Go(func() {
				require.Equal(t, "record of "+w.Submission, paced.Upsert(t.Context(), "contacts", []crm.Write{w})[0].RecordID)
			})
			pass(10 * time.Millisecond)
		}
		all.Wait()
		require.Equal(t, []crm.Write{older, newer}, v.calls[1].writes)
	})
}

// TestLeaving: a caller that gives up harms nobody, and a batch that nobody waits for is given up.
func TestLeaving(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{takes: time.Second}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, time.Second)})
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err) // makes the others gather
		})
		pass(10 * time.Millisecond)
		all.Go(func() {
			require.Equal(t, "timeout", paced.Upsert(short, "contacts", []crm.Write{write("impatient")})[0].Err.Code)
		})
		all.Go(func() {
			require.Equal(t, "record of patient", paced.Upsert(t.Context(), "contacts", []crm.Write{write("patient")})[0].RecordID)
		})
		all.Wait()

		alone, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		began := time.Now()
		require.Equal(t, "canceled", paced.Upsert(alone, "contacts", one())[0].Err.Code)
		synctest.Wait()
		require.Equal(t, 100*time.Millisecond, time.Since(began))
	})
}

// TestAConnectorThatBreaks: its callers are told, and the next batch goes.
func TestAConnectorThatBreaks(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{answer: func(w crm.Write) crm.Result {
			if w.Submission == "bad" {
				panic("index out of range")
			}
			return crm.Result{RecordID: "1"}
		}}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, time.Second)})
		failure := paced.Upsert(t.Context(), "contacts", []crm.Write{write("bad")})[0].Err
		require.Equal(t, crm.Error{Kind: crm.Transient, Code: "connector_panic"}, *failure)
		require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
	})
}

// TestEverybodyGetsTheirOwnAnswer is a model test: whoever asks for whatever at whatever moment gets the answers to exactly
// that, in order, or is told that it was not sent or that they left.
func TestEverybodyGetsTheirOwnAnswer(t *testing.T) {
	t.Parallel()
	type caller struct {
		at, patience time.Duration
		writes       []crm.Write
		background   bool
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := 0
		callers := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) caller {
			c := caller{
				at:         time.Duration(rapid.IntRange(0, 3000).Draw(rt, "at")) * time.Millisecond,
				patience:   time.Duration(rapid.SampledFrom([]int{10, 300, 1000, 60_000}).Draw(rt, "patience")) * time.Millisecond,
				background: rapid.Bool().Draw(rt, "background"),
			}
			for range rapid.IntRange(1, 7).Draw(rt, "writes") {
				n++
				w := write(fmt.Sprint(n))
				w.SubmittedAt = time.Unix(int64(rapid.IntRange(0, 5).Draw(rt, "submitted")), 0)
				c.writes = append(c.writes, w)
			}
			return c
		}), 1, 60).Draw(rt, "callers")
		most := rapid.IntRange(2, 10).Draw(rt, "most")
		v := &vendor{
			takes: time.Duration(rapid.IntRange(0, 400).Draw(rt, "takes")) * time.Millisecond,
			answer: func(w crm.Write) crm.Result {
				if len(w.Submission)%3 == 2 {
					return crm.Result{Err: &crm.Error{Kind: crm.Invalid, Code: "of " + w.Submission}}
				}
				return crm.Result{RecordID: "record of " + w.Submission}
			},
		}
		results := make([][]crm.Result, len(callers))
		limit := rapid.IntRange(1, 20).Draw(rt, "limit")
		bubble.Test(t, func(t *testing.T) {
			paced := pacer.New(batching{v, most}, pacer.Options{Limits: per(limit, time.Second)})
			var all sync.WaitGroup
			for i, c := range callers {
				all.Go(func() {
					pass(c.at)
					ctx, cancel := context.WithTimeout(t.Context(), c.patience)
					defer cancel()
					if c.background {
						ctx = crm.AsBackground(ctx)
					}
					results[i] = paced.Upsert(ctx, "contacts", c.writes)
				})
			}
			all.Wait()
			pass(time.Minute) // batches that everybody has left
		})
		sent := map[string]int{}
		for _, call := range v.calls {
			require.LessOrEqual(rt, len(call.writes), most)
			for _, w := range call.writes {
				sent[w.Submission]++
			}
		}
		requireWithin(rt, v.times(), limit, time.Second)
		for i, c := range callers {
			require.Len(rt, results[i], len(c.writes))
			for j, w := range c.writes {
				failure := results[i][j].Err
				require.LessOrEqual(rt, sent[w.Submission], 1)
				switch {
				case failure == nil:
					require.Equal(rt, "record of "+w.Submission, results[i][j].RecordID)
				case failure.Kind == crm.Invalid:
					require.Equal(rt, "of "+w.Submission, failure.Code)
				case failure.Kind == crm.RateLimited:
					require.Zero(rt, sent[w.Submission], "what was refused was not sent")
					require.Positive(rt, failure.RetryAfter)
				default:
					require.Contains(rt, []string{"timeout", "canceled"}, failure.Code)
				}
			}
		}
	})
}
