package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
)

func TestDriftIsCountedByAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unknown := ledger.Drift{Mapping: "demo", Version: "v1", Kind: ledger.DriftUnknown, Answer: "budget", Count: 2}
	vanished := ledger.Drift{Mapping: "demo", Version: "v1", Kind: ledger.DriftVanished, Answer: "budget", Count: 1}
	first, err := w.RecordDrift(t.Context(), []ledger.Drift{vanished, unknown})
	require.NoError(t, err)
	require.Len(t, first, 2)
	require.Equal(t, ledger.DriftVanished, first[0].Kind, "in the order in which they were given")

	w.now.Advance(time.Hour)
	unknown.Version, unknown.Count = "v2", 3
	again, err := w.RecordDrift(t.Context(), []ledger.Drift{unknown})
	require.NoError(t, err)
	require.Equal(t, first[1].ID, again[0].ID)
	require.EqualValues(t, 5, again[0].Count)
	require.Equal(t, "v2", again[0].Version)
	require.True(t, again[0].FirstSeen.Equal(noon))
	require.True(t, again[0].LastSeen.Equal(noon.Add(time.Hour)))

	listed, err := w.Drift(t.Context(), noon.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, again, listed)
	none, err := w.RecordDrift(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

// TestDriftIsBounded holds that a sender who makes up names cannot fill the ledger, and that what is known is counted on.
func TestDriftIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	total := 0
	for page := range 7 {
		var made []ledger.Drift
		for i := range 100 {
			made = append(made, ledger.Drift{Mapping: "demo", Kind: ledger.DriftUnknown, Answer: fmt.Sprintf("made-up-%d-%d", page, i), Count: 1})
		}
		recorded, err := w.RecordDrift(t.Context(), made)
		require.NoError(t, err)
		total += len(recorded)
	}
	require.Equal(t, 500, total)
	known, err := w.RecordDrift(t.Context(), []ledger.Drift{{Mapping: "demo", Kind: ledger.DriftUnknown, Answer: "made-up-0-0", Count: 1}})
	require.NoError(t, err)
	require.EqualValues(t, 2, known[0].Count)
	other, err := w.RecordDrift(t.Context(), []ledger.Drift{{Mapping: "other", Kind: ledger.DriftUnknown, Answer: "new", Count: 1}})
	require.NoError(t, err)
	require.Len(t, other, 1, "each mapping has room of its own")
}

func TestWorkersRecordDriftAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	together(t, 8, func(ctx context.Context, n int) (struct{}, error) {
		var found []ledger.Drift
		for i := range 20 {
			found = append(found, ledger.Drift{Mapping: "demo", Kind: ledger.DriftUnknown, Answer: fmt.Sprint((i + n) % 20), Count: 1})
		}
		_, err := w.RecordDrift(ctx, found)
		return struct{}{}, err
	})
	listed, err := w.Drift(t.Context(), noon)
	require.NoError(t, err)
	require.Len(t, listed, 20)
	for _, d := range listed {
		require.EqualValues(t, 8, d.Count)
	}
}

func TestPresenceAddsUpAndIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	day := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	p := ledger.Presence{Mapping: "demo", Source: "site", Form: "f", Answer: "phone", Day: day, Carried: 3, Asked: 4}
	old := p
	old.Day = day.AddDate(0, 0, -30)
	require.NoError(t, w.AddPresence(t.Context(), []ledger.Presence{p, old}, day.AddDate(0, 0, -40)))
	require.NoError(t, w.AddPresence(t.Context(), []ledger.Presence{p}, day.AddDate(0, 0, -14)))
	found, err := w.PresenceSince(t.Context(), day.AddDate(0, 0, -100))
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.True(t, found[0].Day.Equal(day))
	require.EqualValues(t, 6, found[0].Carried)
	require.EqualValues(t, 8, found[0].Asked)
	none, err := w.PresenceSince(t.Context(), day.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestASchemaCheckReplacesWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	missing := ledger.SchemaFinding{Mapping: "demo", Object: "contact", Field: "phone", Code: "property_missing", Expect: "gone", Place: "demo.yaml:3:1"}
	long := ledger.SchemaFinding{Mapping: "demo", Object: "contact", Field: "name", Code: "too_long", Expect: "40"}
	first, err := w.RecordSchemaCheck(t.Context(), "crm", []ledger.SchemaFinding{missing, missing, long})
	require.NoError(t, err)
	require.Len(t, first, 2)
	_, err = w.RecordSchemaCheck(t.Context(), "other", []ledger.SchemaFinding{missing})
	require.NoError(t, err)

	w.now.Advance(time.Hour)
	again, err := w.RecordSchemaCheck(t.Context(), "crm", []ledger.SchemaFinding{long})
	require.NoError(t, err)
	require.Equal(t, first[0].ID, again[0].ID)
	require.True(t, again[0].FirstSeen.Equal(noon), "since when it is known")
	checks, err := w.SchemaChecks(t.Context())
	require.NoError(t, err)
	require.Len(t, checks, 2)
	require.Equal(t, 1, checks[0].Findings)
	require.Zero(t, checks[0].Age)
	require.Equal(t, time.Hour, checks[1].Age)

	clean, err := w.RecordSchemaCheck(t.Context(), "crm", nil)
	require.NoError(t, err)
	require.Empty(t, clean)
	checks, err = w.SchemaChecks(t.Context())
	require.NoError(t, err)
	require.Zero(t, checks[0].Findings)
	require.Equal(t, 1, checks[1].Findings, "another destination's stay")
}
