package pacer_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// TestTurns: who would wait too long is told at once, each with a turn of their own, and gets through then.
func TestTurns(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{}
		paced := pacer.New(v, pacer.Options{Limits: per(1, time.Second), Linger: 250 * time.Millisecond})
		require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		began := time.Now()
		var turns []time.Duration
		for range 3 {
			for _, result := range paced.Upsert(t.Context(), "contacts", make([]crm.Write, 2)) {
				require.NotNil(t, result.Err)
				require.Equal(t, crm.RateLimited, result.Err.Kind)
				require.Nil(t, result.Call, "nothing was asked")
				turns = append(turns, result.Err.RetryAfter)
			}
		}
		require.Zero(t, time.Since(began))
		require.Equal(t, 1, v.count())
		for i, turn := range turns {
			require.GreaterOrEqual(t, turn, time.Duration(i+1)*time.Second)
			pass(time.Until(began.Add(turn)))
			require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err, "whoever comes back in turn gets through")
		}
	})
}

// TestI4NobodyCallsBeforeRetryAfter: whatever they do and however often they ask.
func TestI4NobodyCallsBeforeRetryAfter(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{script: []*crm.Error{nil, {Kind: crm.RateLimited, Code: "429", RetryAfter: 7 * time.Second}}}
		paced := pacer.New(v, pacer.Options{Limits: per(100, time.Second), Linger: 250 * time.Millisecond})
		require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		pass(time.Second)
		limited := paced.Upsert(t.Context(), "contacts", make([]crm.Write, 2))
		answered := time.Now()
		require.Equal(t, "429", limited[0].Err.Code)
		require.GreaterOrEqual(t, limited[0].Err.RetryAfter, 7*time.Second)
		require.Greater(t, limited[1].Err.RetryAfter, limited[0].Err.RetryAfter, "not at the same instant")
		for time.Since(answered) < 8*time.Second {
			paced.Upsert(t.Context(), "contacts", one())
			_, _ = paced.Owners(t.Context())
			pass(33 * time.Millisecond)
		}
		calls := v.times()
		require.Greater(t, len(calls), 2, "calls go on afterwards")
		require.GreaterOrEqual(t, calls[2].Sub(answered), 7*time.Second)
	})
}

// TestClosesForThoseWhoWait: also they would call before the vendor's moment.
func TestClosesForThoseWhoWait(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{script: []*crm.Error{{Kind: crm.RateLimited, Code: "429", RetryAfter: time.Minute}}}
		paced := pacer.New(v, pacer.Options{Limits: per(10, time.Second)})
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				failure := paced.Upsert(t.Context(), "contacts", one())[0].Err
				require.NotNil(t, failure)
				require.GreaterOrEqual(t, failure.RetryAfter, time.Minute)
			})
		}
		all.Wait()
		require.Equal(t, 1, v.count(), "the others were waiting when the gate closed")
	})
}

// TestTightensAndLoosens: a limit that was too high is lowered, and tried again little by little.
func TestTightensAndLoosens(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, paced := gateOf(t, pacer.Options{Limits: per(100, 10*time.Second)})
		ours := func() int { return paced.State().Limits[0].Ours }
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		for range 5 { // one burst of answers counts once
			gate.Report(crm.Calls, crm.Answer{Err: &crm.Error{Kind: crm.RateLimited, Code: "429"}})
		}
		require.Equal(t, 70, ours())
		pass(21 * time.Second)
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		require.Equal(t, 80, ours())
		gate.Report(crm.Calls, crm.Answer{})
		pass(10 * time.Minute)
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		require.Equal(t, 100, ours())
	})
}

// TestHeedsTheVendorsCount: what somebody else uses of the same allowance is not used again, and a limit that nobody has
// configured is learnt.
func TestHeedsTheVendorsCount(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, paced := gateOf(t, pacer.Options{Limits: per(100, 10*time.Second)})
		say := func(per time.Duration, most, left int) {
			require.NoError(t, gate.Wait(t.Context(), crm.Calls))
			gate.Report(crm.Calls, crm.Answer{Allowances: []crm.Allowance{{Class: crm.Calls, Per: per, Max: most, Left: left}}})
		}
		say(10*time.Second, 100, 99)
		require.Equal(t, 100, paced.State().Limits[0].Ours)
		say(10*time.Second, 100, 48)
		require.Equal(t, 50, paced.State().Limits[0].Ours, "somebody else makes half of the calls")
		say(10*time.Second, 50, 47)
		require.Equal(t, 50, paced.State().Limits[0].Calls, "a smaller plan")
		say(24*time.Hour, 250_000, 1)
		require.Equal(t, 1, paced.State().Limits[1].Left)
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		require.Error(t, gate.Wait(t.Context(), crm.Calls), "the vendor's day is over")
	})
}

