package hubspot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/hubspot"
	"handoff/internal/crm/recordlock"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

// TestConsentOrder: whatever order answers arrive in, the newest one is what HubSpot has in the end (I5).
func TestConsentOrder(t *testing.T) {
	t.Parallel()
	s := consenting(t, account.Options{}, "ann@example.com")
	c := connect(t, s, nil)
	for i, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		email := fmt.Sprintf("p%d@example.com", i)
		s.HubSpot.Put("contacts", "", map[string]string{"email": email})
		newest := -1
		for _, minute := range order {
			result := upsert(t, c, "subscription", says(fmt.Sprint(i, "-", minute), minute, email, minute != 2))[0] // yes, yes, no
			if minute < newest {
				require.Equal(t, []string{"subscribed"}, result.Kept)
			}
			newest = max(newest, minute)
		}
		require.Equal(t, "UNSUBSCRIBED", newsletter(s)[email], order)
	}
	// The newest of one batch, too.
	upsert(t, c, "subscription", says("a2", 2, "ann@example.com", true), says("a1", 1, "ann@example.com", false), says("a3", 3, "ann@example.com", false))
	require.Equal(t, "UNSUBSCRIBED", newsletter(s)["ann@example.com"])
	// A contact's own answers are another matter: writing them keeps what is remembered of the others.
	upsert(t, c, "contact", write("a9", 9, crm.Fields{"email": "ann@example.com", "firstname": "Ann"}))
	require.Equal(t, []string{"subscribed"}, upsert(t, c, "subscription", says("a0", 0, "ann@example.com", true))[0].Kept)
}

// TestUnticked: a box that is not ticked is a no that takes nothing back and tells HubSpot nothing.
func TestUnticked(t *testing.T) {
	t.Parallel()
	s := consenting(t, account.Options{}, "ann@example.com", "bob@example.com")
	c := connect(t, s, nil)
	upsert(t, c, "subscription", says("s1", 0, "ann@example.com", true))
	for _, email := range []string{"ann@example.com", "bob@example.com"} {
		unticked := says("s2", 5, email, false)
		unticked.FillBlanks = []string{"subscribed"}
		require.Equal(t, crm.Updated, upsert(t, c, "subscription", unticked)[0].Outcome)
	}
	require.Equal(t, map[string]string{"ann@example.com": "SUBSCRIBED"}, newsletter(s))
}

// TestOptedOut: who has unsubscribed at HubSpot is not subscribed again by a form, which anybody can fill in. That is a
// conflict after one look, never a loop (I4); an opt-out after the answer is the newer answer (I5).
func TestOptedOut(t *testing.T) {
	t.Parallel()
	for name, stays := range map[string]bool{"HubSpot would": false, "HubSpot refuses": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := sandboxtest.NewClock() // a month after noon
			s := consenting(t, account.Options{OptOutsStay: stays, Now: clock.Now}, "ann@example.com", "bob@example.com")
			c := connect(t, s, nil)
			s.HubSpot.OptOut("ann@example.com", 0)
			earlier := says("s0", 0, "ann@example.com", true)
			require.Equal(t, []string{"subscribed"}, upsert(t, c, "subscription", earlier)[0].Kept)
			later := says("s1", 0, "ann@example.com", true)
			later.SubmittedAt = clock.Now().Add(time.Hour)
			s.HubSpot.ForgetCalls()
			results := c.Upsert(t.Context(), "subscription", []crm.Write{later, says("s2", 0, "bob@example.com", true)})
			require.Equal(t, crm.Error{Kind: crm.Conflict, Code: "opted_out", Fields: []string{"subscribed"}}, *results[0].Err)
			require.True(t, results[0].Err.Kind.Permanent())
			require.Nil(t, results[1].Err, "the others of the batch are written")
			require.Equal(t, map[string]string{"ann@example.com": "UNSUBSCRIBED", "bob@example.com": "SUBSCRIBED"}, newsletter(s))
			// A no is always heard, and so is a yes that the person has given HubSpot in the meantime.
			later.Fields["subscribed"] = false
			upsert(t, c, "subscription", later)

			// Handoff's own no may be answered anew where HubSpot lets it; a click in between is the person's.
			upsert(t, c, "subscription", says("s3", 1, "bob@example.com", false))
			again := c.Upsert(t.Context(), "subscription", []crm.Write{says("s4", 2, "bob@example.com", true)})[0]
			if stays {
				require.Equal(t, crm.Conflict, again.Err.Kind)
				require.Equal(t, "opted_out", again.Err.Code)
				return
			}
			require.Nil(t, again.Err)
			upsert(t, c, "subscription", says("s5", 3, "bob@example.com", false))
			clock.Advance(time.Minute)
			s.HubSpot.OptOut("bob@example.com", 0)
			again = c.Upsert(t.Context(), "subscription", []crm.Write{says("s6", 4, "bob@example.com", true)})[0]
			require.Equal(t, []string{"subscribed"}, again.Kept)
			require.Equal(t, "UNSUBSCRIBED", newsletter(s)["bob@example.com"])
		})
	}
}

