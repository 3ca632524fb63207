package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

// carry takes a submission through every statement of the hot path.
func carry(ctx context.Context, l *ledger.Ledger, d ledger.Delivery, pool ledger.Pool) error {
	id := d.Submission.ID
	record := "rec-" + string(id)
	steps := []func() error{
		func() error { _, err := l.Accept(ctx, d); return err },
		func() error { return l.MarkStarted(ctx, []submission.ID{id}) },
		func() error { _, err := l.Load(ctx, id, ""); return err },
		func() error {
			claim := claimOf(d.Submission.SenderID)
			_, err := l.ClaimAnswers(ctx, id, claim)
			return err
		},
		func() error {
			return l.SavePlan(ctx, id, []byte(`{"fields":{"email":"ada@example.com"}}`), "demo", "v1")
		},
		func() error { _, err := l.LoadPlan(ctx, id); return err },
		func() error {
			return l.RecordWrites(ctx, id, []ledger.WriteRecord{
				wrote("companies", record, crm.Updated, "domain"), wrote("contacts", record, crm.Created, "email", "name"),
				wrote("leads", record, crm.Created, "source"),
			}, []ledger.CallRecord{{
				Step: submission.StepUpsert, Destination: "crm", Attempt: 1,
				Call: crm.Call{Operation: "upsert", Started: noon, Request: []byte("ask"), Response: []byte("answer")},
			}})
		},
		func() error { _, _, err := l.AssignmentOf(ctx, id); return err },
		func() error { _, err := l.Draw(ctx, id, lead(record), pool); return err },
		func() error {
			_, err := l.QueueNotice(ctx, ledger.Notice{Submission: id, Channel: "sales/created", Message: []byte(`{}`), Keep: time.Hour})
			return err
		},
		func() error {
			due, err := l.TakeNotices(ctx, "sales", 1, time.Minute)
			if err != nil || len(due) == 0 { // another one has taken it
				return err
			}
			return l.CloseNotice(ctx, due[0].ID, "sent")
		},
		func() error {
			_, err := l.Conclude(ctx, id, ledger.Conclusion{
				Disposition: submission.Created, Mapping: "demo", MappingVersion: "v1", Destination: "crm",
				Steps: []submission.StepTiming{{Step: submission.StepUpsert, Took: time.Millisecond, Attempts: 1}},
			})
			return err
		},
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("statement %d: %w", i, err)
		}
	}
	return nil
}

// I1: the ledger outlives its Postgres. While it is away every call says so, and when it is back the same connection pool
// with the same prepared statements carries on.
func TestTheLedgerSurvivesARestartOfPostgres(t *testing.T) {
	t.Parallel()
	server := stacktest.PostgresServer(t)
	require.NoError(t, server.CreateDatabase(t.Context(), "ledger"))
	dsn := server.DSN("ledger")
	require.NoError(t, ledger.Migrate(t.Context(), dsn))
	text := newKeyText(t)
	l := openLedger(t, dsn, text, func() time.Time { return noon })
	pool := turns{name: "emea", members: []string{"ann", "ben"}}

	for round, stop := range []func(){
		func() { require.NoError(t, server.Stop(context.Background())) },
		server.Kill,
	} {
		// Many at once, so that many connections hold prepared statements when the server goes.
		together(t, 10, func(ctx context.Context, i int) (struct{}, error) {
			return struct{}{}, carry(ctx, l, filled(fmt.Sprintf("before-%d-%d", round, i)), pool)
		})
		stop()
		err := carry(t.Context(), l, filled("away"), pool)
		require.Error(t, err)
		require.True(t, ledger.IsUnavailable(err), "%v", err)
		require.True(t, ledger.IsUnavailable(l.Ping(t.Context())))
		keys, err := seal.LoadKeys(text)
		require.NoError(t, err)
		_, err = ledger.Open(t.Context(), dsn, keys, ledger.Options{})
		require.True(t, ledger.IsUnavailable(err), "%v", err)

		require.NoError(t, server.Start(t.Context()))
		together(t, 10, func(ctx context.Context, i int) (struct{}, error) {
			return struct{}{}, carry(ctx, l, filled(fmt.Sprintf("after-%d-%d", round, i)), pool)
		})
		again, err := l.Accept(t.Context(), filled(fmt.Sprintf("before-%d-0", round)))
		require.NoError(t, err)
		require.Equal(t, submission.StageDone, again.Stage, "nothing that was acknowledged is lost")
	}
}

// A connection that is cut in the middle of a statement costs nobody a submission: the statement runs again on another
// connection, or the caller hears that the ledger is away and tries again.
func TestACutConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	holder, err := w.db.Beginx()
	require.NoError(t, err)
	defer holder.Rollback() //nolint:errcheck // it holds a lock, nothing more
	_, err = holder.Exec(`SELECT 1 FROM submissions WHERE id = $1 FOR UPDATE`, string(id))
	require.NoError(t, err)
	saved := make(chan error, 1)
	go func() { saved <- w.SavePlan(context.Background(), id, []byte(`{}`), "demo", "v1") }()
	w.awaitBlocked(t)
	require.Equal(t, 1, w.count(t, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'`))
	require.NoError(t, holder.Rollback())
	if err := <-saved; err != nil {
		require.True(t, ledger.IsUnavailable(err), "%v", err)
	}
	require.NoError(t, w.SavePlan(t.Context(), id, []byte(`{"n":2}`), "demo", "v2"))
	plan, err := w.LoadPlan(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, `{"n":2}`, string(plan))
}

func TestUnavailableTellsAwayFromRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.False(t, ledger.IsUnavailable(nil))
	_, err := w.Load(t.Context(), submission.NewID("site", "unknown", ""), "")
	require.False(t, ledger.IsUnavailable(err))
	err = w.RecordWrites(t.Context(), submission.NewID("site", "unknown", ""), []ledger.WriteRecord{wrote("leads", "1", crm.Created)}, nil)
	require.Error(t, err)
	require.False(t, ledger.IsUnavailable(err), "a row that refers to nothing stays refused: %v", err)
}

// The statement of a second try runs while the first one's is not committed yet: it waits, and both agree.
func TestAnAssignmentWaitsForTheOneUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	first, err := w.db.Beginx()
	require.NoError(t, err)
	defer first.Rollback() //nolint:errcheck // committed below
	_, err = first.Exec(`INSERT INTO assignments (submission_id, destination, object, record_id, owner, queue, rule, explanation, pool, assigned_at)
VALUES ($1, 'crm', 'leads', 'rec-1', 'ann', '', 'named', '', '', now())`, string(id))
	require.NoError(t, err)
	type result struct {
		ledger.Assignment
		err error
	}
	second := make(chan result, 1)
	go func() {
		a, err := w.Assign(context.Background(), id, ledger.Assignment{Destination: "crm", Object: "leads", RecordID: "rec-1", Owner: "ben"})
		second <- result{a, err}
	}()
	w.awaitBlocked(t)
	require.NoError(t, first.Commit())
	got := <-second
	require.NoError(t, got.err)
	require.Equal(t, "ann", got.Owner)
}

// awaitBlocked waits until a statement of the ledger waits for a lock.
func (w *world) awaitBlocked(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		var n int
		err := w.db.Get(&n, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
		return err == nil && n == 1
	}, 10*time.Second, 5*time.Millisecond)
}
