package trial_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/payload"
	"handoff/internal/mappingtool/screen"
	"handoff/internal/mappingtool/trial"
	"handoff/internal/routing"
)

const file = `mapping: contact-us
owner: us
forms: [contact-us]
sources: [website]
destination: crm
identity: email
consent:
  basis: consent
  purposes:
    marketing: {from: newsletter, text: "May we write?", unanswered: declined, to: {contact.opt_in: answer}}
    calls: {from: call_me, text: "May we call?", unanswered: declined, to: {contact.call_opt_in: answer}}
fields:
  - {from: email, to: [contact.email, lead.email], type: email, required: true}
  - {from: phone, to: contact.phone, type: phone, region: NL, consent: calls, fallback: omit}
  - {from: email, to: company.domain, transform: [domain_of]}
objects:
  company: {object: account, key: [domain], without_key: skip}
  contact: {object: person, key: [email], destination: erp, owned: true}
  lead: {object: lead, key: [email], owned: true}
customer: {object: company, when: {lifecycle: [customer]}, skip: [lead], route: account-management}
routing: {domain: company.domain}
`

const table = `queue: rest
rules: [{name: named, accounts: {acme.example: ana}}]
routes: {account-management: {queue: care}}
`

func run(t *testing.T, answers map[string]any) trial.Trial {
	t.Helper()
	set, err := mapping.Load(fstest.MapFS{"contact-us.yaml": {Data: []byte(file)}})
	require.NoError(t, err)
	routes, problems := routing.Parse("routing.yaml", []byte(table))
	require.NoError(t, problems.Err())
	at := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	m := set.All()[0]
	return trial.Run(payload.Sample{Mapping: m, How: "by a test", Input: mapping.Input{
		Source: "website", Form: "contact-us", SubmittedAt: at, ReceivedAt: at, Answers: answers,
	}}, routes)
}

func printed(tried trial.Trial) string {
	var b bytes.Buffer
	tried.Print(screen.New(&b, false, 120))
	return b.String()
}

func TestOwnersOfAPersonAndOfACustomer(t *testing.T) {
	t.Parallel()
	tried := run(t, map[string]any{"email": "ann@acme.example", "newsletter": "yes", "phone": "020 794 1234", "shoe": "42"})
	require.True(t, tried.OK())
	require.Equal(t, "ana", tried.Routing.Owner)
	require.Equal(t, "care", tried.Routing.Customer.Queue)
	text := printed(tried)
	for _, want := range []string{
		"calls: unanswered", "marketing: granted", "contact.phone", "no-consent", "person   erp", "no lead is written", "shoe",
	} {
		require.Contains(t, text, want)
	}
	encoded, err := json.Marshal(tried)
	require.NoError(t, err)
	var decoded map[string]any
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	for _, key := range []string{"mapping", "version", "source", "form", "read", "plan", "decisions", "unknown", "vanished", "routing"} {
		require.Contains(t, decoded, key)
	}
}

func TestAProblemHasNoOwner(t *testing.T) {
	t.Parallel()
	tried := run(t, map[string]any{"email": "nobody"})
	require.False(t, tried.OK())
	require.Nil(t, tried.Routing)
	require.Contains(t, printed(tried), "1 problem: the submission would wait in review.")
}

func TestLongValuesAreCut(t *testing.T) {
	t.Parallel()
	require.Equal(t, `["a","<b>"]`, trial.Shown([]string{"a", "<b>"}))
	require.Len(t, []rune(trial.Shown(string(make([]rune, 500)))), 200)
}