// TestTwoWritersOfConsent: answers of one person that are written at once, by two workers that share locks, end as the newest
// (I5).
func TestTwoWritersOfConsent(t *testing.T) {
	t.Parallel()
	s := consenting(t, account.Options{}, "ann@example.com")
	one, two := connect(t, s, nil), connect(t, s, nil)
	shared := recordlock.NewLocal()
	one.UseLocks(shared)
	two.UseLocks(shared)
	results := make(chan crm.Result, 30)
	for i := range 30 {
		c := []*hubspot.Connector{one, two}[i%2]
		go func() {
			results <- c.Upsert(t.Context(), "subscription", []crm.Write{says(fmt.Sprint("s", i), i, "ann@example.com", i%3 == 0)})[0]
		}()
	}
	for range 30 {
		require.Nil(t, (<-results).Err)
	}
	require.Equal(t, "UNSUBSCRIBED", newsletter(s)["ann@example.com"], "29 said no")
}

// TestPartOfTheStatusesIsRead: whose status HubSpot could not read among many is asked for alone. Who has unsubscribed is not taken
// for somebody that HubSpot has never heard of, and is not subscribed again (I7).
func TestPartOfTheStatusesIsRead(t *testing.T) {
	t.Parallel()
	s := consenting(t, account.Options{}, "ann@example.com", "bob@example.com")
	s.HubSpot.OptOut("ann@example.com", 0)
	server := apidescription.Serve(t, apidescription.HubSpot, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/statuses/batch/read") {
			s.Server.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		s.Server.ServeHTTP(whole, r)
		var part map[string]any
		require.NoError(t, json.Unmarshal(whole.Body.Bytes(), &part))
		var told []any
		for _, one := range part["results"].([]any) {
			if one.(map[string]any)["subscriberIdString"] != "ann@example.com" {
				told = append(told, one)
			}
		}
		part["results"], part["numErrors"] = told, 1
		part["errors"] = []any{map[string]any{"status": "error", "category": "INTERNAL_ERROR", "message": "internal error", "errors": []any{}}}
		w.WriteHeader(http.StatusMultiStatus)
		require.NoError(t, json.NewEncoder(w).Encode(part))
	}))
	t.Cleanup(server.Close)
	c := connect(t, s, func(c *hubspot.Config) { c.BaseURL = server.URL })
	yes := func(minute int) []crm.Write {
		both := []crm.Write{says(fmt.Sprint("a", minute), minute, "ann@example.com", true), says(fmt.Sprint("b", minute), minute, "bob@example.com", true)}
		for i := range both {
			both[i].SubmittedAt = time.Now().Add(time.Duration(minute) * time.Hour) // after the opt-out
		}
		return both
	}
	results := c.Upsert(t.Context(), "subscription", yes(1))
	require.Equal(t, map[string]string{"ann@example.com": "UNSUBSCRIBED", "bob@example.com": "SUBSCRIBED"}, newsletter(s))
	require.Equal(t, crm.Error{Kind: crm.Conflict, Code: "opted_out", Fields: []string{"subscribed"}}, *results[0].Err)
	require.Nil(t, results[1].Err)

	// Where the single question fails too, nothing is known and nothing is said.
	require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: sandbox.ServerError, Status: 503, Path: "/statuses/ann@example.com"}))
	results = c.Upsert(t.Context(), "subscription", yes(2))
	require.Equal(t, crm.Transient, results[0].Err.Kind)
	require.Nil(t, results[1].Err)
	require.Equal(t, "UNSUBSCRIBED", newsletter(s)["ann@example.com"])
}
