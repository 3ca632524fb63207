package door_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"handoff/internal/source"
	"handoff/internal/submission"
)

// recorded is the body of a recorded delivery.
func recorded(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("../source/testdata/" + name + ".json")
	require.NoError(t, err)
	var fixture struct {
		Request struct {
			Body string `json:"body_utf8"`
		} `json:"request"`
	}
	require.NoError(t, json.Unmarshal(data, &fixture))
	return fixture.Request.Body
}

// person is what is in the notice of the n-th person and in no other: the id of a record, and an address where the notice
// has one.
func person(n int) (id, email string) {
	return fmt.Sprint(7_000_000_000_000 + n), fmt.Sprintf("person-%d@example.com", n)
}

// notices are deliveries of a hundred notices, as the recorded ones are: HubSpot and Meta send all in one, LinkedIn each by
// itself.
func notices(t testing.TB, name string) (bodies []string, people int) {
	t.Helper()
	people = 100
	var all []string
	switch name {
	case "hubspot":
		var events []json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(recorded(t, "hubspot/ok_v3_batch")), &events))
		for n := range people {
			id, email := person(n)
			all = append(all, strings.NewReplacer("9052", id, "lena@example.com", email).Replace(string(events[0])))
		}
		return []string{"[" + strings.Join(all, ",") + "]"}, people
	case "meta":
		body := recorded(t, "meta_lead_ads/ok_single_lead_bigint")
		before, change, ok := strings.Cut(body, `"changes":[`)
		require.True(t, ok)
		change, ok = strings.CutSuffix(change, "]}]}")
		require.True(t, ok)
		for n := range people {
			id, _ := person(n)
			all = append(all, strings.Replace(change, "9007199254740993", id, 1))
		}
		return []string{before + `"changes":[` + strings.Join(all, ",") + "]}]}"}, people
	}
	body := recorded(t, "linkedin/ok_lead_created")
	for n := range people {
		id, _ := person(n)
		all = append(all, strings.Replace(body, "c0a8e1f2-1b2c-4d3e-9f40-515263748596-1", id, 1))
	}
	return all, people
}

type storedBody struct {
	ID  submission.ID `db:"id"`
	Raw []byte        `db:"raw"`
}

func (w *world) storedBodies(t testing.TB, db *sqlx.DB, name string) []storedBody {
	t.Helper()
	var stored []storedBody
	require.NoError(t, db.SelectContext(t.Context(), &stored, `SELECT id, raw FROM submissions WHERE source = $1`, name))
	return stored
}

// Ensure of a delivery of many notices each submission keeps what is its own, and the ledger about as many bytes as came, not
// as many times as many as there are notices. What is kept is read again as the submission that it was. With the whole body in
// every row, the erasure of a person would leave their data in the rows of all the others (I9): here it leaves nothing.
func TestErasingOneOfManyNoticesLeavesNothingInTheOthers(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	db, err := sqlx.Open("postgres", w.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, name := range []string{"hubspot", "meta", "linkedin"} {
		bodies, people := notices(t, name)
		came := 0
		for _, body := range bodies {
			require.Equal(t, w.successOf(name), send(t, w.as(t, name, body)).Status, name)
			came += len(body)
		}
		stored := w.storedBodies(t, db, name)
		require.Len(t, stored, people, name)
		kept := 0
		for _, s := range stored {
			kept += len(s.Raw)
		}
		require.Less(t, kept, 2*came, "%s: bytes that are kept and that came", name)
		var first submission.ID
		id, email := person(0)
		for _, s := range stored {
			raw, err := w.keys.Open(s.Raw, string(s.ID)+"/raw")
			require.NoError(t, err)
			again := w.options.Sources[name].Read(source.Request{ContentType: source.TypeJSON, Body: raw, Received: w.clock.Now()}).Submissions
			require.Len(t, again, 1, name)
			require.Equal(t, s.ID, again[0].Submission.ID, name)
			loaded, err := w.ledger.Load(t.Context(), s.ID, "")
			require.NoError(t, err)
			require.Equal(t, loaded.Payload.Notice, again[0].Payload.Notice, name)
			require.Equal(t, loaded.Payload.Answers, again[0].Payload.Answers, name)
			if strings.HasSuffix(again[0].Payload.Notice.ID, id) {
				first = s.ID
			}
		}
		require.NotEmpty(t, first, name)
		require.Contains(t, w.everythingKept(t), id, name)
		_, err := db.ExecContext(t.Context(), `DELETE FROM submissions WHERE id = $1`, string(first))
		require.NoError(t, err)
		require.Len(t, w.storedBodies(t, db, name), people-1)
		require.NotContains(t, w.everythingKept(t), id, name)
		require.NotContains(t, w.everythingKept(t), email, name)
	}
}

// successOf is what a source's sender takes for success.
func (w *world) successOf(name string) int {
	if w.options.Sources[name].Manners().Exactly200 {
		return http.StatusOK
	}
	return http.StatusAccepted
}
