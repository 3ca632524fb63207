package pacer_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// vendor is a CRM that takes batches of a hundred, notes what it was sent and answers from a script, then with success.
type vendor struct {
	crm.Connector // the methods that a test does not use

	takes time.Duration // for an answer
	mu    sync.Mutex
	calls []sent
	// script are the answers to the next calls, nil for success.
	script []*crm.Error
	answer func(crm.Write) crm.Result
}

type sent struct {
	at         time.Time
	writes     []crm.Write
	background bool
}

func (v *vendor) called(ctx context.Context, writes []crm.Write) *crm.Error {
	v.mu.Lock()
	v.calls = append(v.calls, sent{time.Now(), writes, crm.IsBackground(ctx)})
	var answer *crm.Error
	if len(v.script) > 0 {
		answer, v.script = v.script[0], v.script[1:]
	}
	v.mu.Unlock()
	if v.takes > 0 {
		select {
		case <-time.After(v.takes):
		case <-ctx.Done():
			return &crm.Error{Kind: crm.Transient, Code: "canceled"}
		}
	}
	return answer
}

func (v *vendor) Upsert(ctx context.Context, _ string, writes []crm.Write) []crm.Result {
	answer := v.called(ctx, writes)
	results := make([]crm.Result, len(writes))
	for i, w := range writes {
		switch {
		case answer != nil:
			results[i].Err = answer
		case v.answer != nil:
			results[i] = v.answer(w)
		default:
			results[i].RecordID = "record of " + w.Submission
		}
	}
	return results
}

func (v *vendor) Owners(ctx context.Context) ([]crm.Owner, error) {
	if err := v.called(ctx, nil); err != nil {
		return nil, err
	}
	return nil, nil
}

// times are when calls were made.
func (v *vendor) times() []time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []time.Time
	for _, c := range v.calls {
		all = append(all, c.at)
	}
	return all
}

func (v *vendor) count() int { return len(v.times()) }

// batching is a vendor with batches.
type batching struct {
	*vendor
	most int
}

func (b batching) MaxBatch(string) int { return b.most }

// metered is a connector that hands its gate to the test, which makes the requests.
type metered struct {
	crm.Connector
	gate crm.Gate
}

func (m *metered) Meter(g crm.Gate) { m.gate = g }

func gateOf(t testing.TB, o pacer.Options) (crm.Gate, *pacer.Pacer) {
	t.Helper()
	m := &metered{}
	p := pacer.New(m, o)
	require.NotNil(t, m.gate)
	return m.gate, p
}

// ask makes a request that is answered at once.
func ask(ctx context.Context, gate crm.Gate, class crm.Class) error {
	err := gate.Wait(ctx, class)
	if err == nil {
		gate.Report(class, crm.Answer{})
	}
	return err
}

func write(submission string) crm.Write {
	return crm.Write{Submission: submission, Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": submission + "@example.com"}}
}

func one() []crm.Write { return []crm.Write{write("one")} }

func per(calls int, per time.Duration) []pacer.Limit {
	return []pacer.Limit{{Class: crm.Calls, Calls: calls, Per: per}}
}

// requireWithin holds that no span has more than so many moments.
func requireWithin(t require.TestingT, moments []time.Time, calls int, span time.Duration) {
	moments = slices.SortedFunc(slices.Values(moments), time.Time.Compare)
	for i := calls; i < len(moments); i++ {
		require.GreaterOrEqual(t, moments[i].Sub(moments[i-calls]), span, "more than %d calls within %s", calls, span)
	}
}

// pass lets the bubble's clock go on.
func pass(d time.Duration) { <-time.After(d) }
