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

// TestWaitingForARepair: those who wait for credentials that the CRM refuses come again in batches, not all at one moment, and
// within half a minute, whatever refused them and whether they have waited together before.
func TestWaitingForARepair(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{takes: 200 * time.Millisecond, answer: func(crm.Write) crm.Result {
			return crm.Result{Err: &crm.Error{Kind: crm.Auth, Code: "INVALID_AUTHENTICATION", Status: 401}}
		}}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, 10*time.Second)})
		refused := func(callers int, within time.Duration) map[time.Time]int {
			var mu sync.Mutex
			moments := map[time.Time]int{}
			var all sync.WaitGroup
			for i := range callers {
				all.Go(func() {
					pass(within * time.Duration(i) / time.Duration(callers))
					for {
						failure := paced.Upsert(t.Context(), "contacts", one())[0].Err
						require.NotNil(t, failure)
						require.Equal(t, crm.Auth, failure.Kind, "an expired credential sends nobody to review")
						if failure.RetryAfter == 5*time.Second { // one call finds out at this moment
							pass(failure.RetryAfter)
							continue
						}
						require.GreaterOrEqual(t, failure.RetryAfter, 25*time.Second)
						require.LessOrEqual(t, failure.RetryAfter, 30*time.Second)
						mu.Lock()
						moments[time.Now().Add(failure.RetryAfter)]++
						mu.Unlock()
						return
					}
				})
			}
			all.Wait()
			return moments
		}
		for name, moments := range map[string]map[time.Time]int{"at once": refused(2000, 0), "one after the other": refused(2000, 6*time.Second)} {
			require.LessOrEqual(t, len(moments), 23, "%s: whole batches", name)
			require.Greater(t, len(moments), 10, "%s: not all at one moment", name)
			for _, together := range moments {
				require.LessOrEqual(t, together, 200, name)
			}
		}
		require.LessOrEqual(t, v.count(), 16)
	})
}

// TestARepairAtTheVendor: nobody is told of it, and all who wait are let through within a minute.
func TestARepairAtTheVendor(t *testing.T) {
	t.Parallel()
	for _, repaired := range []time.Duration{time.Minute, 66 * time.Second, 72 * time.Second, 78 * time.Second, 84 * time.Second} {
		bubble.Test(t, func(t *testing.T) {
			began := time.Now()
			v := &vendor{takes: time.Second, answer: func(crm.Write) crm.Result {
				if time.Since(began) < repaired {
					return crm.Result{Err: &crm.Error{Kind: crm.Auth, Code: "INVALID_AUTHENTICATION", Status: 401}}
				}
				return crm.Result{RecordID: "1"}
			}}
			paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, 10*time.Second)})
			var all sync.WaitGroup
			for i := range 1000 {
				all.Go(func() {
					pass(time.Duration(i) * 50 * time.Millisecond)
					for {
						failure := paced.Upsert(context.Background(), "contacts", one())[0].Err
						if failure == nil {
							return
						}
						pass(failure.RetryAfter)
					}
				})
			}
			all.Wait()
			require.Less(t, time.Since(began)-repaired, time.Minute)
		})
	}
}
