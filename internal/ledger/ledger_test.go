package ledger_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// setup opens a fresh ledger with keys of its own.
func setup(t testing.TB) (*ledger.Ledger, string) {
	t.Helper()
	dsn := ledgertest.Postgres(t)
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l, dsn
}

// delivery is a submission with planted answers.
func delivery(senderID, revision string) ledger.Delivery {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return ledger.Delivery{
		Submission: submission.Submission{
			ID: submission.NewID("website", senderID, revision), Source: "website", Form: "demo-request",
			SenderID: senderID, Revision: revision, EventID: "evt-" + senderID, SubmittedAt: now, ReceivedAt: now,
		},
		Payload: submission.Payload{Answers: map[string]any{
			"email": "planted.person@example.com", "seats": json.Number("12345678901234567890"), "optin": true,
		}},
		Raw: []byte(`{"email":"planted.person@example.com"}`), ContentType: "application/json", Via: "webhook",
	}
}

// TestI2OneSubmissionHoweverOftenDelivered: fifty simultaneous deliveries are fifty events of one submission.
func TestI2OneSubmissionHoweverOftenDelivered(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	var fresh atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			accepted, err := l.Accept(t.Context(), delivery("one", ""))
			if err == nil && accepted.New {
				fresh.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, fresh.Load())
	view, err := l.View(t.Context(), submission.NewID("website", "one", ""))
	require.NoError(t, err)
	require.Equal(t, 50, view.Events)
}

func TestWhatIsAcceptedComesBackExactly(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	d := delivery("one", "2")
	_, err := l.Accept(t.Context(), d)
	require.NoError(t, err)
	loaded, err := l.Load(t.Context(), d.Submission.ID, "")
	require.NoError(t, err)
	d.Submission.EventID = "" // belongs to the event
	require.Equal(t, d.Submission, loaded.Submission)
	require.Equal(t, d.Payload, loaded.Payload)

	_, err = l.Load(t.Context(), submission.NewID("website", "nobody", ""), "")
	require.ErrorIs(t, err, ledger.ErrNotFound)
}

func TestUnstartedIsInOrderOfArrival(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	var ids []submission.ID
	for i := range 5 {
		accepted, err := l.Accept(t.Context(), delivery(fmt.Sprint(i), ""))
		require.NoError(t, err)
		require.False(t, accepted.Started)
		ids = append(ids, accepted.ID)
	}
	require.NoError(t, l.MarkStarted(t.Context(), ids[:2]))
	waiting, err := l.Unstarted(t.Context(), time.Now().Add(time.Minute), 2)
	require.NoError(t, err)
	require.Equal(t, []submission.ID{ids[2], ids[3]}, []submission.ID{waiting[0].ID, waiting[1].ID})
	again, err := l.Accept(t.Context(), delivery("0", ""))
	require.NoError(t, err)
	require.True(t, again.Started)
	require.False(t, again.New)
	require.Equal(t, submission.StageProcessing, again.Stage)
}

func hash(text string) []byte { h := sha256.Sum256([]byte(text)); return h[:] }

func TestClaimAnswers(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	accept := func(sender, revision string, received time.Time) submission.ID {
		d := delivery(sender, revision)
		d.Submission.ReceivedAt = received
		a, err := l.Accept(t.Context(), d)
		require.NoError(t, err)
		return a.ID
	}
	claim := func(id submission.ID, answers string) submission.ID {
		first, err := l.ClaimAnswers(t.Context(), id, ledger.Claim{
			Form: "demo-request", Person: hash("person"), Answers: hash(answers), Window: 10 * time.Minute,
		})
		require.NoError(t, err)
		return first
	}
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	first := accept("a", "", start)
	double := accept("b", "", start.Add(time.Second))
	late := accept("c", "", start.Add(11*time.Minute))

	require.Equal(t, first, claim(first, "A"))
	require.Equal(t, first, claim(double, "A"), "a double click")
	require.Equal(t, first, claim(first, "A"), "asking again")
	require.Equal(t, double, claim(double, "B"), "other answers")
	require.Equal(t, late, claim(late, "A"), "after the window")

	one, two, three := accept("edit", "1", start), accept("edit", "2", start), accept("edit", "3", start)
	require.Equal(t, one, claim(one, "X"))
	require.Equal(t, two, claim(two, "Y"))
	require.Equal(t, three, claim(three, "X"), "an edit back to the first answers is no duplicate")
}

