package crm_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/rest/resttest/pipedrive"
	"handoff/internal/crm/rest/resttest/standin"
)

// pipedriveCompany is an account with the fields that the page has people make.
func pipedriveCompany() *pipedrive.Company {
	company := pipedrive.New()
	key := func(pair string) string { return strings.Repeat(pair, 20) }
	for _, f := range []struct{ of, pair, kind string }{
		{"person", "a1", "text"}, {"person", "a2", "varchar"}, {"person", "a3", "varchar"}, {"person", "a4", "varchar"}, {"person", "a5", "double"},
		{"person", "a7", "text"}, {"person", "a8", "varchar"}, {"organization", "b1", "text"}, {"organization", "b2", "varchar"},
		{"deal", "d1", "text"}, {"deal", "d2", "varchar"}, {"deal", "d3", "text"}, {"deal", "d4", "varchar"},
	} {
		company.AddField(f.of, key(f.pair), f.kind, nil)
	}
	company.AddField("person", key("a6"), "enum", map[int]string{11: "yes", 12: "no"})
	return company
}

func pipedriveSecrets() []string {
	return []string{"HANDOFF_CRM_TOKEN=" + pipedrive.APIToken, "HANDOFF_CRM_SECRET=" + pipedrive.ClientSecret, "HANDOFF_CRM_REFRESH=refresh"}
}

func pipedriveExample(t testing.TB, way *standin.Way, replace ...string) string {
	return example(t, "pipedrive", append([]string{"https://company.pipedrive.com", way.URL}, replace...)...)
}

// TestPipedriveConformance: persons, by the description that is shipped. The way that fails is an app's, whose tokens have an
// end: a user's own token has none.
func TestPipedriveConformance(t *testing.T) {
	t.Parallel()
	company := pipedriveCompany()
	crmtest.Run(t, crmtest.Harness{
		Connector: connected(t, pipedriveExample(t, standin.Start(t, company, apidescription.Before(t, apidescription.Pipedrive))), pipedriveSecrets()...), Object: "contact", Key: "email", Other: "handoff_key",
		Texts: [3]string{"job_title", "country", "consent_text"}, Number: "employees", NumberType: "decimal",
		Picklist: "marketing_opt_in", Choice: "true", Required: crm.Fields{"name": "Somebody"},
		Owner: "1002", Another: "1003", Patience: 30 * time.Second,
		Faulty: func(t testing.TB) crmtest.Faulty {
			way := standin.Start(t, company, apidescription.Before(t, apidescription.Pipedrive))
			return faulty(t, way, pipedriveExample(t, way, "{header: {name: x-api-token, value_env: HANDOFF_CRM_TOKEN}}",
				"{grant: {token_url: "+way.URL+"/oauth/token, client_id: pipedrive-app, client_secret_env: HANDOFF_CRM_SECRET, refresh_token_env: HANDOFF_CRM_REFRESH}}"), pipedriveSecrets()...)
		},
	})
}

