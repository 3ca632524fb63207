package faulttest_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/stack"
)

var deliveries = flag.Int("deliveries", 10_000, "how many deliveries the storm has")

const (
	stormPeople    = 25
	stormRevisions = 8 // sets of answers of each person, one a minute
)

// TestI1I2I5StormWhileTheStarterIsKilled sends every set of answers many times over, all of them shuffled and at once,
// and kills the starter in between. Everything acknowledged ends once, nobody is there twice, and whatever came first and
// last, the answers that were given last are the ones in the CRM.
func TestI1I2I5StormWhileTheStarterIsKilled(t *testing.T) {
	s, ctx := whole(t)
	c := newCrowd(t, s, "storm")
	var acknowledged atomic.Int64
	var sending sync.WaitGroup
	jobs := stormJobs(*deliveries)
	for range 32 {
		sending.Go(func() {
			for j := range jobs {
				c.push(ctx, func() (stack.Delivery, error) { return c.revision(j.person, j.revision) })
				acknowledged.Add(1)
			}
		})
	}
	for _, share := range []int64{20, 50, 80} {
		for acknowledged.Load() < int64(*deliveries)*share/100 && ctx.Err() == nil && !t.Failed() {
			c.tick(ctx)
		}
		s.Starter.Kill()
		require.NoError(t, s.StartStarter(ctx))
	}
	sending.Wait()

	submissions := stormPeople * stormRevisions
	require.Len(t, c.accepted, submissions)
	c.awaitEnded(ctx, submissions)
	c.requireOneRunEach(ctx)
	ledger, crm := c.open(s.LedgerDSN), c.open(s.CRMDSN)
	var events, otherwise int
	require.NoError(t, ledger.QueryRowContext(ctx, `
SELECT count(*), count(*) FILTER (WHERE s.disposition NOT IN ('created', 'updated'))
FROM events e JOIN submissions s ON s.id = e.submission_id WHERE sender_id LIKE $1`, c.name+"-%").Scan(&events, &otherwise))
	require.GreaterOrEqual(t, events, *deliveries, "every delivery is an event")
	require.Zero(t, otherwise)
	rows, err := crm.QueryContext(ctx, `
SELECT c.email, c.job_title, count(l.id) FROM contacts c LEFT JOIN leads l ON l.email = c.email WHERE c.email LIKE $1 GROUP BY c.id, c.email, c.job_title`,
		"%"+c.name+"-%")
	require.NoError(t, err)
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var email, title string
		var leads int
		require.NoError(t, rows.Scan(&email, &title, &leads))
		require.False(t, found[email], "a person is there twice")
		found[email] = true
		require.Equal(t, fmt.Sprint("title ", stormRevisions-1), title, "the last answer stands (I5)")
		require.Equal(t, 1, leads)
	}
	require.NoError(t, rows.Err())
	require.Len(t, found, stormPeople)
}

type stormJob struct{ person, revision int }

// stormJobs are n deliveries of all revisions of all people, shuffled the same way each time.
func stormJobs(n int) <-chan stormJob {
	all := make([]stormJob, n)
	for i := range all {
		all[i] = stormJob{person: i % stormPeople, revision: i / stormPeople % stormRevisions}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	jobs := make(chan stormJob, n)
	for _, j := range all {
		jobs <- j
	}
	close(jobs)
	return jobs
}

var stormBegan = time.Now().Add(-time.Hour).UTC()

// revision signs what a person answered at one moment.
func (c *crowd) revision(person, n int) (stack.Delivery, error) {
	body, err := json.Marshal(map[string]any{"type": "form.submitted", "data": map[string]any{
		"id": fmt.Sprintf("%s-%d-%d", c.name, person, n), "form": "demo-request",
		"submitted_at": stormBegan.Add(time.Duration(n) * time.Minute).Format(time.RFC3339Nano),
		"answers": map[string]any{
			"email": c.email(person), "firstname": "Person", "lastname": fmt.Sprint(person), "company": c.name, "country": "DE",
			"marketing_opt_in": "yes", "job_title": fmt.Sprint("title ", n),
		},
	}})
	if err != nil {
		return stack.Delivery{}, err
	}
	return c.stack.SignBody(body)
}

// push sends a delivery until it is acknowledged, as senders do.
func (c *crowd) push(ctx context.Context, sign func() (stack.Delivery, error)) {
	for {
		delivery, err := sign()
		if err != nil {
			c.Errorf("sign: %v", err)
			return
		}
		receipt, err := c.stack.Send(ctx, delivery, 0)
		if err == nil && receipt.Status < http.StatusMultipleChoices {
			c.mu.Lock()
			c.accepted[receipt.Submission]++
			c.mu.Unlock()
			return
		}
		if err == nil && receipt.Status != http.StatusServiceUnavailable {
			c.Errorf("the endpoint answered %d: %s", receipt.Status, receipt.Detail)
			return
		}
		if c.tick(ctx); ctx.Err() != nil {
			c.Errorf("a delivery was never acknowledged: %v", errors.Join(err, ctx.Err()))
			return
		}
	}
}

// tick passes the time between two looks.
func (c *crowd) tick(ctx context.Context) {
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
