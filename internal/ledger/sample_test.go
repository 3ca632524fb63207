package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// samples reads and opens everything that the query chooses.
func (w *world) samples(t testing.TB, q ledger.SampleQuery) []ledger.Sample {
	t.Helper()
	var found []ledger.Sample
	for sealed, err := range w.Samples(t.Context(), q) {
		require.NoError(t, err)
		sample, err := w.OpenSample(sealed)
		require.NoError(t, err)
		found = append(found, sample)
	}
	n, err := w.CountSamples(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, found, n)
	return found
}

func sampled(samples []ledger.Sample) []submission.ID {
	var ids []submission.ID
	for _, s := range samples {
		ids = append(ids, s.Submission.ID)
	}
	return ids
}

func form(name string) func(*ledger.Delivery) {
	return func(d *ledger.Delivery) { d.Submission.Form = name }
}

func TestSamplesAreWhatTheQueryChooses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.accept(t, "old", receivedAt(noon.Add(-8*24*time.Hour)))
	early := w.accept(t, "early", receivedAt(noon.Add(-time.Hour)))
	late := w.accept(t, "late", form("newsletter"))

	require.Equal(t, []submission.ID{old, early, late}, sampled(w.samples(t, ledger.SampleQuery{})), "in order of arrival")
	require.Equal(t, []submission.ID{early, late}, sampled(w.samples(t, ledger.SampleQuery{Since: noon.Add(-7 * 24 * time.Hour)})))
	require.Equal(t, []submission.ID{early, late}, sampled(w.samples(t, ledger.SampleQuery{Since: noon.Add(-time.Hour)})), "since includes its moment")
	require.Equal(t, []submission.ID{old, early}, sampled(w.samples(t, ledger.SampleQuery{Until: noon})), "until does not")
	require.Equal(t, []submission.ID{late}, sampled(w.samples(t, ledger.SampleQuery{Form: "newsletter"})))
	require.Empty(t, w.samples(t, ledger.SampleQuery{Source: "elsewhere"}))
}

func TestASampleHoldsWhatAMappingWouldBeGivenAndWhatWasPlanned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "one")
	sample := w.samples(t, ledger.SampleQuery{Plans: true})[0]
	require.Equal(t, filled("one").Payload, sample.Payload, "numbers stay exact")
	require.Equal(t, noon, sample.Submission.ReceivedAt)
	require.Equal(t, submission.StageReceived, sample.Stage)
	require.Nil(t, sample.Plan)

	for _, c := range []ledger.Correction{
		{Answers: map[string]any{"email": "first@example.com", "phone": "1"}, By: "ana"},
		{Answers: map[string]any{"email": "second@example.com"}, Unset: []string{"phone", "employees"}, By: "ana"},
	} {
		_, err := w.AddCorrection(t.Context(), id, c)
		require.NoError(t, err)
	}
	require.NoError(t, w.SavePlan(t.Context(), id, []byte(`{"mapping":"m"}`), "m", "abc"))
	sample = w.samples(t, ledger.SampleQuery{Plans: true})[0]
	require.Equal(t, map[string]any{"email": "second@example.com"}, sample.Payload.Answers)
	require.JSONEq(t, `{"mapping":"m"}`, string(sample.Plan))
	require.Equal(t, []string{"m", "abc"}, []string{sample.Mapping, sample.MappingVersion})
	require.Nil(t, w.samples(t, ledger.SampleQuery{})[0].Plan, "nobody asked for it")
}

// More than several pages, many of them received at the same moment, each exactly once.
func TestSamplesGoOnAcrossPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 450
	together(t, 9, func(ctx context.Context, worker int) (struct{}, error) {
		for i := worker; i < n; i += 9 {
			d := filled(fmt.Sprint(i), receivedAt(noon.Add(time.Duration(i/150)*time.Second)))
			d.Payload.Answers["n"] = json.Number(fmt.Sprint(i))
			if _, err := w.Accept(ctx, d); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	seen := map[any]bool{}
	for _, s := range w.samples(t, ledger.SampleQuery{}) {
		seen[s.Payload.Answers["n"]] = true
	}
	require.Len(t, seen, n)

	read := 0
	for _, err := range w.Samples(t.Context(), ledger.SampleQuery{}) {
		require.NoError(t, err)
		if read++; read == 3 {
			break
		}
	}
	require.Equal(t, 3, read, "a reader may stop")
}

// A page finds its place by the index, however large the ledger is.
func TestAPageOfSamplesIsFoundByTheIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	db, err := sqlx.Connect("postgres", w.dsn)
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`SET enable_seqscan = off; SET enable_sort = off`)
	require.NoError(t, err)
	var plan []string
	require.NoError(t, db.Select(&plan, `EXPLAIN SELECT id FROM submissions WHERE received_at >= now() AND received_at < now()
		AND (received_at, id) > (now(), 'a') ORDER BY received_at, id LIMIT 200`))
	require.Contains(t, plan[1], "submissions_received")
	require.NotContains(t, fmt.Sprint(plan), "Sort")
}

func TestAnUnreachableLedgerEndsTheSamplesWithItsError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Close())
	var last error
	for _, last = range w.Samples(t.Context(), ledger.SampleQuery{}) {
	}
	require.ErrorContains(t, last, "read submissions")
	_, err := w.CountSamples(t.Context(), ledger.SampleQuery{})
	require.ErrorContains(t, err, "count submissions")
}
