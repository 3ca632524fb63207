package config_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// salesforceDestination is a whole org in the place of the tables of testdata/valid.yaml.
const salesforceDestination = `destinations:
  crm:
    connector: salesforce
    limit: {plan: production}
    salesforce:
      instance_url: https://example.my.salesforce.com/
      client: {client_id: app, client_secret_env: SALESFORCE_SECRET}
      assign: on
      duplicates: review
      nobody: [00GdL000000XyZ1UAK]
      objects:
        lead:
          fields: {first_name: FirstName, budget: Budget__c}
        inquiry: {object: Inquiry__c}
`

func withSalesforce(t *testing.T, from, to string) (*config.Config, error) {
	t.Helper()
	valid, err := os.ReadFile("testdata/valid.yaml")
	require.NoError(t, err)
	head, _, found := strings.Cut(string(valid), "destinations:\n")
	require.True(t, found)
	if from != "" {
		require.Contains(t, salesforceDestination, from)
	}
	path := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(path, []byte(head+strings.Replace(salesforceDestination, from, to, 1)), 0o600))
	return config.Load(path, environ(t, map[string]string{
		"SALESFORCE_SECRET": "hunter2", "SALESFORCE_TOKEN": "00D!1",
		"SALESFORCE_KEY": privateKey(),
	}))
}

// privateKey is a key in PEM, the same one for all tests.
var privateKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err.Error()
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
})

const clientLine = "client: {client_id: app, client_secret_env: SALESFORCE_SECRET}"

func TestSalesforce(t *testing.T) {
	t.Parallel()
	c, err := withSalesforce(t, "", "")
	require.NoError(t, err)
	s := c.Destinations["crm"].Salesforce
	require.Equal(t, "https://example.my.salesforce.com", s.InstanceURL)
	require.Equal(t, "hunter2", s.Client.ClientSecret.Reveal())
	require.Equal(t, "Inquiry__c", s.Objects["inquiry"].Object)

	c, err = withSalesforce(t, clientLine, "jwt: {client_id: app, username: handoff@example.com, key_env: SALESFORCE_KEY}")
	require.NoError(t, err)
	require.Equal(t, "https://login.salesforce.com", c.Destinations["crm"].Salesforce.JWT.Audience)

	for _, name := range []string{"campaign_member", "Inquiry__c"} { // as mappings call them
		c, err = withSalesforce(t, "inquiry:", name+":")
		require.NoError(t, err)
		require.Contains(t, c.Destinations["crm"].Salesforce.Objects, name)
	}

	c, err = withSalesforce(t, clientLine, "token_env: SALESFORCE_TOKEN")
	require.NoError(t, err)
	require.Equal(t, "00D!1", c.Destinations["crm"].Salesforce.Token.Reveal())
}

// bulkLine is what switches jobs on, in the place of what cannot be together with them.
const bulkLine = "bulk: {from: 16}"

// TestSalesforceBulk: jobs are off until they are switched on, and then as Salesforce advises.
func TestSalesforceBulk(t *testing.T) {
	t.Parallel()
	c, err := withSalesforce(t, "", "")
	require.NoError(t, err)
	require.Nil(t, c.Destinations["crm"].Bulk())
	require.Nil(t, config.Destination{}.Bulk())
	c, err = withSalesforce(t, "duplicates: review", bulkLine)
	require.NoError(t, err)
	require.Equal(t, &config.SalesforceBulk{From: 16, Gather: 10 * time.Second}, c.Destinations["crm"].Bulk())
	_, err = withSalesforce(t, "duplicates: review", "bulk: {}")
	require.ErrorContains(t, err, "$.destinations.crm.salesforce.bulk: relay.background is 16, so that a backfill never has the 2000 "+
		"submissions under way that a job takes; set relay.background to 5000")
	require.Regexp(t, `handoff\.yaml:\d+:\d+: \$\.destinations\.crm\.salesforce\.bulk`, err.Error())
}

// TestSalesforceRules: each mistake is told, with its place and what is wanted.
func TestSalesforceRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"no way in":       {clientLine, "version: 67.0", "$.destinations.crm.salesforce: want exactly one of client, jwt and token_env, or oauth beside it"},
		"two ways in":     {clientLine, clientLine + "\n      token_env: SALESFORCE_TOKEN", "want exactly one of client, jwt and token_env"},
		"no encryption":   {"https://example", "http://example", "$.destinations.crm.salesforce.instance_url: want https: secrets go there"},
		"no address":      {"instance_url: https://example.my.salesforce.com/", "version: 67.0", "$.destinations.crm.salesforce.instance_url: want an http or https URL"},
		"a version":       {clientLine, clientLine + "\n      version: v67", "$.destinations.crm.salesforce.version: want a version of the API, such as 67.0"},
		"no id":           {"client_id: app, ", "", "$.destinations.crm.salesforce.client.client_id: want the app's client id"},
		"no user":         {clientLine, "jwt: {client_id: app, key_env: SALESFORCE_KEY}", "jwt.username: want the name of the user whom Handoff works as"},
		"no key":          {clientLine, "jwt: {client_id: app, username: u, key_env: SALESFORCE_SECRET}", "jwt.key_env: want an RSA private key in PEM"},
		"assignment":      {"assign: on", "assign: always", "$.destinations.crm.salesforce.assign: want on, or the id of an assignment rule"},
		"duplicates":      {"duplicates: review", "duplicates: drop", `$.destinations.crm.salesforce.duplicates: unknown choice "drop"; want one of: review, save`},
		"a large job":     {"duplicates: review", "bulk: {from: 10001}", "$.destinations.crm.salesforce.bulk.from: want 1 to 10000"},
		"a long gather":   {"duplicates: review", "bulk: {from: 2, gather: 1h}", "$.destinations.crm.salesforce.bulk.gather: want 1s to 5m"},
		"warnings":        {"duplicates: review", "duplicates: review\n      bulk: {from: 2}", "$.destinations.crm.salesforce.bulk: no use with duplicates: review"},
		"nobody":          {"[00GdL000000XyZ1UAK]", "[Web_Leads]", "$.destinations.crm.salesforce.nobody[0]: want the id of a user or queue"},
		"an object":       {"Inquiry__c", "Inquiry-c", "objects.inquiry.object: want Salesforce's API name of the object"},
		"a name":          {"inquiry:", "in quiry:", "objects.'in quiry': want a name of letters"},
		"a field":         {"Budget__c", "Budget c", "fields.budget: want Salesforce's API name of the field"},
		"Handoff's own":   {"Budget__c", "OwnerId", "fields.budget: OwnerId is written by Handoff itself; want another field"},
		"one field twice": {"Budget__c", "FirstName", "field FirstName is also that of budget; want one of its own"},
		"another's part":  {"connector: salesforce", "connector: hubspot", "$.destinations.crm.salesforce: no use with connector hubspot"},
		"another's plan":  {"plan: production", "plan: starter", `$.destinations.crm.limit.plan: unknown plan "starter"`},
	} {
		_, err := withSalesforce(t, c.from, c.to)
		require.ErrorContains(t, err, c.want, name)
	}
}
