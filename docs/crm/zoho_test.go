package crm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/rest/resttest/standin"
	"handoff/internal/crm/rest/resttest/zoho"
)

// zohoOrganization is an account with the fields that the page has people make.
func zohoOrganization(clock func() time.Time) *zoho.Organization {
	o := zoho.New(clock)
	for _, module := range []string{"Leads", "Contacts", "Accounts", "Deals", "Tasks"} {
		o.AddField(module, zoho.Field{Name: "Handoff_State", Type: "textarea", Length: 32000})
		if module != "Accounts" {
			o.AddField(module, zoho.Field{Name: "Handoff_Key", Type: "text", Length: 255, Unique: true})
		}
		if module == "Leads" || module == "Contacts" {
			o.AddField(module, zoho.Field{Name: "Marketing_Opt_In", Type: "boolean"})
			o.AddField(module, zoho.Field{Name: "Consent_Text", Type: "textarea", Length: 2000})
			o.AddField(module, zoho.Field{Name: "Consent_At", Type: "datetime"})
		}
	}
	return o
}

func zohoSecrets() []string {
	return []string{"HANDOFF_CRM_SECRET=" + zoho.ClientSecret, "HANDOFF_CRM_REFRESH=" + zoho.RefreshToken}
}

func zohoExample(t testing.TB, way *standin.Way, replace ...string) string {
	return example(t, "zoho", append([]string{"https://www.zohoapis.eu", way.URL, "https://accounts.zoho.eu", way.URL}, replace...)...)
}

// moments is a clock that stands still where nobody moves it, so that no limit of access tokens is met by chance.
func moments() func() time.Time {
	at := noon
	return func() time.Time { at = at.Add(5 * time.Minute); return at }
}

func TestZohoConformance(t *testing.T) {
	t.Parallel()
	organization := zohoOrganization(moments())
	crmtest.Run(t, crmtest.Harness{
		Connector: connected(t, zohoExample(t, standin.Start(t, organization, apidescription.Before(t, apidescription.Zoho))), zohoSecrets()...), Object: "lead", Key: "email", Other: "handoff_key",
		Texts: [3]string{"first_name", "company", "message"}, Number: "employees", Picklist: "status", Choice: "Contacted",
		Required: crm.Fields{"last_name": "[not provided]"}, Owner: zoho.Owner, Another: zoho.Another, Patience: 30 * time.Second,
		Faulty: func(t testing.TB) crmtest.Faulty {
			way := standin.Start(t, organization, apidescription.Before(t, apidescription.Zoho))
			return faulty(t, way, zohoExample(t, way), zohoSecrets()...)
		},
	})
}

