package coverage_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/coverage"
	"handoff/internal/mappingtool/screen"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

const contact = `mapping: contact-us
owner: us
forms: [contact-us, contact-old]
sources: [website]
destination: crm
consent: {basis: not-collected}
fields:
  - {from: email, to: contact.email, type: email, required: true}
  - {from: [name, full_name], to: contact.name}
  - {from: size, to: contact.size, type: integer, fallback: omit}
  - {from: topic, to: contact.topic}
objects: {contact: {object: contact, key: [email]}}
`

var (
	begin  = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	period = coverage.Period{Since: begin, Until: begin.Add(240 * time.Hour)}
)

func set(t *testing.T) *mapping.Set {
	t.Helper()
	loaded, err := mapping.Load(fstest.MapFS{"contact-us.yaml": {Data: []byte(contact)}})
	require.NoError(t, err)
	return loaded
}

// world is a ledger that submissions come into hour by hour.
type world struct {
	*ledger.Ledger
	hour int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	dsn := ledgertest.Postgres(t)
	l, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return &world{Ledger: l}
}

func (w *world) accept(t *testing.T, form string, answers map[string]any) {
	t.Helper()
	at := begin.Add(time.Duration(w.hour) * time.Hour)
	id := fmt.Sprint(w.hour)
	w.hour++
	_, err := w.Accept(t.Context(), ledger.Delivery{
		Submission: submission.Submission{ID: submission.NewID("website", id, ""), Source: "website", Form: form, SenderID: id, SubmittedAt: at, ReceivedAt: at},
		Payload:    submission.Payload{Answers: answers}, Raw: []byte("{}"), Via: "webhook",
	})
	require.NoError(t, err)
}

func run(t *testing.T, w *world, p coverage.Period) coverage.Report {
	t.Helper()
	r, err := coverage.Run(t.Context(), w, set(t), p, nil)
	require.NoError(t, err)
	return r
}

func TestWhatNobodyReadsAndWhatNobodySends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 20 {
		answers := map[string]any{"email": fmt.Sprintf("p%d@acme.example", i), "full_name": "Ann"}
		if i < 10 {
			answers["topic"] = "pricing"
		}
		if i%4 == 0 {
			answers["shoe"] = "42"
		}
		w.accept(t, "contact-us", answers)
	}
	r := run(t, w, period)
	require.False(t, r.OK())
	require.Equal(t, 20, r.Submissions)
	require.Len(t, r.Forms, 1)
	form := r.Forms[0]
	require.Equal(t, []coverage.Unmapped{{Answer: "shoe", Count: 5, First: begin, Last: begin.Add(16 * time.Hour)}}, form.Unmapped)
	require.Equal(t, []coverage.Vanished{
		{Answer: "size", Since: begin, Missing: 20},
		{Answer: "topic", Count: 10, Since: begin.Add(10 * time.Hour), Missing: 10},
	}, form.Vanished)
	require.Len(t, form.Idle, 1)
	require.Equal(t, []any{[]string{"size"}, []string{"contact.size"}, mapping.StatusEmpty}, []any{form.Idle[0].From, form.Idle[0].To, form.Idle[0].Status})
	require.Equal(t, "contact-us.yaml", form.Idle[0].Rule.File)
	require.Equal(t, []coverage.Silent{{Source: "website", Form: "contact-old", Mapping: "contact-us"}}, r.Silent)
}

func TestAnAnswerThatIsRareHasNotVanished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 30 {
		answers := map[string]any{"email": "p@acme.example", "name": "Ann", "size": "5"}
		if i == 3 || i == 17 {
			answers["topic"] = "pricing"
		}
		w.accept(t, "contact-us", answers)
	}
	require.True(t, run(t, w, period).OK())
}

func TestFormsThatNobodyMapsAndPeriods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	full := map[string]any{"email": "p@acme.example", "name": "Ann", "size": "5", "topic": "x"}
	w.accept(t, "careers", map[string]any{"email": "p@acme.example"})
	w.accept(t, "contact-us", full)
	r := run(t, w, period)
	require.False(t, r.OK())
	require.Equal(t, coverage.Form{Source: "website", Form: "careers", Submissions: 1}, r.Forms[0])

	only := period
	only.Mapping = "contact-us"
	require.True(t, run(t, w, only).OK())
	only = period
	only.Form = "contact-us"
	require.Len(t, run(t, w, only).Forms, 1)
	later := coverage.Period{Since: begin.Add(100 * time.Hour), Until: period.Until}
	r = run(t, w, later)
	require.Empty(t, r.Forms)
	require.Contains(t, printed(r), "Nothing came since then")
}

// Whoever can send answers can make up names: they are counted, and not kept without end.
func TestMadeUpNamesDoNotFillTheMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 4 {
		answers := map[string]any{"email": "p@acme.example"}
		for i := range 300 {
			answers[fmt.Sprintf("made-up-%d-%d", w.hour, i)] = "x"
		}
		w.accept(t, "contact-us", answers)
	}
	form := run(t, w, period).Forms[0]
	require.Len(t, form.Unmapped, 500)
	require.Equal(t, 700, form.MoreNames)
}

func TestAReportHoldsNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.accept(t, "contact-us", map[string]any{"email": "nora@brightline.example", "size": "Lindqvist", "other": "Lindqvist"})
	r := run(t, w, period)
	require.NotContains(t, printed(r)+fmt.Sprintf("%+v", r), "Lindqvist")
	require.NotContains(t, printed(r), "nora")
}

func printed(r coverage.Report) string {
	var b bytes.Buffer
	r.Print(screen.New(&b, false, 100))
	return b.String()
}
