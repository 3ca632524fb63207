package salesforce_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/salesforce"
	org "handoff/internal/sandbox/salesforce"
)

// TestFixtureQuery: a page is read with the next ones, moments without a colon in their offset are understood, and the limit
// of the day is told to the gate.
func TestFixtureQuery(t *testing.T) {
	t.Parallel()
	page, describe := readFixture(t, "query_200_page"), readFixture(t, "lead_describe_200")
	server := apidescription.Serve(t, apidescription.Salesforce, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/describe"):
			describe.send(w)
		case r.URL.Query().Get("q") != "":
			if r.URL.Query().Get("q") != "SELECT Email,Id,SystemModstamp FROM Lead WHERE SystemModstamp >= 2026-04-14T00:00:00.000Z ORDER BY SystemModstamp, Id LIMIT 10" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			page.send(w)
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"done": true, "records": []map[string]any{
				{"Id": "00QdL00000AbC03", "Email": "rory@example.com", "SystemModstamp": "2026-04-14T09:14:00.000+0000"},
			}})
		}
	}))
	t.Cleanup(server.Close)
	c, err := salesforce.New(salesforce.Config{InstanceURL: server.URL, Credentials: crm.StaticToken("t")})
	require.NoError(t, err)
	gate := &counting{}
	c.Meter(gate)
	records, err := c.ChangedSince(t.Context(), "lead", time.Date(2026, 4, 14, 0, 0, 0, 0, time.UTC), []string{"Email"}, 10)
	require.NoError(t, err)
	require.Equal(t, []crm.Record{
		{ID: "00QdL00000AbC01UAF", Fields: crm.Fields{"Email": "luke@example.com"}, ChangedAt: time.Date(2026, 4, 14, 9, 12, 41, 0, time.UTC)},
		{ID: "00QdL00000AbC02UAF", Fields: crm.Fields{"Email": nil}, ChangedAt: time.Date(2026, 4, 14, 9, 13, 2, 0, time.UTC)},
		{ID: "00QdL00000AbC03UAF", Fields: crm.Fields{"Email": "rory@example.com"}, ChangedAt: time.Date(2026, 4, 14, 9, 14, 0, 0, time.UTC)},
	}, records)
	require.Contains(t, gate.left, crm.Allowance{Per: 24 * time.Hour, Max: 100_000, Left: 89_982})
}

// counting is a gate that notes what answers say is left.
type counting struct {
	crm.OpenGate
	left []crm.Allowance
}

func (g *counting) Report(_ crm.Class, answer crm.Answer) {
	g.left = append(g.left, answer.Allowances...)
}

// TestFixtureDescribe: the recorded description of leads, in the port's words.
func TestFixtureDescribe(t *testing.T) {
	t.Parallel()
	f := readFixture(t, "lead_describe_200")
	server := apidescription.Serve(t, apidescription.Salesforce, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { f.send(w) }))
	t.Cleanup(server.Close)
	c, err := salesforce.New(salesforce.Config{
		InstanceURL: server.URL, Credentials: crm.StaticToken("t"),
		Objects: map[string]salesforce.Object{"lead": {Fields: map[string]string{"email": "Email"}}},
	})
	require.NoError(t, err)
	properties, err := c.Describe(t.Context(), "lead")
	require.NoError(t, err)
	byName := map[string]crm.Property{}
	for _, p := range properties {
		byName[p.Name] = p
	}
	require.Equal(t, crm.Property{Name: "LastName", Type: "string", Required: true, MaxLength: 80}, byName["LastName"])
	require.Equal(t, crm.Property{Name: "email", Type: "string", MaxLength: 80}, byName["email"])
	require.True(t, byName["Submission_Key__c"].Unique)
}

// TestDescribeNamesEveryLink: where one field may hold the id of a lead or of a contact, mappings may use either name, and a check of
// them against the org finds both.
func TestDescribeNamesEveryLink(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, org.Options{}), func(*salesforce.Config) {})
	properties, err := c.Describe(t.Context(), "task")
	require.NoError(t, err)
	var names []string
	for _, p := range properties {
		names = append(names, p.Name)
	}
	require.Subset(t, names, []string{"lead_id", "contact_id", "company_id", "deal_id", "owner", "Subject"})
	require.NotContains(t, names, "WhoId")
}
