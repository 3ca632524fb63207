package crm_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/rest/resttest/dynamics"
	"handoff/internal/crm/rest/resttest/standin"
)

// dynamicsEnvironment is an environment with the columns that the page has people make.
func dynamicsEnvironment() *dynamics.Environment {
	e := dynamics.New()
	for _, set := range []string{"accounts", "contacts", "leads", "opportunities", "tasks"} {
		e.AddColumn(set, dynamics.Column{Name: "new_handoffstate", Type: "Memo", Length: 20_000}, false)
		if set != "accounts" {
			e.AddColumn(set, dynamics.Column{Name: "new_submissionkey", Type: "String", Length: 255}, true)
		}
		if set == "contacts" || set == "leads" {
			e.AddColumn(set, dynamics.Column{Name: "new_marketingoptin", Type: "Boolean"}, false)
			e.AddColumn(set, dynamics.Column{Name: "new_consenttext", Type: "Memo", Length: 2000}, false)
			e.AddColumn(set, dynamics.Column{Name: "new_consentat", Type: "DateTime"}, false)
		}
	}
	e.AddColumn("leads", dynamics.Column{Name: "new_interests", Type: "MultiSelectPicklist"}, false)
	return e
}

func dynamicsSecrets() []string { return []string{"HANDOFF_CRM_SECRET=" + dynamics.ClientSecret} }

func dynamicsExample(t testing.TB, way *standin.Way, replace ...string) string {
	return example(t, "dynamics", append([]string{"https://org.api.crm4.dynamics.com", way.URL, "https://login.microsoftonline.com", way.URL}, replace...)...)
}

func TestDynamicsConformance(t *testing.T) {
	t.Parallel()
	environment := dynamicsEnvironment()
	crmtest.Run(t, crmtest.Harness{
		Connector: connected(t, dynamicsExample(t, standin.Start(t, environment, apidescription.Before(t, apidescription.Dynamics))), dynamicsSecrets()...), Object: "lead", Key: "email", Other: "handoff_key",
		Texts: [3]string{"first_name", "last_name", "company"}, Number: "employees", Picklist: "source", Choice: "web",
		Owner: dynamics.Owner, Another: dynamics.Another, Patience: 30 * time.Second,
		Faulty: func(t testing.TB) crmtest.Faulty {
			way := standin.Start(t, environment, apidescription.Before(t, apidescription.Dynamics))
			return faulty(t, way, dynamicsExample(t, way), dynamicsSecrets()...)
		},
	})
}

