package crm_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/mapping"
	"handoff/internal/programs"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/seal"
)

// TestSalesforcePageBegins follows the first steps of the page, with a copy of the demo's configuration.
func TestSalesforcePageBegins(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{Salesforce: salesforce.Options{PerDay: -1}})
	s.Salesforce.ConnectClient("3MVG9exampleexample", "secret")
	for _, field := range append(ownFields("Lead"), consentFields...) {
		s.Salesforce.AddField("Lead", field)
	}
	for _, field := range ownFields("Activity") {
		s.Salesforce.AddField("Activity", field)
	}
	begin(t, "salesforce", "instance_url: http://127.0.0.1:8090", "instance_url: "+s.URL, "HANDOFF_CRM_SECRET=secret")
}

// ownFields are those of Handoff's own that step 1 of the page has people make on an object.
func ownFields(object string) []salesforce.Field {
	state := salesforce.Field{Name: "Handoff_State__c", Type: "textarea", Length: 32_768}
	if object == "Activity" {
		state.Type, state.Length = "string", 255
	}
	return []salesforce.Field{{Name: "Handoff_Key__c", Type: "string", Length: 255, Unique: true, ExternalID: true}, state}
}

// consentFields are the other ones.
var consentFields = []salesforce.Field{
	{Name: "Marketing_Opt_In__c", Type: "boolean"}, {Name: "Consent_Text__c", Type: "textarea", Length: 4000}, {Name: "Consent_At__c", Type: "datetime"},
}

// TestSalesforcePage follows the page as a new user would: make the two fields, configure, check, and send a submission.
func TestSalesforcePage(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{Salesforce: salesforce.Options{PerDay: -1}})
	s.Salesforce.ConnectClient("3MVG9exampleexample", "secret")
	folder := t.TempDir()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	environment := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys,
		"HANDOFF_CRM_SECRET=secret",
		"HANDOFF_CRM_KEY=" + string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	}
	examples := blocks(t, "salesforce.md", "yaml")
	require.Len(t, examples, 5) // the fourth is that of TestSalesforceCalls
	source := "sources:\n  website: {scheme: standard-webhooks, secrets: [WEBSITE_SECRETS], form: demo-request}\n"
	file := func(name, example string) string {
		path := filepath.Join(folder, name)
		text := source + strings.Replace(example, "https://example.my.salesforce.com", s.URL, 1)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	_, err = config.Load(file("jwt.yaml", examples[2]), environment, config.ProgramWorker)
	require.NoError(t, err)
	bulk, err := config.Load(file("bulk.yaml", examples[4]), environment, config.ProgramWorker)
	require.NoError(t, err)
	require.Equal(t, &config.SalesforceBulk{From: 2000, Gather: 10 * time.Second}, bulk.Destinations["crm"].Bulk())
	c, err := config.Load(file("handoff.yaml", examples[0]), environment, config.ProgramWorker)
	require.NoError(t, err)
	mappings := filepath.Join(folder, "mappings")
	require.NoError(t, os.MkdirAll(mappings, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(mappings, "demo-request.yaml"), []byte(examples[1]), 0o600))

	binary := programs.Handoff(t)
	run := func(line string) (string, error) {
		command := exec.CommandContext(t.Context(), binary, strings.Fields(line)[1:]...)
		command.Dir, command.Env = folder, environment
		output, err := command.CombinedOutput()
		return string(output), err
	}
	check := strings.TrimSpace(blocks(t, "salesforce.md", "sh")[0])
	connector, err := connectors.New(t.Context(), "crm", c.Destinations["crm"])
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connector.Close()) })

	set, err := mapping.Load(os.DirFS(mappings))
	require.NoError(t, err)
	m, ok := set.For("website", "demo-request")
	require.True(t, ok)
	plan, problems := m.Apply(mapping.Input{
		Source: "website", Form: "demo-request", Submission: "sub_page", SubmittedAt: time.Date(2026, 4, 14, 9, 0, 0, 0, time.UTC),
		Answers: map[string]any{"email": "Ann@Example.com", "firstname": "Ann", "lastname": "Lee", "message": "Hello", "marketing_opt_in": "yes"},
	})
	require.Empty(t, problems)
	require.Len(t, plan.Objects, 1)
	object := plan.Objects[0]
	write := crm.Write{
		Submission: "sub_page", Keys: object.Keys, Fields: maps.Clone(object.Fields), CreateOnly: object.CreateOnly, UpdateOnly: object.UpdateOnly,
		FillBlanks: object.FillBlanks, Read: object.Read, SubmittedAt: time.Date(2026, 4, 14, 9, 0, 0, 0, time.UTC),
	}
	result := connector.Upsert(t.Context(), object.Object, []crm.Write{write})[0]
	require.Equal(t, crm.Misconfigured, result.Err.Kind, "step 1 was left out")

	said, err := run(check)
	require.Error(t, err, "%s", said)
	for _, field := range []string{"Handoff_Key__c", "Handoff_State__c"} {
		require.Regexp(t, `lead\.`+field+` +not_set_up`, said)
	}
	for _, field := range append(ownFields("Lead"), consentFields...) {
		s.Salesforce.AddField("Lead", field)
	}
	said, err = run(check)
	require.NoError(t, err, "%s", said)
	connector, err = connectors.New(t.Context(), "crm", c.Destinations["crm"])
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connector.Close()) })
	result = connector.Upsert(t.Context(), object.Object, []crm.Write{write})[0]
	require.Nil(t, result.Err, fmt.Sprint(result.Err))
	require.Equal(t, crm.Created, result.Outcome)
	lead := s.Salesforce.Records("Lead")[0]
	require.Equal(t, "ann@example.com", lead["Email"])
	require.Equal(t, "[not provided]", lead["Company"])
	require.Equal(t, "Web", lead["LeadSource"])
	require.Equal(t, "Hello", lead["Description"])
	require.Equal(t, true, lead["Marketing_Opt_In__c"])
}