// TestZohoObjects: everything that a lead becomes, with the links between them.
func TestZohoObjects(t *testing.T) {
	t.Parallel()
	organization := zohoOrganization(nil)
	destination := zohoExample(t, standin.Start(t, organization, apidescription.Before(t, apidescription.Zoho)))
	connector := connected(t, destination, zohoSecrets()...)
	account := writes(t, connector, "company", [][]string{{"domain"}, {"name"}}, crm.Fields{"domain": "example.com", "name": "O'Neil & Sons", "employees": "12"})
	contact := writes(t, connector, "contact", [][]string{{"email"}}, crm.Fields{
		"email": "ann@example.com", "last_name": "Lee", "company_id": account.RecordID, "marketing_opt_in": true, "consent_text": "Yes.",
		"consent_at": "2026-04-14T12:00:00.5Z",
	})
	lead := writes(t, connector, "lead", [][]string{{"email"}}, crm.Fields{"email": "ann@example.com", "last_name": "Lee", "source": "Web Download"})
	writes(t, connector, "deal", [][]string{{"handoff_key"}}, crm.Fields{
		"handoff_key": "sub_1", "name": "Demo", "stage": "Qualification", "close_date": "2026-05-01", "amount": json.Number("12.5"),
		"company_id": account.RecordID, "contact_id": contact.RecordID,
	})
	writes(t, connector, "task", [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "sub_1", "subject": "Call Ann", "due_date": "2026-04-15", "lead_id": lead.RecordID})
	writes(t, connector, "note", [][]string{{"handoff_key"}}, crm.Fields{"handoff_key": "sub_1", "content": "Hello", "lead_id": lead.RecordID})

	for _, module := range []string{"Accounts", "Contacts", "Leads", "Deals", "Tasks", "Notes"} {
		require.Len(t, organization.Records(module), 1, module)
	}
	require.Equal(t, map[string]any{"id": account.RecordID}, organization.Records("Contacts")[0]["Account_Name"])
	require.Equal(t, "2026-04-14T12:00:00+00:00", organization.Records("Contacts")[0]["Consent_At"], "Zoho knows no fractions")
	require.Equal(t, map[string]any{"id": contact.RecordID}, organization.Records("Deals")[0]["Contact_Name"])
	require.Equal(t, "Leads", organization.Records("Tasks")[0]["$se_module"])
	require.Equal(t, map[string]any{"id": lead.RecordID, "module": map[string]any{"api_name": "Leads"}}, organization.Records("Notes")[0]["Parent_Id"])
	again := writes(t, connector, "company", [][]string{{"name"}}, crm.Fields{"name": "It's another"})
	require.NotEqual(t, account.RecordID, again.RecordID, "a name with a quote is found by itself only")

	for name, object := range loadRest(t, destination, zohoSecrets()...).Rest.Objects {
		require.Len(t, describes(t, connector, name), len(object.Fields), "%s: Zoho has every field", name)
	}
	lastName := describes(t, connector, "lead")["last_name"]
	require.True(t, lastName.Required)
	require.Equal(t, 255, lastName.MaxLength)
	require.Equal(t, []string{"Attempted to Contact", "Contacted", "Not Contacted"}, describes(t, connector, "lead")["status"].Options)
}

// TestZohoBatches: a hundred leads take two queries and one upsert, and each learns of itself what became of it.
func TestZohoBatches(t *testing.T) {
	t.Parallel()
	organization := zohoOrganization(nil)
	way := standin.Start(t, organization, apidescription.Before(t, apidescription.Zoho))
	connector := connected(t, zohoExample(t, way, "duplicate_check_fields: [Email]}", `duplicate_check_fields: [Email], trigger: [], lar_id: "6493490000000007001"}`), zohoSecrets()...)
	var batch []crm.Write
	for i := range 100 {
		fields := crm.Fields{"email": fmt.Sprintf("p%d@example.com", i), "last_name": "Lee"}
		if i == 7 {
			fields["last_name"] = ""
		}
		if i == 8 {
			fields["phone"] = "0123456789012345678901234567890123456789"
		}
		batch = append(batch, crm.Write{Submission: fmt.Sprint("sub_", i), Keys: [][]string{{"email"}}, Fields: fields, SubmittedAt: noon})
	}
	for i, result := range connector.Upsert(t.Context(), "lead", batch) {
		switch i {
		case 7:
			require.Equal(t, crm.Error{Kind: crm.Invalid, Code: "MANDATORY_NOT_FOUND", Status: 200, Fields: []string{"last_name"}}, *result.Err)
		case 8:
			require.Equal(t, crm.Error{Kind: crm.Invalid, Code: "INVALID_DATA", Status: 200, Fields: []string{"phone"}}, *result.Err)
		default:
			require.Nil(t, result.Err)
			require.Equal(t, crm.Created, result.Outcome)
		}
	}
	require.Equal(t, []string{"POST /crm/v8/coql", "POST /crm/v8/coql", "POST /crm/v8/Leads/upsert"}, way.Calls())
	require.Equal(t, []any{}, organization.Written()[0]["trigger"])
	require.Equal(t, "6493490000000007001", organization.Written()[0]["lar_id"])
	require.Len(t, organization.Records("Leads"), 98)
}

// TestZohoConverted: of a person whose lead was converted, a new lead is made.
func TestZohoConverted(t *testing.T) {
	t.Parallel()
	organization := zohoOrganization(nil)
	connector := connected(t, zohoExample(t, standin.Start(t, organization, apidescription.Before(t, apidescription.Zoho))), zohoSecrets()...)
	first := writes(t, connector, "lead", [][]string{{"email"}}, crm.Fields{"email": "ann@example.com", "last_name": "Lee"})
	organization.Convert(first.RecordID)
	second := connector.Upsert(t.Context(), "lead", []crm.Write{{
		Submission: "sub_2", Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": "ann@example.com", "last_name": "Lee"}, SubmittedAt: noon,
	}})[0]
	require.Nil(t, second.Err)
	require.Equal(t, crm.Created, second.Outcome)
	require.NotEqual(t, first.RecordID, second.RecordID)
}