func TestCorrectionsApplyInOrderUpToTheNamedOne(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	d := delivery("one", "")
	_, err := l.Accept(t.Context(), d)
	require.NoError(t, err)
	id := d.Submission.ID
	first, err := l.AddCorrection(t.Context(), id, ledger.Correction{Answers: map[string]any{"email": "right@example.com"}, By: "ana"})
	require.NoError(t, err)
	second, err := l.AddCorrection(t.Context(), id, ledger.Correction{Unset: []string{"optin"}, By: "ana"})
	require.NoError(t, err)

	loaded, err := l.Load(t.Context(), id, first)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"email": "right@example.com", "seats": json.Number("12345678901234567890"), "optin": true}, loaded.Payload.Answers)
	loaded, err = l.Load(t.Context(), id, second)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"email": "right@example.com", "seats": json.Number("12345678901234567890")}, loaded.Payload.Answers)
	_, err = l.Load(t.Context(), id, "cor_unknown")
	require.ErrorIs(t, err, ledger.ErrNotFound)
	require.NoError(t, l.VerifyAudit(t.Context()))
}

// TestI10TheDatabaseRevealsNoAnswers reads every table as a thief of the dump would.
func TestI10TheDatabaseRevealsNoAnswers(t *testing.T) {
	t.Parallel()
	l, dsn := setup(t)
	d := delivery("one", "")
	_, err := l.Accept(t.Context(), d)
	require.NoError(t, err)
	id := d.Submission.ID
	require.NoError(t, l.SavePlan(t.Context(), id, []byte(`{"email":"planted.person@example.com"}`), "demo-request", "v1"))
	_, err = l.AddCorrection(t.Context(), id, ledger.Correction{Answers: map[string]any{"email": "planted.person@example.com"}, By: "ana"})
	require.NoError(t, err)
	require.NoError(t, l.RecordWrites(t.Context(), id, []ledger.WriteRecord{{
		Destination: "crm", Object: "contact", RecordID: "7", Outcome: crm.Created, Fields: []string{"email"}, MappingVersion: "v1",
	}}, []ledger.CallRecord{{Step: submission.StepUpsert, Destination: "crm", Attempt: 1, Call: crm.Call{
		Operation: "upsert contact", Started: time.Now(), Request: []byte("planted.person@example.com"), Response: []byte("planted.person@example.com"),
	}}}))

	dump := dumpDatabase(t, dsn)
	require.Contains(t, dump, "demo-request", "the dump is a dump")
	require.NotContains(t, strings.ToLower(dump), "planted")
}

func TestReviewLifecycle(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	d := delivery("one", "")
	_, err := l.Accept(t.Context(), d)
	require.NoError(t, err)
	id := d.Submission.ID
	problem := submission.Problem{Field: "email", Code: "type.email"}
	review := ledger.Review{Step: submission.StepValidate, Kind: "Invalid", Code: "type.email", Problems: []submission.Problem{problem}}
	require.NoError(t, l.OpenReview(t.Context(), id, review))
	require.NoError(t, l.OpenReview(t.Context(), id, review))
	view, err := l.View(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, submission.StageReview, view.Stage)
	require.Equal(t, []submission.Problem{problem}, view.Review.Problems)
	counts, err := l.Counts(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, counts.Open[submission.StageReview])

	require.NoError(t, l.CloseReview(t.Context(), id, submission.Resolution{Action: submission.ActionRetry, By: "ana"}))
	require.NoError(t, l.CloseReview(t.Context(), id, submission.Resolution{Action: submission.ActionRetry, By: "ana"}))
	concluded, err := l.Conclude(t.Context(), id, ledger.Conclusion{Disposition: submission.Created, Steps: []submission.StepTiming{{Step: submission.StepMap, Took: time.Millisecond, Attempts: 1}}})
	require.NoError(t, err)
	require.Equal(t, "website", concluded.Source)
	view, err = l.View(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, submission.StageDone, view.Stage)
	require.Nil(t, view.Review)
	require.Len(t, view.Steps, 1)
}

func TestFirstOutcomeOfAWriteStands(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	d := delivery("one", "")
	_, err := l.Accept(t.Context(), d)
	require.NoError(t, err)
	write := ledger.WriteRecord{Destination: "crm", Object: "contact", RecordID: "7", Outcome: crm.Created, Fields: []string{"email"}, MappingVersion: "v1"}
	require.NoError(t, l.RecordWrites(t.Context(), d.Submission.ID, []ledger.WriteRecord{write}, nil))
	write.Outcome = crm.Updated
	require.NoError(t, l.RecordWrites(t.Context(), d.Submission.ID, []ledger.WriteRecord{write}, nil))
	writes, err := l.Writes(t.Context(), d.Submission.ID)
	require.NoError(t, err)
	require.Len(t, writes, 1)
	require.Equal(t, crm.Created, writes[0].Outcome)
}
