package crm_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

// vendor is a CRM that notes when it was called and answers from a script, then with success.
type vendor struct {
	crm.Connector // the methods that a test does not use

	mu     sync.Mutex
	calls  []time.Time
	script []*crm.Error
}

func (v *vendor) called() *crm.Error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls = append(v.calls, time.Now())
	if len(v.script) == 0 {
		return nil
	}
	answer := v.script[0]
	v.script = v.script[1:]
	return answer
}

func (v *vendor) Upsert(_ context.Context, _ string, writes []crm.Write) []crm.Result {
	answer := v.called()
	results := make([]crm.Result, len(writes))
	for i := range results {
		results[i] = crm.Result{RecordID: "1", Err: answer}
	}
	return results
}

func (v *vendor) Owners(context.Context) ([]crm.Owner, error) {
	if err := v.called(); err != nil {
		return nil, err
	}
	return nil, nil
}

func one() []crm.Write { return make([]crm.Write, 1) }

func TestPaceKeepsTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{}
		paced := crm.Pace(v, crm.Limit{Writes: 10, Per: time.Second, Linger: time.Hour})
		var wg sync.WaitGroup
		for range 35 {
			wg.Go(func() { paced.Upsert(t.Context(), "contacts", make([]crm.Write, 100)) })
		}
		wg.Wait()
		require.Len(t, v.calls, 35)
		for i := 10; i < len(v.calls); i++ {
			require.GreaterOrEqual(t, v.calls[i].Sub(v.calls[i-10]), time.Second, "more than 10 calls within a second")
		}
		require.Less(t, v.calls[34].Sub(v.calls[0]), 3500*time.Millisecond, "the rate is used; a batch is one request")
	})
}

func TestPaceRefusesEachWriteWithATurnOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{}
		paced := crm.Pace(v, crm.Limit{Writes: 1, Per: time.Second})
		require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		started := time.Now()
		var turns []time.Duration
		for range 3 {
			for _, result := range paced.Upsert(t.Context(), "contacts", make([]crm.Write, 2)) {
				require.NotNil(t, result.Err)
				require.Equal(t, crm.RateLimited, result.Err.Kind)
				require.Nil(t, result.Call, "nothing was asked")
				turns = append(turns, result.Err.RetryAfter)
			}
		}
		require.Zero(t, time.Since(started), "who would wait too long is told at once")
		require.Len(t, v.calls, 1)
		for i, turn := range turns {
			require.Equal(t, time.Duration(i+1)*time.Second, turn)
		}

		// Whoever comes back in turn gets through.
		for range turns {
			pass(time.Second)
			require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		}
	})
}

func TestPaceLingers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		paced := crm.Pace(&vendor{}, crm.Limit{Writes: 10, Per: time.Second})
		var mu sync.Mutex
		var waited []time.Duration
		refused := 0
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				started := time.Now()
				result := paced.Upsert(t.Context(), "contacts", one())[0]
				mu.Lock()
				defer mu.Unlock()
				if result.Err != nil {
					refused++
					return
				}
				waited = append(waited, time.Since(started))
			})
		}
		wg.Wait()
		slices.Sort(waited)
		require.Equal(t, []time.Duration{0, 100 * time.Millisecond, 200 * time.Millisecond}, waited)
		require.Equal(t, 3, refused)
	})
}

// TestPaceI4 holds I4: nobody calls before the vendor's Retry-After, whatever they do and however often they ask.
func TestPaceI4(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{script: []*crm.Error{nil, {Kind: crm.RateLimited, Code: "429", RetryAfter: 7 * time.Second}}}
		paced := crm.Pace(v, crm.Limit{Writes: 100, Per: time.Second})
		require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		pass(time.Second)
		limited := paced.Upsert(t.Context(), "contacts", make([]crm.Write, 2))
		answered := time.Now()
		require.Equal(t, "429", limited[0].Err.Code)
		require.Equal(t, 7*time.Second, limited[0].Err.RetryAfter)
		require.Equal(t, 7*time.Second+10*time.Millisecond, limited[1].Err.RetryAfter, "not at the same instant")

		for time.Since(answered) < 8*time.Second {
			paced.Upsert(t.Context(), "contacts", one())
			_, _ = paced.Owners(t.Context())
			pass(33 * time.Millisecond)
		}
		require.Greater(t, len(v.calls), 2, "calls go on afterwards")
		require.GreaterOrEqual(t, v.calls[2].Sub(answered), 7*time.Second)
	})
}

func TestPaceClosesForThoseWhoAreWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{script: []*crm.Error{{Kind: crm.RateLimited, Code: "429", RetryAfter: time.Minute}}}
		paced := crm.Pace(v, crm.Limit{Writes: 10, Per: time.Second})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { require.NotNil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err) })
		}
		wg.Wait()
		require.Len(t, v.calls, 1, "the others were waiting when the gate closed")
	})
}

func TestPaceWithoutRetryAfterPausesAnyway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{script: []*crm.Error{{Kind: crm.RateLimited, Code: "53300"}}}
		paced := crm.Pace(v, crm.Limit{})
		_, err := paced.Owners(t.Context())
		failure, ok := crm.AsError(err)
		require.True(t, ok)
		require.Equal(t, time.Second, failure.RetryAfter)
		require.NotNil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		pass(time.Second)
		require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
	})
}

func TestPaceDoesNotTouchOtherErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		invalid := &crm.Error{Kind: crm.Invalid, Code: "22P02", Fields: []string{"age"}}
		paced := crm.Pace(&vendor{script: []*crm.Error{invalid, invalid}}, crm.Limit{})
		require.Same(t, invalid, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		_, err := paced.Owners(t.Context())
		require.Same(t, invalid, err)
		_, err = paced.Owners(t.Context())
		require.NoError(t, err, "no error is no error, not a nil *crm.Error")
	})
}

func TestPaceHonoursTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{}
		paced := crm.Pace(v, crm.Limit{Writes: 1, Per: time.Second, Linger: time.Minute})
		paced.Upsert(t.Context(), "contacts", one())

		// A deadline before the turn: there is no point in waiting.
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		started := time.Now()
		failure := paced.Upsert(ctx, "contacts", one())[0].Err
		require.Equal(t, crm.Error{Kind: crm.RateLimited, Code: "paced", RetryAfter: time.Second}, *failure)
		require.Zero(t, time.Since(started))

		// Canceled while waiting: the turn goes to somebody else.
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		failure = paced.Upsert(ctx, "contacts", one())[0].Err
		require.Equal(t, crm.Error{Kind: crm.Transient, Code: "canceled"}, *failure)
		require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		require.Equal(t, time.Second, v.calls[1].Sub(v.calls[0]))
	})
}

// pass lets the bubble's clock go on.
func pass(d time.Duration) { <-time.After(d) }

// TestBackgroundCallsTakeWhatLiveOnesLeave: none of them delays a live call, and they go through when nobody else waits.
func TestBackgroundCallsTakeWhatLiveOnesLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{}
		paced := crm.Pace(v, crm.Limit{Writes: 1, Per: time.Second, Linger: 10 * time.Second})
		background := crm.AsBackground(t.Context())
		require.Nil(t, paced.Upsert(background, "contacts", one())[0].Err, "nobody waits")
		began := time.Now()
		var live sync.WaitGroup
		for range 3 {
			live.Go(func() { require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err) })
		}
		synctest.Wait()
		failure := paced.Upsert(background, "contacts", one())[0].Err
		require.Equal(t, crm.RateLimited, failure.Kind)
		require.Equal(t, 5*time.Second, failure.RetryAfter, "after those who wait, and one more")
		live.Wait()
		require.Equal(t, 3*time.Second, time.Since(began), "as if it had not asked")
		pass(failure.RetryAfter - time.Since(began))
		require.Nil(t, paced.Upsert(background, "contacts", one())[0].Err)
		require.Len(t, v.calls, 5)
	})
}
