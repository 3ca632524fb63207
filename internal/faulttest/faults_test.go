package faulttest_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"handoff/internal/crm/crmtest"
	"handoff/internal/submission"
)

// during sends the crowd while do breaks things.
func (c *crowd) during(ctx context.Context, do func()) {
	var sending sync.WaitGroup
	sending.Go(func() { c.send(ctx) })
	do()
	sending.Wait()
}

// TestI1I2WorkerKilled kills the worker without warning, several times, in the middle of two hundred deliveries.
func TestI1I2WorkerKilled(t *testing.T) {
	s, ctx := whole(t)
	c := newCrowd(t, s, "worker")
	c.during(ctx, func() {
		for _, n := range []int{20, 60, 110} {
			c.awaitEnded(ctx, n)
			s.Worker.Kill()
			require.NoError(t, s.StartWorker(ctx))
		}
	})
	c.requireI1I2(ctx)
}

// TestI1I2StarterKilled kills the starter: what it has acknowledged is on disk, what it has not is sent again.
func TestI1I2StarterKilled(t *testing.T) {
	s, ctx := whole(t)
	c := newCrowd(t, s, "starter")
	c.during(ctx, func() {
		for _, n := range []int{20, 80} {
			c.awaitEnded(ctx, n)
			s.Starter.Kill()
			require.NoError(t, s.StartStarter(ctx))
		}
	})
	c.requireI1I2(ctx)
}

// TestI1I2PostgresRestarted takes the ledger and the CRM away, once in order and once by a crash.
func TestI1I2PostgresRestarted(t *testing.T) {
	s, ctx := whole(t)
	c := newCrowd(t, s, "postgres")
	c.during(ctx, func() {
		c.awaitEnded(ctx, 20)
		require.NoError(t, s.Postgres.Stop(ctx))
		require.NoError(t, s.Postgres.Start(ctx))
		c.awaitEnded(ctx, 80)
		s.Postgres.Kill()
		require.NoError(t, s.Postgres.Start(ctx))
	})
	c.requireI1I2(ctx)
}

// TestI1TemporalRestarted stops Temporal while deliveries go on: they are acknowledged all the same, and once it is back
// the relay starts each of them once. One crowd is caught in the middle, the other one sends all it has while Temporal is
// away.
func TestI1TemporalRestarted(t *testing.T) {
	s, ctx := whole(t)
	c, away := newCrowd(t, s, "temporal"), newCrowd(t, s, "away")
	c.during(ctx, func() {
		c.awaitEnded(ctx, 20)
		require.NoError(t, s.Temporal.Stop(ctx))
		away.send(ctx)
		require.Len(t, away.accepted, people*(perPerson-1))
		require.Zero(t, away.ended(ctx, away.open(s.LedgerDSN)), "nothing can have ended without Temporal")
		require.NoError(t, s.Temporal.Start(ctx))
	})
	for _, crowd := range []*crowd{c, away} {
		crowd.requireI1I2(ctx)
		crowd.requireOneRunEach(ctx)
	}
}

// requireOneRunEach counts runs in the list of workflows, which holds every run under its workflow's id; describing a
// workflow shows the latest one only.
func (c *crowd) requireOneRunEach(ctx context.Context) {
	engine, err := c.stack.Dial()
	require.NoError(c, err)
	defer engine.Close()
	var runs map[string]int
	require.Eventually(c, func() bool { // the list lags behind a little
		var page []byte
		runs = map[string]int{}
		for {
			list, err := engine.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{NextPageToken: page})
			if err != nil {
				return false
			}
			for _, run := range list.GetExecutions() {
				runs[run.GetExecution().GetWorkflowId()]++
			}
			if page = list.GetNextPageToken(); len(page) == 0 {
				break
			}
		}
		for id := range c.accepted {
			if runs[string(id)] == 0 {
				return false
			}
		}
		return true
	}, time.Minute, 200*time.Millisecond)
	for id := range c.accepted {
		require.Equal(c, 1, runs[string(id)], "runs of %s", id)
	}
}

// TestI2CommittedThenConnectionDropped: the CRM has the record, the reply is lost. The repetition finds it, and the
// submission has still created it.
func TestI2CommittedThenConnectionDropped(t *testing.T) {
	s, ctx := whole(t)
	u, err := url.Parse(s.CRMDSN)
	require.NoError(t, err)
	proxy := crmtest.NewProxy(t, u.Host)
	u.Host = net.JoinHostPort("127.0.0.1", fmt.Sprint(proxy.Addr().Port))
	require.NoError(t, s.RestartWorker(ctx, "HANDOFF_CRM_DSN="+u.String()))
	t.Cleanup(func() { require.NoError(t, s.RestartWorker(context.WithoutCancel(ctx), "HANDOFF_CRM_DSN="+s.CRMDSN)) })

	c := newCrowd(t, s, "reply")
	person := func(n int) map[string]any {
		return map[string]any{"email": c.email(n), "firstname": "Person", "lastname": fmt.Sprint(n), "company": c.name, "marketing_opt_in": "yes"}
	}
	c.deliver(ctx, c.name+"-warm", person(0))
	c.awaitEnded(ctx, 1)            // the worker's connections run through the proxy
	proxy.LoseReplyTo(`"by":"sub_`) // the rows of an upsert name their submission; nothing else that the worker asks does
	c.deliver(ctx, c.name+"-lost", person(2))
	crm := c.open(s.CRMDSN)
	require.Eventually(t, func() bool { // committed, while the worker cannot know
		var n int
		return crm.QueryRowContext(ctx, `SELECT count(*) FROM companies WHERE domain LIKE $1`, "%"+c.name+"-1.example").Scan(&n) == nil && n == 1
	}, time.Minute, 20*time.Millisecond)
	require.Eventually(t, func() bool { return proxy.Lost() > 0 }, time.Minute, 5*time.Millisecond)
	proxy.Heal()
	c.awaitEnded(ctx, 2)

	for id := range c.accepted {
		view, err := s.View(ctx, id)
		require.NoError(t, err)
		require.Equal(t, submission.Created, view.Disposition)
		require.Len(t, view.Records, 3)
		for _, record := range view.Records {
			require.EqualValues(t, "created", record.Outcome, "%s: whose reply was lost was created all the same", record.Object)
		}
	}
	var leads int
	require.NoError(t, crm.QueryRowContext(ctx, `SELECT count(*) FROM leads WHERE email = $1`, c.email(2)).Scan(&leads))
	require.Equal(t, 1, leads)
}
