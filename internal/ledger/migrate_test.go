package ledger_test

import (
	"context"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/stacktest"
)

// A starter and several workers may start at once on a new database.
func TestSimultaneousMigrationsAreOne(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	together(t, 6, func(ctx context.Context, _ int) (struct{}, error) { return struct{}{}, ledger.Migrate(ctx, dsn) })
	require.NoError(t, ledger.Migrate(t.Context(), dsn), "and again")
	require.NoError(t, tryOpen(t, dsn, newKeyText(t)))
}

// A ledger that was not migrated says so at the start and says what to do, and looking does not change it.
func TestAnUnmigratedLedgerDoesNotOpen(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	text := newKeyText(t)
	for range 2 {
		require.ErrorContains(t, tryOpen(t, dsn, text), "run `handoff migrate`")
	}
	require.NoError(t, ledger.Migrate(t.Context(), dsn))
	require.NoError(t, tryOpen(t, dsn, text))
}

// Every query that runs per submission finds its rows by an index: the plans are read with sequential scans priced out.
func TestQueriesPerSubmissionUseAnIndex(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	require.NoError(t, ledger.Migrate(t.Context(), dsn))
	db, err := sqlx.Connect("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`SET enable_seqscan = off`)
	require.NoError(t, err)
	for _, query := range []string{
		`SELECT id FROM submissions WHERE started_at IS NULL AND NOT background AND received_at < now() ORDER BY arrival LIMIT 100`,
		`SELECT count(*) FROM submissions WHERE started_at IS NULL AND NOT background`,
		`SELECT count(*) FROM submissions WHERE started_at IS NULL AND background`,
		`SELECT id FROM submissions WHERE started_at IS NULL AND background ORDER BY arrival LIMIT 16`,
		`SELECT count(*) FROM submissions WHERE background AND started_at IS NOT NULL AND finished_at IS NULL AND stage <> 'review'`,
		`SELECT stage, count(*) FROM submissions WHERE finished_at IS NULL GROUP BY stage`,
		`SELECT id FROM submissions WHERE person = '\x00'`,
		`SELECT id FROM submissions WHERE source = 'a' AND sender_id = 'b' AND id <> 'c'`,
		`SELECT count(*) FROM events WHERE submission_id = 'a'`,
		`SELECT * FROM crm_calls WHERE submission_id = 'a' ORDER BY id`,
		`SELECT * FROM corrections WHERE submission_id = 'a' ORDER BY number`,
		`SELECT * FROM review_items WHERE submission_id = 'a' AND closed_at IS NULL`,
		`SELECT * FROM assignments WHERE destination = 'a' AND object = 'b' AND record_id = 'c'`,
		`DELETE FROM answer_claims WHERE submission_id = 'a'`,
		`SELECT id FROM notifications WHERE sent_at IS NULL AND message IS NOT NULL AND split_part(channel, '/', 1) = 'a' AND due_at <= now() ORDER BY due_at LIMIT 8`,
	} {
		var plan []string
		require.NoError(t, db.Select(&plan, `EXPLAIN `+query))
		for _, line := range plan {
			require.NotContains(t, line, "Seq Scan", query)
		}
	}
}
