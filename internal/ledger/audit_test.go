package ledger_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// audited is a ledger with five audited acts.
func audited(t *testing.T) *world {
	w := newWorld(t)
	id := w.accept(t, "form-1")
	for range 4 {
		_, err := w.AddCorrection(t.Context(), id, ledger.Correction{Answers: map[string]any{"email": "planted@example.com"}, By: "ana"})
		require.NoError(t, err)
	}
	require.NoError(t, w.Ledger.OpenReview(t.Context(), id, ledger.Review{Step: submission.StepMap, Kind: "Invalid", Code: "enum"}))
	require.NoError(t, w.CloseReview(t.Context(), id, submission.Resolution{Action: submission.ActionDiscard, By: "ben"}))
	require.NoError(t, w.VerifyAudit(t.Context()))
	return w
}

func TestTheAuditIsAppendOnly(t *testing.T) {
	t.Parallel()
	w := audited(t)
	for _, statement := range []string{
		`UPDATE audit SET actor = 'nobody'`, `DELETE FROM audit`, `DELETE FROM audit WHERE number = 1`, `TRUNCATE audit`,
		`TRUNCATE audit CASCADE`, `DELETE FROM audit WHERE false`,
	} {
		_, err := w.db.Exec(statement)
		require.ErrorContains(t, err, "append-only", statement)
	}
	require.Equal(t, 5, w.count(t, `SELECT count(*) FROM audit`))
}

// Whoever may switch the trigger off can still not change history without a trace.
func TestTamperingWithTheAuditShows(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"changed actor":     `UPDATE audit SET actor = 'nobody' WHERE number = 2`,
		"changed time":      `UPDATE audit SET at = at + interval '1 microsecond' WHERE number = 3`,
		"changed detail":    `UPDATE audit SET detail = '' WHERE number = 1`,
		"moved text":        `UPDATE audit SET actor = actor || 'resolve', action = ' discard' WHERE number = 5`,
		"removed first":     `DELETE FROM audit WHERE number = 1`,
		"removed in middle": `DELETE FROM audit WHERE number = 3`,
		"removed last":      `DELETE FROM audit WHERE number = 5`,
		"removed all":       `DELETE FROM audit`,
		"swapped":           `UPDATE audit SET number = 105 - number WHERE number IN (2, 3); UPDATE audit SET number = number - 100 WHERE number > 100`,
		"appended":          `INSERT INTO audit SELECT 6, at, actor, action, submission_id, detail, hash FROM audit WHERE number = 5`,
		"inserted": `UPDATE audit SET number = -number - 1 WHERE number >= 3; UPDATE audit SET number = -number WHERE number < 0;
			INSERT INTO audit SELECT 3, at, actor, action, submission_id, detail, hash FROM audit WHERE number = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := audited(t)
			_, err := w.db.Exec(`ALTER TABLE audit DISABLE TRIGGER audit_append_only`)
			require.NoError(t, err)
			_, err = w.db.Exec(statement)
			require.NoError(t, err)
			require.ErrorContains(t, w.VerifyAudit(t.Context()), "the audit was tampered with")
		})
	}
}

func TestSimultaneousActsFormOneChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	together(t, 20, func(ctx context.Context, i int) (string, error) {
		return w.AddCorrection(ctx, id, ledger.Correction{Unset: []string{fmt.Sprintf("field_%d", i)}, By: "ana"})
	})
	require.NoError(t, w.VerifyAudit(t.Context()))
	require.Equal(t, 20, w.count(t, `SELECT max(number) FROM audit`))
}

// An act that did not happen leaves no entry, and the entries tell names of fields and never values.
func TestTheAuditTellsWhoDidWhatAndNoAnswers(t *testing.T) {
	t.Parallel()
	w := audited(t)
	_, err := w.AddCorrection(t.Context(), submission.NewID("site", "unknown", ""), ledger.Correction{By: "ana"})
	require.ErrorIs(t, err, ledger.ErrNotFound)
	require.NoError(t, w.CloseReview(t.Context(), filled("form-1").Submission.ID, submission.Resolution{Action: submission.ActionDiscard, By: "ben"}))
	var entries []string
	require.NoError(t, w.db.Select(&entries, `SELECT actor || ': ' || action || ' ' || detail FROM audit ORDER BY number`))
	require.Equal(t, []string{
		"ana: correct email", "ana: correct email", "ana: correct email", "ana: correct email", "ben: resolve discard ",
	}, entries)
}