// TestPipedriveObjects: everything that a lead becomes, with the links between them.
func TestPipedriveObjects(t *testing.T) {
	t.Parallel()
	company := pipedriveCompany()
	connector := connected(t, pipedriveExample(t, standin.Start(t, company, apidescription.Before(t, apidescription.Pipedrive))), pipedriveSecrets()...)
	organization := writes(t, connector, "company", [][]string{{"domain"}, {"name"}}, crm.Fields{"domain": "example.com", "name": "Example"})
	person := writes(t, connector, "contact", [][]string{{"email"}}, crm.Fields{
		"email": "ann@example.com", "name": "Ann Lee", "phone": "+15550100001", "company_id": organization.RecordID,
		"marketing_opt_in": "true", "consent_text": "Yes, write to me.", "consent_at": "2026-04-14T12:00:00Z",
	})
	lead := writes(t, connector, "lead", [][]string{{"handoff_key"}}, crm.Fields{
		"handoff_key": "sub_1", "title": "Demo for Ann", "contact_id": person.RecordID, "company_id": organization.RecordID, "message": "Hello", "amount": "12.50",
	})
	deal := writes(t, connector, "deal", [][]string{{"handoff_key"}}, crm.Fields{
		"handoff_key": "sub_1", "title": "Demo for Ann", "contact_id": person.RecordID, "company_id": organization.RecordID, "stage": "qualified", "amount": json.Number("12.50"),
	})
	writes(t, connector, "activity", [][]string{{"handoff_key"}}, crm.Fields{
		"handoff_key": "sub_1", "contact_id": person.RecordID, "deal_id": deal.RecordID, "kind": "call", "due_date": "2026-04-15", "note": "Asks <b>now</b>",
	})
	writes(t, connector, "note", [][]string{{"content"}}, crm.Fields{"lead_id": lead.RecordID, "content": "Is 1 < 2?\nI & you <script>x</script>"})

	for object, count := range map[string]int{"organization": 1, "person": 1, "lead": 1, "deal": 1, "activity": 1, "note": 1} {
		require.Len(t, company.Records(object), count, object)
	}
	linked := func(object, name, id string) {
		require.Equal(t, id, string(company.Records(object)[0][name].(json.Number)), object)
	}
	linked("person", "org_id", organization.RecordID)
	linked("lead", "person_id", person.RecordID)
	linked("lead", "organization_id", organization.RecordID)
	linked("deal", "org_id", organization.RecordID)
	linked("deal", "stage_id", "2")
	linked("activity", "deal_id", deal.RecordID)
	linked("activity", "person_id", person.RecordID)
	require.Equal(t, lead.RecordID, company.Records("note")[0]["lead_id"])
	require.Equal(t, "Is 1 &lt; 2?<br>I &amp; you &lt;script&gt;x&lt;/script&gt;", company.Records("note")[0]["content"], "what somebody typed is no markup")
	require.Equal(t, "Web form sub_1", company.Records("activity")[0]["subject"])
	require.Equal(t, map[string]any{"amount": json.Number("12.50"), "currency": "EUR"}, company.Records("lead")[0]["value"])

	for _, object := range []string{"company", "contact", "lead", "deal", "activity"} {
		described := describes(t, connector, object)
		require.Len(t, described, len(loadRest(t, pipedriveExample(t, &standin.Way{URL: "https://company.example.com"}), pipedriveSecrets()...).Rest.Objects[object].Fields), "%s: Pipedrive has every field", object)
	}
	require.ElementsMatch(t, []string{"true", "false"}, describes(t, connector, "contact")["marketing_opt_in"].Options)
}

// TestPipedriveKeepsAddresses: further addresses of a person stay when the first one changes, and each of them finds the person.
func TestPipedriveKeepsAddresses(t *testing.T) {
	t.Parallel()
	company := pipedriveCompany()
	connector := connected(t, pipedriveExample(t, standin.Start(t, company, apidescription.Before(t, apidescription.Pipedrive))), pipedriveSecrets()...)
	upsert := func(submission string, minute int, keys [][]string, fields crm.Fields) crm.Result {
		result := connector.Upsert(t.Context(), "contact", []crm.Write{{Submission: submission, Keys: keys, Fields: fields, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute)}})[0]
		require.Nil(t, result.Err)
		return result
	}
	first := upsert("a", 0, [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "ann", "name": "Ann", "email": "ann@example.com", "phone": "+1"})
	upsert("b", 1, [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "ann", "email": "ann@work.example.com"})
	emails := []any{
		map[string]any{"value": "ann@work.example.com", "primary": true, "label": "work"},
		map[string]any{"value": "ann@example.com", "primary": false, "label": "work"},
	}
	require.Equal(t, emails, company.Records("person")[0]["emails"])
	byOld := upsert("c", 2, [][]string{{"email"}}, crm.Fields{"email": "Ann@Example.com", "phone": "+2"})
	require.Equal(t, first.RecordID, byOld.RecordID, "the further address finds the same person")
	require.Equal(t, crm.Updated, byOld.Outcome)
	require.Equal(t, emails, company.Records("person")[0]["emails"], "it stays a further one")
	upsert("d", 3, [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "ann", "email": "ann@example.com"})
	require.Equal(t, []any{
		map[string]any{"value": "ann@example.com", "primary": true, "label": "work"},
		map[string]any{"value": "ann@work.example.com", "primary": false, "label": "work"},
	}, company.Records("person")[0]["emails"], "an address that is there already is there once")
	upsert("e", 4, [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "ann", "phone": ""})
	require.Equal(t, []any{map[string]any{"value": "+1", "primary": false, "label": "work"}}, company.Records("person")[0]["phones"], "without an answer the first one goes")
}

// TestPipedriveParticipants: the person of an activity is its primary participant, who goes when there is no person any more.
func TestPipedriveParticipants(t *testing.T) {
	t.Parallel()
	company := pipedriveCompany()
	connector := connected(t, pipedriveExample(t, standin.Start(t, company, apidescription.Before(t, apidescription.Pipedrive))), pipedriveSecrets()...)
	person := writes(t, connector, "contact", [][]string{{"email"}}, crm.Fields{"email": "ann@example.com", "name": "Ann"})
	lead := writes(t, connector, "lead", [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "sub_1", "title": "Demo", "contact_id": person.RecordID})
	fields := crm.Fields{"handoff_key": "sub_1", "lead_id": lead.RecordID, "contact_id": person.RecordID}
	activity := writes(t, connector, "activity", [][]string{{"handoff_key"}}, fields)
	participant := map[string]any{"person_id": json.Number(person.RecordID), "primary": true}
	require.Equal(t, []any{participant}, company.Records("activity")[0]["participants"])

	fields["contact_id"] = ""
	without := connector.Upsert(t.Context(), "activity", []crm.Write{{Submission: "sub_2", Keys: [][]string{{"handoff_key"}}, Fields: fields, SubmittedAt: noon.Add(time.Minute)}})[0]
	require.Nil(t, without.Err)
	require.Equal(t, activity.RecordID, without.RecordID)
	require.Empty(t, company.Records("activity")[0]["participants"])
	require.Nil(t, company.Records("activity")[0]["person_id"])
}

