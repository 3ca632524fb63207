// Package crm_test keeps the pages about CRMs true: what they configure works as they say, on a stand-in for the CRM.
package crm_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	vendor "handoff/internal/crm/hubspot"
	"handoff/internal/mapping"
	"handoff/internal/programs"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/seal"
	"handoff/internal/submission"
)

// blocks are a page's examples in one language.
func blocks(t *testing.T, name, language string) (found []string) {
	t.Helper()
	page, err := os.ReadFile(name)
	require.NoError(t, err)
	for _, match := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(page, -1) {
		found = append(found, string(match[1]))
	}
	require.NotEmpty(t, found)
	return found
}

// TestHubSpotPage follows the page as a new user would: configure, set up, check, and send a submission.
func TestHubSpotPage(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{HubSpot: hubspot.Options{PerTenSeconds: -1}})
	folder := t.TempDir()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	environment := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys,
		"HANDOFF_CRM_TOKEN=" + hubspot.Token, "HANDOFF_CRM_APP_SECRET=s", "HANDOFF_CRM_APP_REFRESH=r",
	}
	examples := blocks(t, "hubspot.md", "yaml")
	source := "sources:\n  website: {scheme: standard-webhooks, secrets: [WEBSITE_SECRETS], form: demo-request}\n"
	for i, example := range examples {
		text := source + strings.Replace(example, "    hubspot:\n", "    hubspot:\n      base_url: "+s.URL+"\n", 1)
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.yaml", i)), []byte(text), 0o600))
	}
	file := func(i int) string { return filepath.Join(folder, fmt.Sprintf("%d.yaml", i)) }
	_, err = config.Load(file(1), environment, config.ProgramWorker)
	require.NoError(t, err)
	c, err := config.Load(file(0), environment, config.ProgramWorker)
	require.NoError(t, err)

	// The shipped mapping that the page speaks of, and what it uses.
	mappings := filepath.Join(folder, "mappings")
	require.NoError(t, os.CopyFS(filepath.Join(mappings, "shared"), os.DirFS("../../mappings/shared")))
	shipped, err := os.ReadFile("../../mappings/demo-request.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(mappings, "demo-request.yaml"), shipped, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(mappings, "newsletter.yaml"), []byte(mappingOf(t, examples)), 0o600))
	require.NoError(t, os.Rename(file(0), filepath.Join(folder, "handoff.yaml")))
	s.HubSpot.AddSubscription("Newsletter", true)
	_, err = s.HubSpot.AddList("Newsletter readers", "contacts", "MANUAL")
	require.NoError(t, err)

	binary := programs.Handoff(t)
	run := func(line string) string {
		command := exec.CommandContext(t.Context(), binary, strings.Fields(line)[1:]...)
		command.Dir, command.Env = folder, environment
		output, err := command.CombinedOutput()
		require.NoError(t, err, "%s\n%s", line, output)
		return string(output)
	}
	lines := strings.Split(strings.TrimSpace(blocks(t, "hubspot.md", "sh")[0]), "\n")
	require.Len(t, lines, 2)
	created := run(lines[0])
	for _, property := range []string{
		"contacts.handoff_state", "leads.handoff_key", "leads.email", "contacts.consent_text", "contacts.marketing_opt_in",
		"contacts.handoff_subscriptions", "contacts.handoff_lists", "contacts.newsletter_opt_in",
	} {
		require.Contains(t, created, "crm: created property "+property+"\n")
	}
	require.NotContains(t, created, "contacts.firstname", "what HubSpot has is left alone")
	require.NotContains(t, created, "_id\n", "links are no properties")
	require.Equal(t, "crm: everything is there\n", run(lines[0]))
	run(lines[1])

	set, err := mapping.Load(os.DirFS(mappings))
	require.NoError(t, err)
	connector, err := connectors.New(t.Context(), "crm", c.Destinations["crm"])
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connector.Close()) })
	written := deliver(t, set, connector, "demo-request", "sub_page", 0, map[string]any{
		"email": "Ann@Example.com", "firstname": "Ann", "lastname": "Lee", "company": "Example", "country": "Germany",
		"company_size": "51-200", "marketing_opt_in": "yes", "message": "Hello", "product_interest": "Hosting", "preferred_date": "2026-05-04",
	})
	contact, lead := s.HubSpot.Records("contacts")[0], s.HubSpot.Records("leads")[0]
	require.Equal(t, "Ann", contact["firstname"])
	require.Equal(t, "ann@example.com", contact["email"])
	require.Equal(t, "true", contact["marketing_opt_in"])
	require.Equal(t, "Ann Lee", lead["hs_lead_name"])
	require.Equal(t, "2026-05-04", lead["demo_date"])
	require.Equal(t, []string{written["contact"]}, s.HubSpot.Associated("leads", written["lead"], "contacts"))
	require.Equal(t, []string{written["company"]}, s.HubSpot.Associated("contacts", written["contact"], "companies"))

	// The page's own mapping: a yes is on the contact, its subscription and the list; a no takes both back.
	newsletter := s.HubSpot.Subscriptions()[0].ID
	deliver(t, set, connector, "newsletter", "sub_yes", 1, map[string]any{"email": "ann@example.com", "newsletter": "yes"})
	require.Equal(t, "Freely given consent from contact", s.HubSpot.Records("contacts")[0]["hs_legal_basis"])
	require.Equal(t, []hubspot.Status{{
		Email: "ann@example.com", Subscription: newsletter, Status: "SUBSCRIBED", Basis: "CONSENT_WITH_NOTICE", Source: "Public API V4",
		Explanation: "Yes, send me the newsletter. I can unsubscribe with the link in every issue.",
	}}, s.HubSpot.Statuses(newsletter))
	require.Equal(t, []string{written["contact"]}, s.HubSpot.Lists()[0].Members)
	deliver(t, set, connector, "newsletter", "sub_no", 2, map[string]any{"email": "ann@example.com", "newsletter": "no"})
	require.Equal(t, "UNSUBSCRIBED", s.HubSpot.Statuses(newsletter)[0].Status)
	require.Empty(t, s.HubSpot.Lists()[0].Members)
}