// TestZohoTokens: a connector asks for one access token however many calls it makes, and an eleventh in ten minutes is a limit
// and no bad credential.
func TestZohoTokens(t *testing.T) {
	t.Parallel()
	organization := zohoOrganization(func() time.Time { return noon })
	way := standin.Start(t, organization, apidescription.Before(t, apidescription.Zoho))
	for worker := range 11 {
		connector := connected(t, zohoExample(t, way), zohoSecrets()...)
		for range 3 {
			_, err := connector.Owners(t.Context())
			if worker < 10 {
				require.NoError(t, err)
				continue
			}
			failure, ok := crm.AsError(err)
			require.True(t, ok)
			require.Equal(t, crm.Error{Kind: crm.RateLimited, Code: "too_many_tokens", Status: 400, RetryAfter: time.Minute}, *failure)
		}
	}
}

// TestZohoPage follows the page as a new user would: make the fields, configure, check, and send a submission.
func TestZohoPage(t *testing.T) {
	t.Parallel()
	examples := blocks(t, "zoho.md", "yaml")
	require.Len(t, examples, 2)
	check := strings.TrimSpace(blocks(t, "zoho.md", "sh")[0])
	u := follow(t, zohoExample(t, standin.Start(t, zoho.New(nil), apidescription.Before(t, apidescription.Zoho))), examples[0], zohoSecrets()...)
	said, err := u.run(t, check)
	require.Error(t, err, "step 2 was left out")
	require.Contains(t, said, "lead.consent_text")

	organization := zohoOrganization(nil)
	destination := zohoExample(t, standin.Start(t, organization, apidescription.Before(t, apidescription.Zoho)))
	u.configure(t, destination)
	said, err = u.run(t, check)
	require.NoError(t, err, "%s", said)
	connector := connected(t, destination, zohoSecrets()...)
	for range 2 { // the second time is after a lost reply
		written := u.submit(t, connector, "sub_page", map[string]any{
			"email": "Ann@Example.com", "firstname": "Ann", "company": "Example", "message": "Hello", "marketing_opt_in": "yes",
		})
		require.Equal(t, crm.Created, written["lead"].Outcome)
	}
	require.Len(t, organization.Records("Leads"), 1)
	require.Len(t, organization.Records("Notes"), 1)
	lead := organization.Records("Leads")[0]
	require.Equal(t, "ann@example.com", lead["Email"])
	require.Equal(t, "[not provided]", lead["Last_Name"])
	require.Equal(t, "Web Download", lead["Lead_Source"])
	require.Equal(t, true, lead["Marketing_Opt_In"])
	require.Contains(t, lead["Consent_Text"], "I would like to receive news")
	require.Equal(t, "Hello", organization.Records("Notes")[0]["Note_Content"])
	owner, _, err := connector.SetOwner(t.Context(), "lead", fmt.Sprint(lead["id"]), zoho.Owner)
	require.NoError(t, err)
	require.Equal(t, zoho.Owner, owner, "what Handoff's own user has is nobody's")

	_, grant, _ := strings.Cut(destination, "        word: Zoho-oauthtoken\n")
	grant, _, _ = strings.Cut(grant, "      errors:\n")
	app := replaced(t, destination, "      auth:\n        word: Zoho-oauthtoken\n"+grant, "      auth: {word: Zoho-oauthtoken}\n")
	app = strings.Replace(app, "    rest:\n", "    "+strings.ReplaceAll(strings.TrimSpace(examples[1]), "\n", "\n    ")+"\n    rest:\n", 1)
	o := loadRest(t, app, "HANDOFF_CRM_APP_SECRET=s").OAuth
	require.Equal(t, "offline", o.Params["access_type"])
	require.Contains(t, page(t, "zoho.md"), o.Scopes[0], "the scopes of both ways are the same")
}