// TestPipedrivePage follows the page as a new user would: make the fields, configure, check, and send a submission.
func TestPipedrivePage(t *testing.T) {
	t.Parallel()
	examples := blocks(t, "pipedrive.md", "yaml")
	require.Len(t, examples, 2)
	check := strings.TrimSpace(blocks(t, "pipedrive.md", "sh")[0])
	empty := pipedrive.New()
	u := follow(t, pipedriveExample(t, standin.Start(t, empty, apidescription.Before(t, apidescription.Pipedrive))), examples[0], pipedriveSecrets()...)
	said, err := u.run(t, check)
	require.Error(t, err, "step 3 was left out")
	require.Contains(t, said, "contact.consent_text")

	company := pipedriveCompany()
	destination := pipedriveExample(t, standin.Start(t, company, apidescription.Before(t, apidescription.Pipedrive)))
	u.configure(t, destination)
	said, err = u.run(t, check)
	require.NoError(t, err, "%s", said)
	connector := connected(t, destination, pipedriveSecrets()...)
	answers := map[string]any{
		"email": "Ann@Example.com", "firstname": "Ann", "lastname": "Lee", "company": "Example", "phone": "+49 30 901820", "message": "Hello\nthere", "marketing_opt_in": "yes",
	}
	for range 2 { // the second time is after a lost reply
		written := u.submit(t, connector, "sub_page", answers)
		for object, result := range written {
			if object != "note" { // which remembers nothing
				require.Equal(t, crm.Created, result.Outcome, object)
			}
		}
	}
	for _, object := range []string{"organization", "person", "lead", "note"} {
		require.Len(t, company.Records(object), 1, object)
	}
	person := company.Records("person")[0]
	require.Equal(t, "Ann Lee", person["name"])
	require.Equal(t, []any{map[string]any{"value": "ann@example.com", "primary": true, "label": "work"}}, person["emails"])
	custom := person["custom_fields"].(map[string]any)
	require.Equal(t, json.Number("11"), custom[strings.Repeat("a6", 20)], "consent, as an option")
	require.Contains(t, custom[strings.Repeat("a7", 20)], "I would like to receive news")
	require.Equal(t, "Hello<br>there", company.Records("note")[0]["content"])
	require.Equal(t, "demo-request", company.Records("lead")[0][strings.Repeat("d4", 20)])

	app := strings.Replace(destination, "{header: {name: x-api-token, value_env: HANDOFF_CRM_TOKEN}}", "{}", 1)
	app = strings.Replace(app, "    rest:\n", "    "+strings.ReplaceAll(strings.TrimSpace(examples[1]), "\n", "\n    ")+"\n    rest:\n", 1)
	require.Equal(t, "header", loadRest(t, app, "HANDOFF_CRM_APP_SECRET=s").OAuth.ClientAuth)
}

// TestPipedriveOwners: what belongs to the token's own user is nobody's, which is asked once; what belongs to somebody stays theirs.
func TestPipedriveOwners(t *testing.T) {
	t.Parallel()
	company := pipedriveCompany()
	way := standin.Start(t, company, apidescription.Before(t, apidescription.Pipedrive))
	connector := connected(t, pipedriveExample(t, way), pipedriveSecrets()...)
	for _, email := range []string{"ann@example.com", "bo@example.com"} {
		person := writes(t, connector, "contact", [][]string{{"email"}}, crm.Fields{"email": email, "name": "Somebody"})
		for _, ask := range []string{"1002", "1003"} {
			owner, _, err := connector.SetOwner(t.Context(), "contact", person.RecordID, ask)
			require.NoError(t, err)
			require.Equal(t, "1002", owner)
		}
	}
	asked := 0
	for _, call := range way.Calls() {
		if call == "GET /api/v1/users/me" {
			asked++
		}
	}
	require.Equal(t, 1, asked)
	_, _, err := connector.SetOwner(t.Context(), "note", "1", "1002")
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, "no_owner", failure.Code, "notes have nobody")
}