// TestHubSpotPageBegins follows the first steps of the page: with a copy of the demo's configuration, by the commands of the page.
func TestHubSpotPageBegins(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{HubSpot: hubspot.Options{PerTenSeconds: -1}})
	begin(t, "hubspot", "base_url: http://127.0.0.1:8090", "base_url: "+s.URL, "HANDOFF_CRM_TOKEN="+hubspot.Token)
}

// begin copies the demo's configuration of a vendor, puts an address into it, and runs what the vendor's page says.
func begin(t *testing.T, vendor, was, is string, secret string) {
	t.Helper()
	folder := t.TempDir()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	copied := filepath.Join(folder, "my-"+vendor)
	require.NoError(t, os.CopyFS(copied, os.DirFS(filepath.Join("../../deploy/demo", vendor))))
	file := filepath.Join(copied, "handoff.yaml")
	require.NoError(t, os.WriteFile(file, []byte(replaced(t, page(t, file), was, is)), 0o600))
	require.Contains(t, page(t, vendor+".md"), "export HANDOFF_CONFIG=my-"+vendor+"/handoff.yaml HANDOFF_MAPPINGS=my-"+vendor+"/mappings")
	binary := programs.Handoff(t)
	for _, line := range strings.Split(strings.TrimSpace(blocks(t, vendor+".md", "sh")[0]), "\n") {
		command := exec.CommandContext(t.Context(), binary, strings.Fields(line)[1:]...)
		command.Dir = folder
		command.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys, secret,
			"HANDOFF_CONFIG=my-" + vendor + "/handoff.yaml", "HANDOFF_MAPPINGS=my-" + vendor + "/mappings",
		}
		output, err := command.CombinedOutput()
		require.NoError(t, err, "%s\n%s", line, output)
	}
}

// mappingOf is the mapping among a page's examples.
func mappingOf(t *testing.T, examples []string) string {
	t.Helper()
	i := slices.IndexFunc(examples, func(example string) bool { return strings.HasPrefix(example, "mapping:") })
	require.GreaterOrEqual(t, i, 0)
	return examples[i]
}

// deliver writes a submission to a form as a worker does, and returns the ids of its records by what the mapping calls them.
func deliver(t *testing.T, set *mapping.Set, connector crm.Connector, form, id string, minute int, answers map[string]any) map[string]string {
	t.Helper()
	m, ok := set.For("website", form)
	require.True(t, ok)
	at := time.Date(2026, 4, 14, 9, minute, 0, 0, time.UTC)
	plan, problems := m.Apply(mapping.Input{Source: "website", Form: form, Submission: submission.ID(id), SubmittedAt: at, Answers: answers})
	require.Empty(t, problems)
	written := map[string]string{}
	for _, object := range plan.Objects {
		fields := maps.Clone(object.Fields)
		for _, link := range object.Links {
			fields[link.Field] = written[link.To]
		}
		result := connector.Upsert(t.Context(), object.Object, []crm.Write{{
			Submission: id, Keys: object.Keys, Fields: fields, CreateOnly: object.CreateOnly, UpdateOnly: object.UpdateOnly,
			FillBlanks: object.FillBlanks, Read: object.Read, SubmittedAt: at,
		}})[0]
		require.Nil(t, result.Err, object.Object)
		if minute == 0 {
			require.Equal(t, crm.Created, result.Outcome)
		}
		written[object.Name] = result.RecordID
	}
	return written
}