// TestDynamicsObjects: everything that a lead becomes, with the links between them.
func TestDynamicsObjects(t *testing.T) {
	t.Parallel()
	environment := dynamicsEnvironment()
	destination := dynamicsExample(t, standin.Start(t, environment, apidescription.Before(t, apidescription.Dynamics)))
	connector := connected(t, destination, dynamicsSecrets()...)
	account := writes(t, connector, "company", [][]string{{"domain"}, {"name"}}, crm.Fields{"domain": "https://example.com", "name": "O'Neil"})
	contact := writes(t, connector, "contact", [][]string{{"email"}}, crm.Fields{
		"email": "o'neil@example.com", "last_name": "O'Neil", "company_id": account.RecordID, "marketing_opt_in": true, "consent_text": "Yes.", "consent_at": "2026-04-14T12:00:00Z",
	})
	lead := writes(t, connector, "lead", [][]string{{"handoff_key"}}, crm.Fields{
		"handoff_key": "it's one", "last_name": "O'Neil", "source": "web", "interests": []string{"hosting", "support"}, "contact_id": contact.RecordID, "company_id": account.RecordID,
	})
	writes(t, connector, "deal", [][]string{{"handoff_key"}}, crm.Fields{
		"handoff_key": "sub_1", "name": "Demo", "amount": json.Number("12.50"), "close_date": "2026-05-01", "company_id": account.RecordID, "contact_id": contact.RecordID, "lead_id": lead.RecordID,
	})
	writes(t, connector, "note", [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "sub_1", "content": "Hello", "lead_id": lead.RecordID})
	writes(t, connector, "task", [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "sub_1", "subject": "Call", "due_at": "2026-04-15T09:00:00Z", "lead_id": lead.RecordID})

	for _, set := range []string{"accounts", "contacts", "leads", "opportunities", "annotations", "tasks"} {
		require.Len(t, environment.Records(set), 1, set)
	}
	for set, want := range map[string]map[string]any{
		"contacts":      {"_parentcustomerid_value": account.RecordID, "new_marketingoptin": true, "new_consenttext": "Yes.", "new_consentat": "2026-04-14T12:00:00Z"},
		"leads":         {"_parentcontactid_value": contact.RecordID, "_parentaccountid_value": account.RecordID, "leadsourcecode": json.Number("8"), "new_interests": "100000000,100000001"},
		"opportunities": {"_parentaccountid_value": account.RecordID, "_originatingleadid_value": lead.RecordID, "estimatedvalue": json.Number("12.50")},
		"annotations":   {"_objectid_value": lead.RecordID, "notetext": "Hello"},
		"tasks":         {"_regardingobjectid_value": lead.RecordID},
	} {
		for name, value := range want {
			require.Equal(t, value, environment.Records(set)[0][name], "%s.%s", set, name)
		}
	}
	read, err := connector.Find(t.Context(), "lead", crm.Fields{"handoff_key": "it's one"}, []string{"source", "interests", "contact_id"})
	require.NoError(t, err)
	require.Equal(t, crm.Fields{"source": "web", "interests": []string{"hosting", "support"}, "contact_id": contact.RecordID}, read[0].Fields)

	for name, object := range loadRest(t, destination, dynamicsSecrets()...).Rest.Objects {
		require.Len(t, describes(t, connector, name), len(object.Fields), "%s: Dataverse has every field", name)
	}
	lead2 := describes(t, connector, "lead")
	require.Equal(t, 100, lead2["last_name"].MaxLength)
	require.Contains(t, lead2["source"].Options, "web")
	require.Contains(t, lead2["source"].Options, "2", "a choice that no mapping has a name for")
	require.Equal(t, "multi-enum", lead2["interests"].Type)
	unlinked := connector.Upsert(t.Context(), "lead", []crm.Write{{
		Submission: "sub_2", Keys: [][]string{{"handoff_key"}}, Fields: crm.Fields{"handoff_key": "it's one", "contact_id": ""}, SubmittedAt: noon.Add(time.Minute),
	}})[0]
	require.Nil(t, unlinked.Err)
	require.Nil(t, environment.Records("leads")[0]["_parentcontactid_value"], "a lookup is cleared")
}

// TestDynamicsKeepsWhatPeopleChange: somebody writes between Handoff's reading and writing; the record is read again, and what is
// decided is decided from what is there then.
func TestDynamicsKeepsWhatPeopleChange(t *testing.T) {
	t.Parallel()
	environment := dynamicsEnvironment()
	way := standin.Start(t, environment, apidescription.Before(t, apidescription.Dynamics))
	connector := connected(t, dynamicsExample(t, way), dynamicsSecrets()...)
	writes(t, connector, "lead", [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "a", "last_name": "Lee"})
	environment.Between(func(set string, r standin.Record) {
		if set == "leads" {
			r["companyname"] = "By a person"
		}
	})
	way.Calls()
	result := connector.Upsert(t.Context(), "lead", []crm.Write{{
		Submission: "sub_2", Keys: [][]string{{"handoff_key"}}, Fields: crm.Fields{"handoff_key": "a", "first_name": "Ann", "company": "By a form"},
		FillBlanks: []string{"company"}, SubmittedAt: noon.Add(time.Hour),
	}})[0]
	require.Nil(t, result.Err, fmt.Sprint(result.Err))
	lead := environment.Records("leads")[0]
	require.Equal(t, "Ann", lead["firstname"])
	require.Equal(t, "By a person", lead["companyname"], "it was blank when Handoff looked first")
	patches := 0
	for _, call := range way.Calls() {
		if call[:5] == "PATCH" {
			patches++
		}
	}
	require.Equal(t, 2, patches, "the first one was refused")
}

