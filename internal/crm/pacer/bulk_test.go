package pacer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// loading is a vendor that takes loads of so many writes, each of which takes a while.
type loading struct {
	batching
	least, most int
	takes       time.Duration

	mu    sync.Mutex
	loads []sent
	left  int // loads whose callers have all gone
}

func (l *loading) BulkSize(object string) (least, most int) {
	if object == "companies" {
		return 0, 0
	}
	return l.least, l.most
}

func (l *loading) UpsertBulk(ctx context.Context, object string, writes []crm.Write) []crm.Result {
	l.mu.Lock()
	l.loads = append(l.loads, sent{time.Now(), writes, crm.IsBackground(ctx)})
	l.mu.Unlock()
	select {
	case <-time.After(l.takes):
		return l.batching.Upsert(ctx, object, writes)
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		l.left++
		results := make([]crm.Result, len(writes))
		for i := range results {
			results[i].Err = &crm.Error{Kind: crm.Transient, Code: "timeout"}
		}
		return results
	}
}

func newLoading() *loading {
	return &loading{batching: batching{&vendor{}, 200}, least: 100, most: 1000, takes: time.Minute}
}

// sizes are how many writes each load carried.
func (l *loading) sizes() (n []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, load := range l.loads {
		n = append(n, len(load.writes))
	}
	return n
}

// TestLoads: what can wait gathers until a load is full, or until nobody has come for a while; every caller gets their own
// answer, and older answers go first.
func TestLoads(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := newLoading()
		paced := pacer.New(v, pacer.Options{Limits: per(100, time.Second), Gather: 5 * time.Second})
		began := time.Now()
		var all sync.WaitGroup
		come := func(from, n int) {
			for i := from; i < from+n; i++ {
				all.Go(func() {
					w := write(fmt.Sprint(i))
					w.SubmittedAt = time.Unix(int64(10_000-i), 0)
					result := paced.Upsert(crm.AsBulk(t.Context()), "contacts", []crm.Write{w})[0]
					require.Equal(t, "record of "+fmt.Sprint(i), result.RecordID)
					require.GreaterOrEqual(t, result.Batch.Writes, 100)
				})
			}
			synctest.Wait()
		}
		come(0, 150)
		pass(4 * time.Second)
		come(150, 50) // others wait for those who have just come
		pass(4 * time.Second)
		require.Empty(t, v.sizes())
		require.Equal(t, 200, paced.State().Waiting)
		pass(time.Second)
		synctest.Wait()
		require.Equal(t, []int{200}, v.sizes())
		require.True(t, v.loads[0].background)
		require.Equal(t, "199", v.loads[0].writes[0].Submission, "older answers first")
		come(200, 1100) // while a load is under way: more than one takes
		pass(30 * time.Second)
		require.Equal(t, []int{200}, v.sizes(), "one at a time")
		all.Wait()
		require.Equal(t, []int{200, 1000, 100}, v.sizes())
		require.Equal(t, 9*time.Second+3*time.Minute, time.Since(began), "a full one waits for nobody, and the rest has waited long enough")
	})
}

// TestFewGoInBatches: what is not worth a load goes as any other writes do, and so does what no load is made of and what
// cannot wait.
func TestFewGoInBatches(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := newLoading()
		v.least = 500
		paced := pacer.New(v, pacer.Options{Limits: per(100, time.Second)})
		began := time.Now()
		var all sync.WaitGroup
		for i := range 450 {
			all.Go(func() {
				result := paced.Upsert(crm.AsBulk(t.Context()), "contacts", []crm.Write{write(fmt.Sprint(i))})[0]
				require.Equal(t, "record of "+fmt.Sprint(i), result.RecordID)
			})
		}
		all.Wait()
		require.Empty(t, v.sizes())
		require.Equal(t, 3, v.count())
		require.Equal(t, 10*time.Second, time.Since(began))
		for name, ctx := range map[string]context.Context{"companies": crm.AsBulk(t.Context()), "contacts": crm.AsBackground(t.Context())} {
			began := time.Now()
			require.Nil(t, paced.Upsert(ctx, name, one())[0].Err)
			require.LessOrEqual(t, time.Since(began), 5*time.Millisecond, name)
		}
	})
}

// TestLiveLeadsOvertakeALoad: while a load gathers and while it is under way a live write goes after a moment, as ever.
func TestLiveLeadsOvertakeALoad(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := newLoading()
		paced := pacer.New(v, pacer.Options{Limits: per(100, time.Second)})
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() { paced.Upsert(crm.AsBulk(t.Context()), "contacts", []crm.Write{write(fmt.Sprint(i))}) })
		}
		for range 10 {
			pass(5 * time.Second)
			began := time.Now()
			require.Equal(t, "record of one", paced.Upsert(t.Context(), "contacts", one())[0].RecordID)
			require.LessOrEqual(t, time.Since(began), 5*time.Millisecond)
		}
		all.Wait()
		require.Equal(t, []int{200}, v.sizes())
	})
}

// TestLeavingALoad: who gives up is answered at once and harms nobody; a load that nobody waits for is told.
func TestLeavingALoad(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := newLoading()
		paced := pacer.New(v, pacer.Options{Limits: per(100, time.Second)})
		early, leave := context.WithCancel(t.Context())
		late, leaveAll := context.WithTimeout(t.Context(), 40*time.Second)
		defer leaveAll()
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				ctx, code := late, "timeout"
				if i < 50 {
					ctx, code = early, "canceled"
				}
				result := paced.Upsert(crm.AsBulk(ctx), "contacts", []crm.Write{write(fmt.Sprint(i))})[0]
				require.Equal(t, crm.Error{Kind: crm.Transient, Code: code}, *result.Err)
			})
		}
		pass(5 * time.Second)
		leave()
		began := time.Now()
		all.Wait()
		require.Equal(t, 35*time.Second, time.Since(began))
		require.Equal(t, []int{150}, v.sizes(), "who left before it began is not in it")
		synctest.Wait()
		require.Equal(t, 1, v.left, "the load has ended with its callers")
	})
}

// TestALoadThatKeepsComing: a slow stream of rows does not keep the first ones waiting for ever.
func TestALoadThatKeepsComing(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := newLoading()
		paced := pacer.New(v, pacer.Options{Limits: per(100, time.Second)})
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				require.Nil(t, paced.Upsert(crm.AsBulk(t.Context()), "contacts", []crm.Write{write(fmt.Sprint(i))})[0].Err)
			})
			pass(3 * time.Second)
		}
		all.Wait()
		require.InDelta(t, 100, v.sizes()[0], 1, "five minutes of them")
	})
}

// TestALoadAtTheLimit: its writes come again together, so that they make a load again.
func TestALoadAtTheLimit(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := newLoading()
		v.answer = func(crm.Write) crm.Result {
			return crm.Result{Err: &crm.Error{Kind: crm.RateLimited, Code: "REQUEST_LIMIT_EXCEEDED", RetryAfter: 15 * time.Minute}}
		}
		paced := pacer.New(v, pacer.Options{Limits: per(1, time.Second)})
		var all sync.WaitGroup
		for i := range 500 {
			all.Go(func() {
				failure := paced.Upsert(crm.AsBulk(t.Context()), "contacts", []crm.Write{write(fmt.Sprint(i))})[0].Err
				require.Equal(t, crm.RateLimited, failure.Kind)
				require.GreaterOrEqual(t, failure.RetryAfter, 15*time.Minute)
				require.LessOrEqual(t, failure.RetryAfter, 15*time.Minute+2*time.Second)
			})
		}
		all.Wait()
	})
}
