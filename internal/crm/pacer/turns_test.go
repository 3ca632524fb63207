package pacer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// owning is a vendor that gives batches of records to somebody.
type owning struct{ batching }

func (o owning) SetOwners(ctx context.Context, _ string, given []crm.Given) []crm.Owned {
	answer := o.called(ctx, nil)
	owned := make([]crm.Owned, len(given))
	for i := range owned {
		owned[i].Err = answer
	}
	return owned
}

// burst makes so many live calls at once, and says what those that were refused are told at most.
func burst(t *testing.T, calls int, call func(ctx context.Context, n int) *crm.Error) (most time.Duration) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	for n := range calls {
		all.Go(func() {
			if refusal := call(t.Context(), n); refusal != nil {
				mu.Lock()
				defer mu.Unlock()
				most = max(most, refusal.RetryAfter)
			}
		})
	}
	all.Wait()
	return most
}

// TestALiveLeadIsNotBehindABackfill: one that has used up its part of the day is told to come again hours later. The turns of
// live calls that wait for the next seconds, and the moments for which they wait for company, are not after that.
func TestALiveLeadIsNotBehindABackfill(t *testing.T) {
	t.Parallel()
	upsert := func(ctx context.Context, paced *pacer.Pacer, n int) *crm.Error {
		return paced.Upsert(ctx, "contacts", []crm.Write{write(fmt.Sprint(n))})[0].Err
	}
	asFailure := func(err error) *crm.Error {
		failure, _ := crm.AsError(err)
		return failure
	}
	for name, way := range map[string]struct {
		connector func(*vendor) crm.Connector
		call      func(ctx context.Context, paced *pacer.Pacer, n int) *crm.Error
		burst     int // of calls that take half a minute
		alone     time.Duration
	}{
		"batches": {
			connector: func(v *vendor) crm.Connector { return batching{v, 10} },
			call:      upsert, burst: 3000, alone: 5 * time.Millisecond,
		},
		"one write": {
			connector: func(v *vendor) crm.Connector { return v },
			call:      upsert, burst: 300,
		},
		"owners": {
			connector: func(v *vendor) crm.Connector { return owning{batching{v, 10}} },
			call: func(ctx context.Context, paced *pacer.Pacer, n int) *crm.Error {
				_, _, err := paced.SetOwner(ctx, "contacts", fmt.Sprint(n), "ana")
				return asFailure(err)
			},
			burst: 3000, alone: 5 * time.Millisecond,
		},
		"groups": {
			connector: func(v *vendor) crm.Connector { return &linking{vendor: v, most: 10} },
			call: func(ctx context.Context, paced *pacer.Pacer, n int) *crm.Error {
				return paced.UpsertLinked(ctx, [][]crm.Linked{pair(fmt.Sprint(n))})[0][0].Err
			},
			burst: 1500, alone: 210 * time.Millisecond,
		},
		"one group": {
			connector: func(v *vendor) crm.Connector { return &linking{vendor: v, most: 1} },
			call: func(ctx context.Context, paced *pacer.Pacer, n int) *crm.Error {
				return paced.UpsertLinked(ctx, [][]crm.Linked{pair(fmt.Sprint(n))})[0][0].Err
			},
			burst: 150, alone: 210 * time.Millisecond,
		},
		"what is read": {
			connector: func(v *vendor) crm.Connector { return v },
			call: func(ctx context.Context, paced *pacer.Pacer, _ int) *crm.Error {
				_, err := paced.Owners(ctx)
				return asFailure(err)
			},
			burst: 300,
		},
		"a load that is none": {
			connector: func(v *vendor) crm.Connector { return &loading{batching: batching{v, 10}, least: 100, most: 1000} },
			call: func(ctx context.Context, paced *pacer.Pacer, n int) *crm.Error {
				if crm.IsBackground(ctx) {
					ctx = crm.AsBulk(ctx)
				}
				return upsert(ctx, paced, n)
			},
			burst: 3000, alone: 5 * time.Millisecond,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				paced := pacer.New(way.connector(&vendor{}), pacer.Options{
					Gather: 10 * time.Millisecond,
					Limits: []pacer.Limit{{Class: crm.Calls, Calls: 100, Per: 10 * time.Second}, {Calls: 1000, Per: 24 * time.Hour}},
				})
				backfill := crm.AsBackground(t.Context())
				for n := 0; ; n++ {
					require.Less(t, n, 2000)
					if refusal := way.call(backfill, paced, n); refusal != nil {
						if refusal.RetryAfter > time.Hour {
							break
						}
						pass(refusal.RetryAfter)
					}
				}
				pass(time.Minute)
				began := time.Now()
				require.Nil(t, way.call(t.Context(), paced, 0))
				require.LessOrEqual(t, time.Since(began), way.alone)
				told := burst(t, way.burst, func(ctx context.Context, n int) *crm.Error { return way.call(ctx, paced, n) })
				require.Greater(t, told, 10*time.Second)
				require.Less(t, told, 40*time.Second)
			})
		})
	}
}

// TestOnesRetryAfterIsNotTheOthers: that one request is to come again in an hour says nothing about those that come meanwhile.
func TestOnesRetryAfterIsNotTheOthers(t *testing.T) {
	t.Parallel()
	for _, failure := range []crm.Error{
		{Kind: crm.Transient, Code: "http_503", Status: 503, RetryAfter: time.Hour},
		{Kind: crm.Transient, Code: "http_477", Status: 477, RetryAfter: time.Hour},
	} {
		bubble.Test(t, func(t *testing.T) {
			v := &vendor{takes: 100 * time.Millisecond, script: []*crm.Error{&failure}}
			paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(10, 10*time.Second)})
			require.Equal(t, time.Hour, paced.Upsert(t.Context(), "contacts", one())[0].Err.RetryAfter)
			pass(2 * time.Minute)
			began := time.Now()
			require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
			require.LessOrEqual(t, time.Since(began), 105*time.Millisecond, "nobody is expected at any moment now")
			told := burst(t, 3000, func(ctx context.Context, n int) *crm.Error {
				return paced.Upsert(ctx, "contacts", []crm.Write{write(fmt.Sprint(n))})[0].Err
			})
			require.Greater(t, told, 10*time.Second)
			require.Less(t, told, 40*time.Second)
		})
	}
}
