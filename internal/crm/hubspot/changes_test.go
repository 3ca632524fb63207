package hubspot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	account "handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

// distinct are the ids of records, each of which must be there once, oldest first.
func distinct(t *testing.T, records []crm.Record) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for i, r := range records {
		require.False(t, seen[r.ID], "twice")
		require.True(t, i == 0 || !r.ChangedAt.Before(records[i-1].ChangedAt), "oldest first")
		seen[r.ID] = true
	}
	return seen
}

// TestPageOfChanges: one page says the oldest where no more are wanted or there; else all are read, and the oldest are kept.
func TestPageOfChanges(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	var ids []string
	for i := range 450 {
		ids = append(ids, s.HubSpot.Put("contacts", "", map[string]string{"email": fmt.Sprintf("p%d@example.com", i)}))
	}
	s.HubSpot.Put("contacts", ids[0], map[string]string{"firstname": "Last"}) // is the newest now
	c := connect(t, s, nil)
	records, err := c.ChangedSince(t.Context(), "contact", noon.AddDate(-10, 0, 0), []string{"email"}, 420)
	require.NoError(t, err)
	require.Len(t, distinct(t, records), 420)
	require.Equal(t, ids[1], records[0].ID)
	require.Len(t, paths(s), 5, "a description, the first page, and three by id")
	records, err = c.ChangedSince(t.Context(), "contact", noon.AddDate(-10, 0, 0), []string{"email"}, 7)
	require.NoError(t, err)
	require.Equal(t, ids[1:8], []string{records[0].ID, records[1].ID, records[2].ID, records[3].ID, records[4].ID, records[5].ID, records[6].ID})
	require.Equal(t, []string{"contacts/search 0"}, paths(s))
}

// TestFullRead: without a moment everything is read from the store, page by page, whatever the index knows yet, and what was
// archived is not among it.
func TestFullRead(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{SearchLag: time.Hour})
	var last string
	for i := range 250 {
		last = s.HubSpot.Put("companies", "", map[string]string{"name": fmt.Sprint(i)})
	}
	s.HubSpot.Archive("companies", last)
	c := connect(t, s, nil)
	records, err := c.ChangedSince(t.Context(), "company", time.Time{}, []string{"name"}, 1000)
	require.NoError(t, err)
	seen := distinct(t, records)
	require.Len(t, seen, 249)
	require.False(t, seen[last])
	require.Equal(t, crm.Fields{"name": "0"}, records[0].Fields)
	require.Equal(t, []string{"properties/companies 0", "companies 0", "companies 0", "companies 0"}, paths(s))
	recent, err := c.ChangedSince(t.Context(), "company", noon, []string{"name"}, 1000)
	require.NoError(t, err)
	require.Empty(t, recent, "the index does not know them yet")
	few, err := c.ChangedSince(t.Context(), "company", time.Time{}, nil, 3)
	require.NoError(t, err)
	require.Equal(t, []string{records[0].ID, records[1].ID, records[2].ID}, []string{few[0].ID, few[1].ID, few[2].ID})
}

// TestMoreThanASearchShows: a search ends at 10,000 rows, here at 400. More are read, each once, also where all share one moment, as after
// an import, and where records are changed meanwhile.
func TestMoreThanASearchShows(t *testing.T) {
	t.Parallel()
	frozen := sandboxtest.NewClock()
	s := start(t, account.Options{Now: frozen.Now, SearchRows: 400})
	const all = 1_150
	for i := range all {
		s.HubSpot.Put("companies", "", map[string]string{"name": fmt.Sprint(i)})
	}
	first := s.HubSpot.Records("companies")[0]["id"]
	c := meddle(t, s, "/search", func() { s.HubSpot.Put("companies", first, map[string]string{"name": "moved"}) })
	records, err := c.ChangedSince(t.Context(), "company", noon, []string{"name"}, 2_000)
	require.NoError(t, err)
	require.Len(t, distinct(t, records), all)
	for _, call := range s.HubSpot.Calls() {
		require.Less(t, call.Status, 400)
	}
	require.LessOrEqual(t, strings.Count(strings.Join(paths(s), " "), "search"), 1+all/200+1)
}
