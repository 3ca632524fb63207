package faulttest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox"
	"handoff/internal/stack"
)

// flow is a crowd whose submissions flow to a CRM of a vendor's, on the sandbox, while that fails.
type flow struct {
	*crowd
	vendor stack.CRM
	people int
	sent   []answered
	began  time.Time
}

// answered is one submission of a flow.
type answered struct {
	id       string // the sender's
	person   int
	revision int // which answers: later ones stand (I5)
	size     string
}

// newFlow has the shared stack serve a vendor's CRM until the test ends.
func newFlow(ctx context.Context, t *testing.T, s *stack.Stack, vendor stack.CRM) *flow {
	t.Helper()
	require.NoError(t, s.Use(ctx, vendor))
	t.Cleanup(func() {
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		require.NoError(t, s.Use(back, stack.OwnTables))
	})
	require.NoError(t, s.Sandbox.Command(ctx, http.MethodDelete, string(vendor)+"/calls", nil))
	return &flow{crowd: newCrowd(t, s, string(vendor)), vendor: vendor, began: time.Now()}
}

// plan makes n submissions of four people for each five: the others are new answers of some, and the same again of others.
func (f *flow) plan(n int) {
	f.people = n * 4 / 5
	for person := range f.people {
		f.sent = append(f.sent, answered{id: fmt.Sprintf("%s-%d-first", f.name, person), person: person, size: "51-200"})
	}
	for i := range n - f.people {
		again := answered{id: fmt.Sprintf("%s-%d-again", f.name, i), person: i, size: "51-200"}
		if i%2 == 0 {
			again.revision = 1
		}
		f.sent = append(f.sent, again)
	}
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(f.sent), func(i, j int) { f.sent[i], f.sent[j] = f.sent[j], f.sent[i] })
}

// title is what the answers of a person say that were given last.
func (f *flow) title(person int) string {
	last := 0
	for _, a := range f.sent {
		if a.person == person {
			last = max(last, a.revision)
		}
	}
	return fmt.Sprint("title ", last)
}

// sendAll sends all of them, many at once, each until it is acknowledged.
func (f *flow) sendAll(ctx context.Context) {
	jobs := make(chan answered, len(f.sent))
	for _, a := range f.sent {
		jobs <- a
	}
	close(jobs)
	var sending sync.WaitGroup
	for range 16 {
		sending.Go(func() {
			for a := range jobs {
				f.push(ctx, func() (stack.Delivery, error) { return f.sign(a) })
			}
		})
	}
	sending.Wait()
}

func (f *flow) sign(a answered) (stack.Delivery, error) {
	body, err := json.Marshal(map[string]any{"type": "form.submitted", "data": map[string]any{
		"id": a.id, "form": "demo-request",
		"submitted_at": stormBegan.Add(time.Duration(a.revision) * time.Minute).Format(time.RFC3339Nano),
		"answers": map[string]any{
			"email": f.email(a.person), "firstname": "Person", "lastname": fmt.Sprint("Number ", a.person), "company": fmt.Sprint("Company ", a.person/2),
			"country": "DE", "marketing_opt_in": "yes", "company_size": a.size, "job_title": fmt.Sprint("title ", a.revision),
		},
	}})
	if err != nil {
		return stack.Delivery{}, err
	}
	return f.stack.SignBody(body)
}

// at does something to the vendor when such a part of the submissions has ended.
func (f *flow) at(ctx context.Context, percent int, what string, do func()) {
	f.Helper()
	f.awaitEnded(ctx, len(f.sent)*percent/100)
	f.Logf("after %5.1f s, at %d %%: %s", time.Since(f.began).Seconds(), percent, what)
	do()
}

func (f *flow) fault(ctx context.Context, fault sandbox.Fault) func() {
	return func() { require.NoError(f, f.stack.Sandbox.Fault(ctx, fault)) }
}

func (f *flow) calls(ctx context.Context) []stack.SandboxCall {
	f.Helper()
	calls, err := f.stack.Sandbox.Calls(ctx, f.vendor)
	require.NoError(f, err)
	return calls
}

func (f *flow) records(ctx context.Context, object string) []map[string]any {
	f.Helper()
	records, err := f.stack.Sandbox.Records(ctx, f.vendor, object)
	require.NoError(f, err)
	return records
}

// count asks the ledger about the flow's submissions, which are $1.
func (f *flow) count(ctx context.Context, query string) (n int) {
	f.Helper()
	require.NoError(f, f.open(f.stack.LedgerDSN).QueryRowContext(ctx, query, f.name+"-%").Scan(&n))
	return n
}

// requireI1 counts that every acknowledged submission has ended well, and needs nobody, but those that nobody could carry.
func (f *flow) requireI1(ctx context.Context, bad int) {
	f.Helper()
	require.Len(f, f.accepted, len(f.sent)+bad, "one submission of each that was sent")
	f.awaitEnded(ctx, len(f.sent)+bad)
	f.Logf("after %5.1f s: all %d have ended", time.Since(f.began).Seconds(), len(f.accepted))
	require.Equal(f, len(f.sent), f.count(ctx, `SELECT count(*) FROM submissions WHERE sender_id LIKE $1 AND disposition IN ('created', 'updated', 'duplicate')`))
	require.Equal(f, bad, f.count(ctx, `
SELECT count(*) FROM review_items r JOIN submissions s ON s.id = r.submission_id WHERE sender_id LIKE $1`), "nobody is asked because the CRM failed")
}

// requireHeeded: hardly more than what was commanded was refused as too many, and after that nobody called for as long as the
// vendor wants (I4). HubSpot's searches have a limit of their own.
func (f *flow) requireHeeded(calls []stack.SandboxCall, tooMany, commanded int) {
	f.Helper()
	refused := 0
	for i, call := range calls {
		if call.Status != tooMany {
			continue
		}
		refused++
		for _, later := range calls[i+1:] {
			after := later.At.Sub(call.At)
			if after > onTheWay && after < pause && !strings.HasSuffix(later.Path, "/search") {
				require.Fail(f, "a call while the vendor wants none", "%s %s %s after a %d", later.Method, later.Path, after, tooMany)
			}
		}
	}
	// A worker that is killed takes its count of the span's calls with it; that there is no such answer in steady state is held
	// where time is the test's: internal/bench/pacing.
	f.Logf("the vendor said \"too many\" %d times, %d of them because it was told to", refused, commanded)
	require.GreaterOrEqual(f, refused, commanded)
	require.LessOrEqual(f, refused, commanded+len(calls)/100)
}

// carried tells how many records the calls carried, and in how few calls the same records could have gone. What knew
// beforehand what arrives later would need so few; a batch carries what flows at the same moment. That two thousand which are
// on their way together take hardly more than the fewest is held where time is the test's: internal/bench/pacing.
func (f *flow) carried(calls []stack.SandboxCall, most int) int {
	f.Helper()
	items, carried, fewest := map[string]int{}, 0, 0
	for _, call := range calls {
		items[call.Method+" "+call.Path] += call.Items
		carried += call.Items
		if call.Items == 0 {
			fewest++
		}
	}
	for _, n := range items {
		fewest += (n + most - 1) / most
	}
	f.Logf("%d calls for %d submissions: they carried %d records, which could have gone in %d", len(calls), len(f.accepted), carried, fewest)
	return carried
}
