package ledger_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// I10: answers are planted wherever a submission carries them; a thief who reads every column of every table, as text and
// as bytes, finds none, not even encoded.
func TestAStolenDumpShowsNoAnswerInAnyColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	planted := []string{"Zebulon", "Quatermass", "zq@planted.example", "+44 7700 900123", "please call after nine"}
	answers := map[string]any{
		"first": planted[0], "last": planted[1], "email": planted[2], "phone": planted[3], "text": planted[4],
		"list": []any{planted[0]},
	}
	body := []byte(strings.Join(planted, "&"))
	id := w.accept(t, "form-1", func(d *ledger.Delivery) {
		d.Payload = submission.Payload{Answers: answers, Context: map[string]string{"page": "/?email=" + planted[2]}}
		d.Raw = body
	})
	w.accept(t, "form-1") // a repeated delivery
	w.claim(t, id, ledger.Claim{Form: "demo", Person: w.index(t, "person", planted[2]), Answers: w.index(t, "answers", string(body)), Window: window})
	require.NoError(t, w.SavePlan(t.Context(), id, body, "demo", "v1"))
	_, err := w.AddCorrection(t.Context(), id, ledger.Correction{Answers: answers, Unset: []string{"fax"}, By: "ana"})
	require.NoError(t, err)
	require.NoError(t, w.RecordWrites(t.Context(), id, []ledger.WriteRecord{wrote("contacts", "7", crm.Created, "email")},
		[]ledger.CallRecord{{
			Step: submission.StepUpsert, Destination: "crm", Attempt: 1, Kind: "Invalid",
			Call: crm.Call{Operation: "upsert contacts", Code: "bad_email", Started: noon, Request: body, Response: body},
		}}))
	require.NoError(t, w.Ledger.OpenReview(t.Context(), id, ledger.Review{
		Step: submission.StepUpsert, Kind: "Invalid", Code: "bad_email", Problems: []submission.Problem{{Field: "email", Code: "bad_email"}},
	}))
	require.NoError(t, w.CloseReview(t.Context(), id, submission.Resolution{Action: submission.ActionRetry, By: "ana"}))
	_, err = w.Conclude(t.Context(), id, ledger.Conclusion{Disposition: submission.Created})
	require.NoError(t, err)

	seen := map[string]int{}
	for column, values := range w.everyColumn(t) {
		seen[column] = len(values)
		for _, value := range values {
			for _, text := range planted {
				for _, form := range []string{text, hex.EncodeToString([]byte(text)), strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(text)), "=")} {
					require.NotContains(t, strings.ToLower(string(value)), strings.ToLower(form), "column %s", column)
				}
			}
		}
	}
	for _, column := range []string{"submissions.payload", "submissions.raw", "submissions.plan", "corrections.answers", "crm_calls.context", "audit.detail"} {
		require.Positive(t, seen[column], "nothing was looked at in %s", column)
	}
}

// Two sealed columns of one row, or of two rows, cannot be swapped by whoever can write to the database.
func TestSealedColumnsCannotBeSwapped(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"columns": `UPDATE submissions SET payload = raw`,
		"rows":    `UPDATE submissions s SET payload = o.payload FROM submissions o WHERE o.id <> s.id`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.accept(t, "form-1")
			w.accept(t, "form-2")
			_, err := w.db.Exec(statement)
			require.NoError(t, err)
			_, err = w.Load(t.Context(), id, "")
			require.ErrorContains(t, err, "cannot be opened")
			require.False(t, ledger.IsUnavailable(err))
		})
	}
}

// everyColumn reads the whole database, bytea as the bytes they are and everything else as text, by table and column.
func (w *world) everyColumn(t *testing.T) map[string][][]byte {
	t.Helper()
	var columns []struct {
		Table  string `db:"table_name"`
		Column string `db:"column_name"`
		Type   string `db:"data_type"`
	}
	require.NoError(t, w.db.Select(&columns, `
SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`))
	found := map[string][][]byte{}
	for _, c := range columns {
		expression := pq.QuoteIdentifier(c.Column) + "::text"
		if c.Type == "bytea" {
			expression = pq.QuoteIdentifier(c.Column)
		}
		var values [][]byte
		require.NoError(t, w.db.Select(&values, `SELECT `+expression+` FROM `+pq.QuoteIdentifier(c.Table)+` WHERE `+pq.QuoteIdentifier(c.Column)+` IS NOT NULL`))
		found[c.Table+"."+c.Column] = values
	}
	return found
}