func TestHonoursTheContext(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, _ := gateOf(t, pacer.Options{Limits: per(1, time.Second), Linger: time.Minute})
		require.NoError(t, ask(t.Context(), gate, crm.Calls))
		// A deadline before the turn: there is no point in waiting.
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		began := time.Now()
		failure, _ := crm.AsError(gate.Wait(ctx, crm.Calls))
		require.Equal(t, crm.RateLimited, failure.Kind)
		require.Zero(t, time.Since(began))
		// Canceled while waiting: the turn goes to somebody else.
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		failure, _ = crm.AsError(gate.Wait(ctx, crm.Calls))
		require.Equal(t, crm.Error{Kind: crm.Transient, Code: "canceled"}, *failure)
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		require.Less(t, time.Since(began), 2*time.Second)
	})
}

// TestDoesNotTouchOtherErrors: they are the connector's, and no error is no error.
func TestDoesNotTouchOtherErrors(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		invalid := &crm.Error{Kind: crm.Invalid, Code: "22P02", Fields: []string{"age"}}
		paced := pacer.New(&vendor{script: []*crm.Error{invalid, invalid}}, pacer.Options{})
		require.Same(t, invalid, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		_, err := paced.Owners(t.Context())
		require.Equal(t, invalid, err)
		_, err = paced.Owners(t.Context())
		require.NoError(t, err)
	})
}

// TestWithoutRetryAfter: a vendor that does not say how long is given a second.
func TestWithoutRetryAfter(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		paced := pacer.New(&vendor{script: []*crm.Error{{Kind: crm.RateLimited, Code: "53300"}}}, pacer.Options{Linger: time.Millisecond})
		_, err := paced.Owners(t.Context())
		failure, _ := crm.AsError(err)
		require.Equal(t, time.Second, failure.RetryAfter)
		require.NotNil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		pass(time.Second)
		require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
	})
}

// TestACallerLeavesWhileAllAreTurnedAway: at the moment in which the CRM says "too many" to one batch and everybody who waits
// behind it is told, some of them give up.
func TestACallerLeavesWhileAllAreTurnedAway(t *testing.T) {
	t.Parallel()
	for range 10 {
		bubble.Test(t, func(t *testing.T) {
			tooMany := &crm.Error{Kind: crm.RateLimited, RetryAfter: time.Minute}
			v := &vendor{takes: 500 * time.Millisecond, script: []*crm.Error{tooMany}}
			paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(2, time.Second), Linger: 5 * time.Second})
			var all sync.WaitGroup
			all.Go(func() { paced.Upsert(t.Context(), "contacts", one()) })
			pass(100 * time.Millisecond)
			for range 50 {
				all.Go(func() {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					time.AfterFunc(405*time.Millisecond, cancel) // as the answer comes: 5 ms of gathering, 500 ms of the call
					require.NotNil(t, paced.Upsert(ctx, "contacts", one())[0].Err)
				})
			}
			all.Wait()
			require.Equal(t, 1, v.count())
		})
	}
}

// TestAConnectorThatBreaksBreaksNobodyElse: also one that breaks while it finds out whether the CRM is back.
func TestAConnectorThatBreaksBreaksNobodyElse(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		broken := 6
		v := &vendor{answer: func(crm.Write) crm.Result {
			if broken--; broken >= 0 {
				panic("a connector that breaks")
			}
			return crm.Result{RecordID: "1"}
		}}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, time.Second)})
		for range 5 {
			require.Equal(t, crm.Transient, paced.Upsert(t.Context(), "contacts", one())[0].Err.Kind)
		}
		require.Equal(t, "open", paced.State().Circuit)
		pass(11 * time.Second)
		require.Equal(t, crm.Transient, paced.Upsert(t.Context(), "contacts", one())[0].Err.Kind, "it finds out, and breaks again")
		pass(11 * time.Second)
		require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		require.Equal(t, "closed", paced.State().Circuit)
	})
}
