package stack_test

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm/salesforce"
	"handoff/internal/devstack"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/submission"
)

// intoSalesforce is a destination to which backfills go by jobs.
const intoSalesforce = `destinations:
  crm:
    connector: salesforce
    limit: {plan: production}
    salesforce:
      instance_url: %s
      token_env: HANDOFF_CRM_TOKEN
      bulk: {from: 20, gather: 3s}
`

// leadMapping makes a Salesforce lead of a form.
const leadMapping = `mapping: demo-request
owner: revenue-operations
forms: [demo-request]
sources: [website]
destination: crm
identity: email
consent: {basis: not-collected}
fields:
  - {from: email, to: lead.Email, type: email, required: true, max: 80}
  - {from: lastname, to: lead.LastName, required: true, max: 80}
  - {from: company, to: lead.Company, required: true, max: 255}
objects:
  lead: {object: lead, key: [Email], owned: true}
`

// TestABackfillIntoSalesforceIsAJob holds, with real programs, that the rows of a file become leads by one job of the Bulk API,
// each once and with its owner, and that a live lead waits for none of it.
func TestABackfillIntoSalesforceIsAJob(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{Salesforce: org.Options{PerDay: -1, BulkPolls: 3}})
	s.Salesforce.AddField("Lead", org.Field{Name: salesforce.StateField, Type: "textarea", Length: 32_768})
	s.Salesforce.AddField("Lead", org.Field{Name: salesforce.KeyField, Type: "string", Length: 255, Unique: true, ExternalID: true})
	root, err := devstack.ProjectRoot()
	require.NoError(t, err)
	shipped, err := os.ReadFile(filepath.Join(root, "handoff.yaml"))
	require.NoError(t, err)
	head, rest, found := strings.Cut(string(shipped), "destinations:\n")
	require.True(t, found)
	_, notify, found := strings.Cut(rest, "\nnotify:\n")
	require.True(t, found)
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	const rows = 60
	head = strings.Replace(head, "background: 16", "background: 100", 1)
	config := write("handoff.yaml", head+fmt.Sprintf(intoSalesforce, s.URL)+"\nnotify:\n"+notify)
	mappings := filepath.Dir(write("mappings/demo-request.yaml", leadMapping))
	write("mappings/routing.yaml", "queue: Web_Leads\nrules:\n  - {name: all, owner: owner.one@example.com}\n")
	running, ctx := up(t, "HANDOFF_CONFIG="+config, "HANDOFF_MAPPINGS="+mappings, "HANDOFF_CRM_TOKEN="+org.Token)

	var text strings.Builder
	text.WriteString("Lead ID,E-mail,Lastname,Company\n")
	for i := range rows {
		fmt.Fprintf(&text, "L%d,old-%d@backfilled.example,\"Danes, \"\"Luke\"\" %d\",\"Lukes, Diner\"\n", i, i, i)
	}
	command := exec.CommandContext(ctx, running.Folder.Bin("handoff"), "backfill", write("leads.csv", text.String()), "--source", "website", "--form", "demo-request")
	command.Env = append(os.Environ(), running.Environment()...)
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)

	calls := func(method, part string) (n int) {
		for _, call := range s.Salesforce.Calls() {
			if call.Method == method && strings.Contains(call.Path, part) {
				n++
			}
		}
		return n
	}
	await(t, "a job", func() bool { return calls("PATCH", "/jobs/ingest/") > 0 })
	delivery, err := running.Sign("demo-request", "live-1", map[string]any{"email": "live@person.example", "lastname": "Live", "company": "Inn"})
	require.NoError(t, err)
	receipt, err := running.Send(ctx, delivery, 0)
	require.NoError(t, err)
	view, err := running.Await(ctx, receipt.Submission)
	require.NoError(t, err)
	require.Equal(t, submission.Created, view.Disposition)

	db, err := sql.Open("postgres", running.LedgerDSN)
	require.NoError(t, err)
	defer db.Close()
	await(t, "every row is a lead", func() bool {
		var n int
		require.NoError(t, db.QueryRowContext(ctx, `SELECT count(*) FROM submissions WHERE background AND disposition = 'created'`).Scan(&n))
		return n == rows
	})
	leads := s.Salesforce.Records("Lead")
	require.Len(t, leads, rows+1, "each once (I2)")
	for _, lead := range leads {
		require.Equal(t, "005dL0000012aB1QAI", lead["OwnerId"], lead["Email"])
		if lead["Email"] == "old-7@backfilled.example" {
			require.Equal(t, `Danes, "Luke" 7`, lead["LastName"])
			require.Equal(t, "Lukes, Diner", lead["Company"])
		}
	}
	t.Logf("%d rows: %d jobs, %d calls in all", rows, calls("POST", "/jobs/ingest"), len(s.Salesforce.Calls()))
	require.LessOrEqual(t, calls("POST", "/jobs/ingest"), 3, "in loads, not one by one")
	require.Equal(t, calls("POST", "/jobs/ingest"), calls("GET", "/successfulResults"))
}
