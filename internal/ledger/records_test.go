package ledger_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/seal"
	"handoff/internal/submission"
)

func wrote(object, record string, outcome crm.Outcome, fields ...string) ledger.WriteRecord {
	return ledger.WriteRecord{
		Destination: "crm", Object: object, RecordID: record, Outcome: outcome, Fields: fields, MappingVersion: "v1",
	}
}

// A mapping may write several records of one CRM object, and two of its objects may turn out to be one record.
func TestEveryRecordOfASubmissionIsNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	writes := []ledger.WriteRecord{
		wrote("contacts", "1", crm.Created, "email"), wrote("contacts", "2", crm.Updated, "email"),
		wrote("contacts", "1", crm.Updated, "email", "company"),
	}
	require.NoError(t, w.RecordWrites(t.Context(), id, writes, nil))
	noted, err := w.Writes(t.Context(), id)
	require.NoError(t, err)
	outcomes := map[string]crm.Outcome{}
	for _, n := range noted {
		outcomes[n.RecordID] = n.Outcome
	}
	require.Equal(t, map[string]crm.Outcome{"1": crm.Created, "2": crm.Updated}, outcomes)
}

func TestCallsAreKeptInOrderWithTheirClearPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	call := func(attempt, status int, kind, code string) ledger.CallRecord {
		return ledger.CallRecord{
			Step: submission.StepUpsert, Destination: "crm", Attempt: attempt, Kind: kind,
			Call: crm.Call{
				Operation: "upsert contacts", Status: status, Code: code, RequestID: "req-9", Batch: 3, Started: noon,
				Took: 1500 * time.Microsecond, Request: []byte("ask"), Response: []byte("answer"),
			},
		}
	}
	require.NoError(t, w.RecordWrites(t.Context(), id, nil, nil))
	require.NoError(t, w.RecordWrites(t.Context(), id, nil, []ledger.CallRecord{call(1, 429, "RateLimited", "limit")}))
	require.NoError(t, w.RecordWrites(t.Context(), id, []ledger.WriteRecord{wrote("contacts", "1", crm.Created)}, []ledger.CallRecord{call(2, 200, "", "")}))
	view, err := w.View(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, view.Calls, 2)
	require.True(t, noon.Equal(view.Calls[0].StartedAt))
	view.Calls[0].StartedAt = noon
	require.Equal(t, ledger.ViewCall{
		Step: submission.StepUpsert, Destination: "crm", Operation: "upsert contacts", Attempt: 1, Status: 429,
		Kind: "RateLimited", Code: "limit", RequestID: "req-9", Batch: 3, StartedAt: noon, TookMS: 1.5,
	}, view.Calls[0])
	require.Equal(t, 2, view.Calls[1].Attempt)
}

// What is kept of a call is bounded, whole characters only, and says that it was cut.
func TestLongBodiesAreCutAndSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	long := "x" + strings.Repeat("é", 40<<10)
	require.NoError(t, w.RecordWrites(t.Context(), id, nil, []ledger.CallRecord{{
		Step: submission.StepUpsert, Destination: "crm", Attempt: 1,
		Call: crm.Call{Started: noon, Request: []byte(long), Response: []byte("short")},
	}}))
	var sealed []byte
	require.NoError(t, w.db.Get(&sealed, `SELECT context FROM crm_calls`))
	keys, err := seal.LoadKeys(w.keys)
	require.NoError(t, err)
	plain, err := keys.Open(sealed, string(id)+"/call")
	require.NoError(t, err)
	var context struct {
		Request, Response string
		Cut               bool
	}
	require.NoError(t, json.Unmarshal(plain, &context))
	require.True(t, context.Cut)
	require.Equal(t, "short", context.Response)
	require.Len(t, context.Request, 64<<10-1, "the character on the bound is left out")
	require.True(t, strings.HasPrefix(long, context.Request))
}

func TestCorrectionsOfAnEmptyForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1", func(d *ledger.Delivery) { d.Payload = submission.Payload{} })
	number := json.Number("0.10000000000000000001")
	correction, err := w.AddCorrection(t.Context(), id, ledger.Correction{Answers: map[string]any{"seats": number}, By: "ana"})
	require.NoError(t, err)
	loaded, err := w.Load(t.Context(), id, correction)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"seats": number}, loaded.Payload.Answers)
}

// A correction belongs to its submission: another one's id does not open it.
func TestCorrectionsOfAnotherSubmissionDoNotApply(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, other := w.accept(t, "mine"), w.accept(t, "other")
	correction, err := w.AddCorrection(t.Context(), other, ledger.Correction{Answers: map[string]any{"email": "x@example.com"}, By: "ana"})
	require.NoError(t, err)
	_, err = w.Load(t.Context(), mine, correction)
	require.ErrorIs(t, err, ledger.ErrNotFound)
	_, err = w.AddCorrection(t.Context(), submission.NewID("site", "unknown", ""), ledger.Correction{By: "ana"})
	require.ErrorIs(t, err, ledger.ErrNotFound)
}

func TestTheLatestPlanCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	_, err := w.LoadPlan(t.Context(), id)
	require.ErrorIs(t, err, ledger.ErrNotFound)
	require.NoError(t, w.SavePlan(t.Context(), id, []byte(`{"n":1}`), "demo", "v1"))
	require.NoError(t, w.SavePlan(t.Context(), id, []byte(`{"n":12345678901234567890}`), "demo", "v2"))
	plan, err := w.LoadPlan(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, `{"n":12345678901234567890}`, string(plan))
	view, err := w.View(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "v2", view.MappingVersion)
}