// TestDynamicsOwnerWhilePeopleSave: somebody saves the lead between Handoff's reading and giving it away; it is read again, and
// whom the person has given it to keeps it.
func TestDynamicsOwnerWhilePeopleSave(t *testing.T) {
	t.Parallel()
	environment := dynamicsEnvironment()
	connector := connected(t, dynamicsExample(t, standin.Start(t, environment, apidescription.Before(t, apidescription.Dynamics))), dynamicsSecrets()...)
	for key, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"a": {map[string]any{"companyname": "By a person"}, dynamics.Owner},
		"b": {map[string]any{"_ownerid_value": dynamics.Another}, dynamics.Another},
	} {
		lead := writes(t, connector, "lead", [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": key, "last_name": "Lee"})
		environment.Between(func(_ string, r standin.Record) {
			if r["leadid"] == lead.RecordID {
				maps.Copy(r, c.change)
			}
		})
		owner, _, err := connector.SetOwner(t.Context(), "lead", lead.RecordID, dynamics.Owner)
		require.NoError(t, err)
		require.Equal(t, c.want, owner)
	}
	for _, lead := range environment.Records("leads") {
		want := map[any]any{"a": dynamics.Owner, "b": dynamics.Another}[lead["new_submissionkey"]]
		require.Equal(t, want, lead["_ownerid_value"])
	}
}

// TestDynamicsPages: changes are read over pages, each of which has the address of the next.
func TestDynamicsPages(t *testing.T) {
	t.Parallel()
	environment := dynamicsEnvironment()
	way := standin.Start(t, environment, apidescription.Before(t, apidescription.Dynamics))
	connector := connected(t, dynamicsExample(t, way, "odata.maxpagesize=500", "odata.maxpagesize=2"), dynamicsSecrets()...)
	for i := range 5 {
		key := fmt.Sprint("key ", i)
		require.Nil(t, connector.Upsert(t.Context(), "lead", []crm.Write{{Submission: key, Keys: [][]string{{"handoff_key"}}, Fields: crm.Fields{"handoff_key": key}, SubmittedAt: noon}})[0].Err)
	}
	way.Calls()
	changed, err := connector.ChangedSince(t.Context(), "lead", noon.AddDate(-1, 0, 0), []string{"handoff_key"}, 10)
	require.NoError(t, err)
	require.Len(t, changed, 5)
	require.Len(t, way.Calls(), 3)
}

// TestDynamicsPage follows the page as a new user would: make the columns, configure, check, and send a submission.
func TestDynamicsPage(t *testing.T) {
	t.Parallel()
	examples := blocks(t, "dynamics.md", "yaml")
	require.Len(t, examples, 1)
	check := strings.TrimSpace(blocks(t, "dynamics.md", "sh")[0])
	u := follow(t, dynamicsExample(t, standin.Start(t, dynamics.New(), apidescription.Before(t, apidescription.Dynamics))), examples[0], dynamicsSecrets()...)
	said, err := u.run(t, check)
	require.Error(t, err, "step 3 was left out")
	require.Contains(t, said, "contact.consent_text")

	environment := dynamicsEnvironment()
	destination := dynamicsExample(t, standin.Start(t, environment, apidescription.Before(t, apidescription.Dynamics)))
	u.configure(t, destination)
	said, err = u.run(t, check)
	require.NoError(t, err, "%s", said)
	connector := connected(t, destination, dynamicsSecrets()...)
	for range 2 { // the second time is after a lost reply
		written := u.submit(t, connector, "sub_page", map[string]any{
			"email": "Ann@Example.com", "firstname": "Ann", "lastname": "O'Neil", "company": "Example", "message": "Hello", "marketing_opt_in": "yes",
		})
		require.Equal(t, crm.Created, written["contact"].Outcome)
		require.Equal(t, crm.Created, written["lead"].Outcome)
	}
	for _, set := range []string{"contacts", "leads", "annotations"} {
		require.Len(t, environment.Records(set), 1, set)
	}
	contact, lead := environment.Records("contacts")[0], environment.Records("leads")[0]
	require.Equal(t, "ann@example.com", contact["emailaddress1"])
	require.Equal(t, true, contact["new_marketingoptin"])
	require.Contains(t, contact["new_consenttext"], "I would like to receive news")
	require.Equal(t, contact["contactid"], lead["_parentcontactid_value"])
	require.Equal(t, json.Number("8"), lead["leadsourcecode"])
	require.Equal(t, lead["leadid"], environment.Records("annotations")[0]["_objectid_value"])
	owner, _, err := connector.SetOwner(t.Context(), "lead", fmt.Sprint(lead["leadid"]), dynamics.Owner)
	require.NoError(t, err)
	require.Equal(t, dynamics.Owner, owner, "what the application user has is nobody's")
}
