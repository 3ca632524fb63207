package change_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/change"
	"handoff/internal/mappingtool/screen"
	"handoff/internal/routing"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

const contact = `mapping: contact-us
owner: us
forms: [contact-us]
sources: [website]
destination: crm
identity: email
consent: {basis: not-collected}
fields:
  - {from: email, to: contact.email, type: email, required: true}
  - {from: name, to: contact.full_name}
  - {from: size, to: contact.size, type: integer, fallback: omit}
  - {from: topic, to: contact.topic, transform: [lower], pii: none}
objects: {contact: {object: contact, key: [email], owned: true}}
routing: {size: contact.size}
`

const table = "queue: rest\nrules:\n  - {name: large, when: {size: {min: 100}}, owner: ana}\n"

func version(t *testing.T, file, routes string) change.Version {
	t.Helper()
	set, err := mapping.Load(fstest.MapFS{"contact-us.yaml": {Data: []byte(file)}})
	require.NoError(t, err)
	loaded, problems := routing.Parse("routing.yaml", []byte(routes))
	require.NoError(t, problems.Err())
	return change.Version{Set: set, Routing: loaded}
}

func newLedger(t *testing.T) *ledger.Ledger {
	t.Helper()
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	dsn := ledgertest.Postgres(t)
	l, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// accept puts answers into the ledger, one second after the other.
func accept(t *testing.T, l *ledger.Ledger, number int, answers map[string]any, edit ...func(*ledger.Delivery)) submission.ID {
	t.Helper()
	at := noon.Add(time.Duration(number) * time.Second)
	d := ledger.Delivery{
		Submission: submission.Submission{Source: "website", Form: "contact-us", SenderID: fmt.Sprint(number), SubmittedAt: at, ReceivedAt: at},
		Payload:    submission.Payload{Answers: answers}, Raw: []byte("{}"), ContentType: "application/json", Via: "webhook",
	}
	for _, e := range edit {
		e(&d)
	}
	d.Submission.ID = submission.NewID(d.Submission.Source, d.Submission.SenderID, "")
	accepted, err := l.Accept(t.Context(), d)
	require.NoError(t, err)
	return accepted.ID
}

func run(t *testing.T, l *ledger.Ledger, c change.Comparison) change.Report {
	t.Helper()
	if c.Examples == 0 {
		c.Examples = 1
	}
	r, err := c.Run(t.Context(), l, ledger.SampleQuery{})
	require.NoError(t, err)
	return r
}

// changed is the file with one part replaced.
func changed(t *testing.T, was, is string) string {
	t.Helper()
	require.Contains(t, contact, was)
	return strings.Replace(contact, was, is, 1)
}

func TestTheSameMappingsChangeNothing(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	accept(t, l, 1, map[string]any{"email": "ann@acme.example", "name": "Ann Bell", "size": json.Number("120")})
	accept(t, l, 2, map[string]any{"email": "no address"})
	v := version(t, contact, table)
	r := run(t, l, change.Comparison{Old: v, New: version(t, contact+"# a comment\n", table)})
	require.True(t, r.OK())
	require.Equal(t, []int{2, 2, 0}, []int{r.Submissions, r.Compared, r.Changed})
	require.Empty(t, r.Mappings[0].Fields)
}

func TestFieldsAreCountedAndShownMasked(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	first := accept(t, l, 1, map[string]any{"email": "Ann@Acme.example", "name": "ann bell", "topic": "Pricing", "size": json.Number("5")})
	accept(t, l, 2, map[string]any{"email": "bob@acme.example", "name": "Bob Cole", "topic": "support"})
	file := strings.NewReplacer(
		"to: contact.full_name}", "to: contact.full_name, transform: [upper]}",
		"transform: [lower]", "transform: [upper]",
		"  - {from: size, to: contact.size, type: integer, fallback: omit}\n", "",
		"routing: {size: contact.size}\n", "",
		"  - {from: topic,", "  - {value: web, to: contact.source}\n  - {from: topic,",
	).Replace(contact)
	r := run(t, l, change.Comparison{Old: version(t, contact, table), New: version(t, file, table), Examples: 1})
	require.Equal(t, 2, r.Changed)
	require.Equal(t, []change.Field{
		{Field: "contact.full_name", Changed: 2, Examples: []change.Example{{Submission: first, Before: "a••• b•••", After: "A••• B•••", Note: "upper and lower case"}}},
		{Field: "contact.source", Added: 2, Examples: []change.Example{{Submission: first, Before: "nothing", After: `"web"`}}},
		{Field: "contact.topic", Changed: 2, Examples: []change.Example{{Submission: first, Before: `"pricing"`, After: `"PRICING"`, Note: "upper and lower case"}}},
		{Field: "contact.size", Removed: 1, Examples: []change.Example{{Submission: first, Before: `"5"`, After: "nothing"}}},
	}, r.Mappings[0].Fields)
	require.NotEqual(t, r.Mappings[0].Was, r.Mappings[0].Is)
}

func TestReviewsRecordsDestinationsAndOwnersAreCounted(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	big := accept(t, l, 1, map[string]any{"email": "ann@acme.example", "name": "Ann", "size": json.Number("500")})
	accept(t, l, 2, map[string]any{"email": "bob@acme.example", "size": json.Number("5")})
	wrong := accept(t, l, 3, map[string]any{"email": "nobody", "name": "C"})
	was := version(t, contact, table)

	r := run(t, l, change.Comparison{Old: was, New: version(t, changed(t, "to: contact.full_name", "to: contact.full_name, required: true"), table)})
	require.Equal(t, []change.Review{{Change: "now in review", Problems: "name required", Count: 1, Examples: []submission.ID{submission.NewID("website", "2", "")}}}, r.Mappings[0].Reviews)

	r = run(t, l, change.Comparison{Old: was, New: version(t, strings.Replace(strings.Replace(contact, "type: email, required: true", "required: true", 1), "identity: email\n", "", 1), table)})
	require.Equal(t, []change.Review{{Change: "no longer in review", Problems: "email type.email", Count: 1, Examples: []submission.ID{wrong}}}, r.Mappings[0].Reviews)

	r = run(t, l, change.Comparison{Old: was, New: version(t, contact, strings.Replace(table, "owner: ana", "queue: big", 1))})
	require.Equal(t, []change.Move{{Change: "the owner is decided otherwise: large (owner ana) → large (queue big)", Count: 1, Examples: []submission.ID{big}}}, r.Mappings[0].Moves)

	r = run(t, l, change.Comparison{Old: was, New: version(t, changed(t, "destination: crm", "destination: crm-eu"), table)})
	require.Equal(t, "the contact goes to another destination: crm → crm-eu", r.Mappings[0].Moves[0].Change)
	require.Equal(t, 2, r.Mappings[0].Moves[0].Count)

	r = run(t, l, change.Comparison{Old: was, New: version(t, changed(t, "forms: [contact-us]", "forms: [other]"), table)})
	require.Equal(t, "no mapping serves the form any more", r.Mappings[0].Moves[0].Change)
	r = run(t, l, change.Comparison{Old: version(t, changed(t, "forms: [contact-us]", "forms: [other]"), table), New: was})
	require.Equal(t, "a mapping serves the form now", r.Mappings[0].Moves[0].Change)
	r = run(t, l, change.Comparison{Old: was, New: version(t, changed(t, "mapping: contact-us", "mapping: contacts"), table)})
	require.Equal(t, "another mapping serves the form: contact-us → contacts", r.Mappings[0].Moves[0].Change)
}

func TestRecordedPlansAreWhatWasDone(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	was, m := map[string]any{"email": "ann@acme.example", "topic": "Pricing"}, version(t, contact, table)
	done := accept(t, l, 1, was)
	applied, _ := m.Set.For("website", "contact-us")
	plan, problems := applied.Apply(mapping.Input{Source: "website", Form: "contact-us", Answers: was})
	require.Empty(t, problems)
	encoded, err := json.Marshal(plan)
	require.NoError(t, err)
	require.NoError(t, l.SavePlan(t.Context(), done, encoded, plan.Mapping, plan.Version))
	accept(t, l, 2, was) // of a duplicate nothing is recorded
	waiting := accept(t, l, 3, map[string]any{"email": "nobody"})
	require.NoError(t, l.OpenReview(t.Context(), waiting, ledger.Review{Step: submission.StepValidate, Kind: "Invalid", Code: "type.email"}))

	r := run(t, l, change.Comparison{Recorded: true, New: m})
	require.True(t, r.OK(), "%+v", r)
	require.Equal(t, 2, r.Compared)
	require.Equal(t, map[string]int{change.SkippedUnrecorded: 1}, r.Skipped)

	r = run(t, l, change.Comparison{Recorded: true, New: version(t, changed(t, "transform: [lower]", "transform: [upper]"), table)})
	require.Equal(t, 1, r.Changed)
	require.Equal(t, "contact.topic", r.Mappings[0].Fields[0].Field)
}

func TestWhatHoldsNoAnswersIsSkipped(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	accept(t, l, 1, nil, func(d *ledger.Delivery) { d.Payload.Notice = &submission.Notice{Object: "lead", ID: "1"} })
	accept(t, l, 2, nil, func(d *ledger.Delivery) { d.Payload.Hold = &submission.Hold{Code: submission.HoldUnreadable} })
	accept(t, l, 3, map[string]any{"a": "b"}, func(d *ledger.Delivery) { d.Submission.Form = "other" })
	v := version(t, contact, table)
	r := run(t, l, change.Comparison{Old: v, New: v})
	require.Equal(t, map[string]int{change.SkippedNoAnswers: 2, change.SkippedUnserved: 1}, r.Skipped)
	require.Zero(t, r.Compared)
	require.Contains(t, printed(r), "There is nothing to compare")
}

// Thousands of submissions: every one is compared once, and the examples are the first ones whichever goroutine met them.
func TestManySubmissions(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	const n = 600
	for i := range n {
		accept(t, l, i, map[string]any{"email": fmt.Sprintf("person%d@acme.example", i), "topic": "Topic"})
	}
	var steps atomic.Int64
	c := change.Comparison{
		Old: version(t, contact, table), New: version(t, changed(t, "transform: [lower]", "transform: [upper]"), table), Examples: 3,
		Progress: func() { steps.Add(1) },
	}
	r := run(t, l, c)
	require.Equal(t, []int{n, n, n}, []int{r.Submissions, r.Compared, r.Changed})
	require.EqualValues(t, n, steps.Load())
	again := run(t, l, c)
	require.Equal(t, r, again)
	for i, e := range []int{0, 1, 2} {
		require.Contains(t, r.Mappings[0].Fields[0].Examples, change.Example{
			Submission: submission.NewID("website", fmt.Sprint(e), ""), Before: `"topic"`, After: `"TOPIC"`, Note: "upper and lower case",
		}, i)
	}
}

func TestAnErrorOfTheLedgerEndsTheRun(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	require.NoError(t, l.Close())
	v := version(t, contact, table)
	_, err := change.Comparison{Old: v, New: v}.Run(t.Context(), l, ledger.SampleQuery{})
	require.ErrorContains(t, err, "read submissions")
}

// I3: neither form of a report says who somebody is.
func TestNoReportHoldsAnAnswerOfAPerson(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	accept(t, l, 1, map[string]any{"email": "Nora.Lindqvist@brightline.example", "name": "Nora Lindqvist", "topic": "write to nora@brightline.example"})
	file := strings.NewReplacer("to: contact.full_name}", "to: contact.full_name, transform: [upper]}", "transform: [lower]", "transform: [upper]",
		"type: email, required: true", "transform: [upper], required: true", "identity: email\n", "").Replace(contact)
	r := run(t, l, change.Comparison{Old: version(t, contact, table), New: version(t, file, table)})
	require.Len(t, r.Mappings[0].Fields, 3)
	encoded, err := json.Marshal(r)
	require.NoError(t, err)
	for _, text := range []string{string(encoded), printed(r)} {
		for _, person := range []string{"nora", "lindqvist", "brightline"} {
			require.NotContains(t, strings.ToLower(text), person)
		}
	}
}

func printed(r change.Report) string {
	var b bytes.Buffer
	r.Print(screen.New(&b, false, 100))
	return b.String()
}