// TestHubSpotPageNeeds writes each kind of record with what the page says that it needs, and nothing else.
func TestHubSpotPageNeeds(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{HubSpot: hubspot.Options{PerTenSeconds: -1}})
	connector := hubspotAt(t, s.URL, hubspot.Token)
	contact := s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com"})
	lines := strings.Split(page(t, "hubspot.md"), "\n")
	for object, line := range map[string]string{
		"lead": "- **A lead** needs", "deal": "- **A deal** needs", "ticket": "- **A ticket** needs", "note": "- **Notes and tasks** need",
		"task": "- **Notes and tasks** need",
	} {
		i := slices.IndexFunc(lines, func(text string) bool { return strings.HasPrefix(text, line) })
		require.GreaterOrEqual(t, i, 0, line)
		needs, _, _ := strings.Cut(lines[i], "; ")
		fields := crm.Fields{"handoff_key": "sub_1"}
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(needs, -1) {
			fields[name[1]] = contact // any text does for what is no link
		}
		_, err := connector.SetupObject(t.Context(), object)
		require.NoError(t, err)
		writes(t, connector, object, [][]string{{"handoff_key"}}, fields)
		for name, property := range describes(t, connector, object) {
			require.True(t, !property.Required || fields[name] != nil, "%s.%s", object, name)
		}
	}
	require.Equal(t, "2026-04-14T12:00:00.000Z", s.HubSpot.Records("notes")[0]["hs_timestamp"])
}

// TestHubSpotPageScopes: with the scopes of its row, and no others, each object can be set up and written; after the set-up without those
// that are for it only. Leads, notes and tasks are made ready by hand, as the page says.
func TestHubSpotPageScopes(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{HubSpot: hubspot.Options{PerTenSeconds: -1}})
	s.HubSpot.AddObject("2-101", "machines")
	text := page(t, "hubspot.md")
	require.Contains(t, text, "`handoff_key`, single-line text with *require unique values*, and `handoff_state`, multi-line text")
	for object, o := range map[string]struct {
		row    string
		byHand string // HubSpot's name of what no key may set up
		fields crm.Fields
	}{
		"contact": {row: "contacts, and notes and tasks", fields: crm.Fields{"email": "ann@example.com"}},
		"note":    {"contacts, and notes and tasks", "notes", nil},
		"task":    {"contacts, and notes and tasks", "tasks", nil},
		"company": {row: "companies", fields: crm.Fields{"domain": "example.com"}},
		"deal":    {row: "deals", fields: crm.Fields{"dealname": "Demo", "dealstage": "new"}},
		"lead":    {"leads (needs Sales Hub)", "leads", crm.Fields{"hs_lead_name": "Ann", "contact_id": s.HubSpot.Put("contacts", "", map[string]string{"email": "bob@example.com"})}},
		"ticket":  {row: "tickets", fields: crm.Fields{"subject": "Help", "hs_pipeline_stage": "1"}},
		"2-101":   {row: "custom objects"},
	} {
		_, row, found := strings.Cut(text, "| "+o.row+" | ")
		require.True(t, found, o.row)
		row, _, _ = strings.Cut(row, "\n")
		var all, later []string
		for _, scope := range regexp.MustCompile("`([a-z._]+)`").FindAllStringSubmatch(row, -1) {
			if all = append(all, scope[1]); !strings.HasPrefix(scope[1], "crm.schemas.") || !strings.HasSuffix(scope[1], ".write") {
				later = append(later, scope[1])
			}
		}
		s.HubSpot.Allow(object, 0, all...)
		connector := hubspotAt(t, s.URL, object)
		_, err := connector.SetupObject(t.Context(), object)
		if o.byHand != "" {
			require.ErrorContains(t, err, "MISSING_SCOPES", object)
			s.HubSpot.AddProperty(o.byHand, "handoff_key", "string", "text", true)
			s.HubSpot.AddProperty(o.byHand, "handoff_state", "string", "textarea", false)
		} else {
			require.NoError(t, err, object)
		}
		s.HubSpot.Allow(object, 0, later...)
		fields := crm.Fields{"handoff_key": "sub_1"}
		maps.Copy(fields, o.fields)
		writes(t, hubspotAt(t, s.URL, object), object, [][]string{{"handoff_key"}}, fields)
	}
}

// hubspotAt is a connector with a token, as the page configures one.
func hubspotAt(t *testing.T, address, token string) *vendor.Connector {
	t.Helper()
	connector, err := vendor.New(vendor.Config{BaseURL: address, Credentials: crm.StaticToken(token)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connector.Close()) })
	return connector
}

// TestHubSpotVersion: the page and the README name the version that is spoken.
func TestHubSpotVersion(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"hubspot.md":      "HubSpot's version **" + config.HubSpotVersion + "**",
		"../../README.md": "the version " + config.HubSpotVersion + " of HubSpot's API",
	} {
		page, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Contains(t, string(page), says, name)
	}
}
