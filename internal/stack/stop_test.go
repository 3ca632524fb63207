package stack_test

import (
	"bytes"
	"database/sql"
	"os"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"handoff/internal/stack"
	"handoff/internal/submission"
)

// blockedFor is how long the CRM keeps a call waiting after the worker was asked to stop.
const blockedFor = 500 * time.Millisecond

// TestStopLetsCallsFinish holds that a deployment cuts no call to a CRM off: a worker that is asked to stop in the middle
// of one finishes it, ends by itself in time, and the next worker has nothing to write again (I1, I2).
func TestStopLetsCallsFinish(t *testing.T) {
	t.Parallel()
	s, ctx := up(t)
	crm := open(t, s.CRMDSN)
	count := func(query string) (n int) {
		if err := crm.QueryRowContext(ctx, query).Scan(&n); err != nil {
			t.Errorf("count: %v", err)
		}
		return n
	}
	lock, err := crm.BeginTx(ctx, nil)
	require.NoError(t, err)
	defer func() { _ = lock.Rollback() }() // over already, unless the test fails
	_, err = lock.ExecContext(ctx, `LOCK TABLE leads IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)

	id := sendLead(t, s, "stopped")
	const waiting = `SELECT count(*) FROM pg_locks JOIN pg_stat_activity a USING (pid)
		WHERE NOT granted AND relation = 'leads'::regclass AND a.query LIKE '%INSERT INTO%' -- checks of the schema wait too`
	await(t, "a call to the CRM waits", func() bool { return count(waiting) == 1 })
	asked := time.Now()
	require.NoError(t, syscall.Kill(s.Worker.PID(), syscall.SIGTERM))
	await(t, "the worker stops", func() bool {
		log, err := os.ReadFile(s.Folder.Log("worker"))
		return err == nil && bytes.Contains(log, []byte("worker stops; calls in flight finish first"))
	})
	select {
	case <-s.Worker.Done():
		require.Fail(t, "the worker ended while a call was in flight", "%v", s.Worker.Ended())
	case <-time.After(blockedFor):
	}
	require.Equal(t, 1, count(waiting), "the call still waits: it was not cut off")
	require.NoError(t, lock.Rollback())

	select {
	case <-s.Worker.Done():
	case <-time.After(s.Config.Worker.StopTimeout - time.Since(asked)):
		require.Fail(t, "the worker has not ended within its stop timeout")
	}
	require.ErrorContains(t, s.Worker.Ended(), "exit status 0")
	require.Equal(t, 1, count(`SELECT count(*) FROM leads WHERE email LIKE 'stopped@%'`), "the call has finished")

	require.NoError(t, s.StartWorker(ctx))
	view, err := s.Await(ctx, id)
	require.NoError(t, err)
	require.Equal(t, submission.Created, view.Disposition)
	for _, record := range view.Records {
		require.EqualValues(t, "created", record.Outcome, record.Object)
	}
	require.Equal(t, 1, count(`SELECT count(*) FROM leads WHERE email LIKE 'stopped@%'`))
}

// sendLead sends a lead of that name and returns its submission, which was acknowledged.
func sendLead(t *testing.T, s *stack.Stack, name string) submission.ID {
	t.Helper()
	delivery, err := s.Sign("demo-request", name, map[string]any{
		"email": name + "@" + name + ".example", "firstname": "Some", "lastname": "Body", "company": name, "country": "DE",
		"marketing_opt_in": "yes",
	})
	require.NoError(t, err)
	receipt, err := s.Send(t.Context(), delivery, 0)
	require.NoError(t, err)
	require.Equal(t, 202, receipt.Status, receipt.Detail)
	return receipt.Submission
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 2*time.Minute, 20*time.Millisecond, what)
}
