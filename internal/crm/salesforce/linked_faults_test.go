package salesforce_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
)

// TestLinkedFaults: I2 holds when the reply to the second of two requests is lost, or when it is refused; a token that expires
// between them is renewed.
func TestLinkedFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[sandbox.Kind]crm.Kind{
		sandbox.DropAfterCommit: crm.Transient, sandbox.RateLimit: crm.RateLimited, sandbox.ServerError: crm.Transient, sandbox.Expire: "",
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := start(t, org.Options{})
			s.Salesforce.ConnectClient("app", "secret")
			c := warmed(t, s, func(c *salesforce.Config) { c.Credentials = salesforce.ClientCredentials(s.URL, "app", "secret") })
			campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
			groups := [][]crm.Linked{invitation(campaign, "luke@example.com", "sub_1", 0), invitation(campaign, "rory@example.com", "sub_2", 0)}
			require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: kind, Path: "/composite", Skip: 1, Count: 1}))
			results := c.UpsertLinked(t.Context(), groups)
			if want == "" {
				allWritten(t, results)
			} else {
				for _, group := range results {
					require.Equal(t, want, group[0].Err.Kind)
				}
			}
			require.Equal(t, kind == sandbox.DropAfterCommit || kind == sandbox.Expire, len(s.Salesforce.Records("Task")) == 2)
			results = c.UpsertLinked(t.Context(), groups)
			allWritten(t, results)
			for _, group := range results {
				require.Equal(t, []crm.Outcome{crm.Created, crm.Created, crm.Created}, []crm.Outcome{group[0].Outcome, group[1].Outcome, group[2].Outcome})
			}
			require.Equal(t, []int{2, 2, 2}, []int{
				len(s.Salesforce.Records("Lead")), len(s.Salesforce.Records("CampaignMember")), len(s.Salesforce.Records("Task")),
			})
		})
	}
}

// TestBadRecordAmongGroups: one bad record in two hundred groups costs the others one more call and nothing else.
func TestBadRecordAmongGroups(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	s.Salesforce.AddValidationRule("Account", "Name", "Not this one", func(values map[string]any) bool { return values["Name"] == "Diner 7" })
	c := warmed(t, s, nil)
	results := c.UpsertLinked(t.Context(), customers(0, 200, 0, nil))
	require.Len(t, s.Salesforce.Calls(), 3)
	for n, group := range results {
		if n != 7 {
			allWritten(t, [][]crm.Result{group})
			continue
		}
		require.Equal(t, crm.Invalid, group[0].Err.Kind)
		require.Equal(t, []string{"Name"}, group[0].Err.Fields)
		require.Equal(t, crm.Result{}, group[1], "a contact without its account is not written")
	}
	require.NotContains(t, byField(s, "Contact", "Email"), "person7@example.com")
	require.Len(t, s.Salesforce.Records("Contact"), 199)

	// What cannot even be sent stops its own group before anything of it is written.
	bad := customers(500, 503, 0, nil)
	bad[1][0].Write.Fields = crm.Fields{"Name": "x", "NumberOfEmployees": "many"}
	results = c.UpsertLinked(t.Context(), bad)
	allWritten(t, [][]crm.Result{results[0], results[2]})
	require.Equal(t, crm.Invalid, results[1][0].Err.Kind)
	require.Equal(t, []crm.Result{{}, {}}, results[1][1:])
	require.NotContains(t, byField(s, "Lead", "Email"), "person501@example.com")
}

// TestCollectionRefused: where Salesforce refuses a whole collection for the sake of a record, each is written by itself.
func TestCollectionRefused(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{WholeBatch: true})
	posts := 0
	c := warmed(t, s, func(c *salesforce.Config) {
		c.Transport = spy(func(path, _ string) {
			if strings.HasSuffix(path, "/composite") {
				if posts++; posts == 2 {
					s.Salesforce.RemoveField("Contact", "Title") // after it was read
				}
			}
		})
	})
	groups := customers(0, 30, 0, crm.Fields{"Title": nil})
	groups[3][1].Write.Fields["Title"] = "Cook"
	results := c.UpsertLinked(t.Context(), groups)
	for n, group := range results {
		if n == 3 {
			require.Equal(t, crm.Misconfigured, group[1].Err.Kind)
			continue
		}
		allWritten(t, [][]crm.Result{group})
	}
	require.Len(t, s.Salesforce.Records("Contact"), 29)
	require.Equal(t, 4, posts, "twenty-five in a request")
}

// TestTextThatLooksLikeAReference: what somebody types is written as it is, and reaches nobody else's record.
func TestTextThatLooksLikeAReference(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := warmed(t, s, nil)
	groups := customers(0, 4, 0, nil)
	groups[1][1].Write.Fields["Title"] = "@{r0[0].id}"
	groups[2][0].Write.Fields = crm.Fields{"Name": "Diner 2", "Description": "@{nothing.id}"}
	allWritten(t, c.UpsertLinked(t.Context(), groups))
	contacts := byField(s, "Contact", "Email")
	require.Equal(t, "@{r0[0].id}", contacts["person1@example.com"]["Title"])
	require.Equal(t, byField(s, "Account", "Description")["@{nothing.id}"]["Id"], contacts["person2@example.com"]["AccountId"])

	known, unknown := person("known@example.com", nil), person("unknown@example.com", nil)
	written(t, c.Upsert(t.Context(), "lead", []crm.Write{known})[0])
	for _, w := range []*crm.Write{&known, &unknown} {
		w.Fields["Title"], w.SubmittedAt, w.CreateOnly = "@{create.id}", noon.Add(time.Hour), []string{"Company"}
	}
	for _, result := range c.Upsert(t.Context(), "lead", []crm.Write{known, unknown}) {
		written(t, result)
	}
	require.Equal(t, "@{create.id}", byField(s, "Lead", "Email")["known@example.com"]["Title"])
}

// TestManyParts: more collections than a composite takes go on in another one.
func TestManyParts(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	s.Salesforce.AddField("Account", org.Field{Name: "Above__c", Type: "reference", LeadsTo: "Account"})
	c := warmed(t, s, nil)
	var groups [][]crm.Linked
	for n := range 3 {
		groups = append(groups, accounts(n, 8))
	}
	results := c.UpsertLinked(t.Context(), groups)
	allWritten(t, results)
	require.Len(t, s.Salesforce.Calls(), 3)
	require.Equal(t, results[2][6].RecordID, byField(s, "Account", "Name")["2.7"]["Above__c"])
}

// TestRefusedAtEveryLevel: however many levels a record is refused at, what does not link to one of these is written; and what
// Salesforce carries out nothing of is not sent for ever.
func TestRefusedAtEveryLevel(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	s.Salesforce.AddField("Account", org.Field{Name: "Above__c", Type: "reference", LeadsTo: "Account"})
	s.Salesforce.AddValidationRule("Account", "Name", "Not this one", func(values map[string]any) bool {
		group, level, _ := strings.Cut(fmt.Sprint(values["Name"]), ".")
		return group == level
	})
	posts, idle := 0, false
	c := warmed(t, s, func(c *salesforce.Config) {
		c.Transport = answering(func(r *http.Request) (int, any) {
			if !idle || !strings.HasSuffix(r.URL.Path, "/composite") {
				return 0, nil
			}
			posts++
			var parts []map[string]any
			for level := range 5 {
				parts = append(parts, map[string]any{"referenceId": fmt.Sprint("r", level), "httpStatusCode": 400, "body": []any{map[string]any{"errorCode": "PROCESSING_HALTED"}}})
			}
			return http.StatusOK, map[string]any{"compositeResponse": parts}
		})
	})
	var groups [][]crm.Linked
	for n := range 7 {
		groups = append(groups, accounts(n, 5))
	}
	for n, results := range c.UpsertLinked(t.Context(), groups) {
		level := min(n, 5)
		allWritten(t, [][]crm.Result{results[:level]})
		if n < 5 {
			require.Equal(t, "FIELD_CUSTOM_VALIDATION_EXCEPTION", results[level].Err.Code)
			require.Equal(t, make([]crm.Result, 4-level), results[level+1:])
		}
	}
	require.Len(t, s.Salesforce.Records("Account"), 0+1+2+3+4+5+5)

	idle = true
	results := c.UpsertLinked(t.Context(), [][]crm.Linked{accounts(8, 5), accounts(9, 5)})
	for _, group := range results {
		require.Equal(t, "PROCESSING_HALTED", group[0].Err.Code)
		require.Equal(t, crm.Transient, group[0].Err.Kind)
	}
	require.Equal(t, 1, posts)
}

// accounts are so many of one group, each below the one before.
func accounts(n, levels int) (group []crm.Linked) {
	for level := range levels {
		l := crm.Linked{Object: "account", Write: crm.Write{
			Submission: "sub", SubmittedAt: noon, Keys: [][]string{{"Name"}}, Fields: crm.Fields{"Name": fmt.Sprintf("%d.%d", n, level)},
		}}
		if level > 0 {
			l.Links = map[string]int{"Above__c": level - 1}
		}
		group = append(group, l)
	}
	return group
}

// TestFixtureHaltedGroup: what a recorded composite says of a group: the write that failed is told, what Salesforce did not
// carry out is not taken for done.
func TestFixtureHaltedGroup(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	f := readFixture(t, "composite_200_halted")
	parts := f.Response.Body.(map[string]any)["compositeResponse"].([]any)
	posts := 0
	c := warmed(t, s, func(c *salesforce.Config) {
		c.Transport = answering(func(r *http.Request) (int, any) {
			if !strings.HasSuffix(r.URL.Path, "/composite") {
				return 0, nil
			}
			if posts++; posts == 1 {
				return 0, nil
			}
			for i, reference := range []string{"r0", "r1"} {
				parts[i].(map[string]any)["referenceId"] = reference
			}
			return http.StatusOK, map[string]any{"compositeResponse": append(parts, map[string]any{
				"referenceId": "r2", "httpStatusCode": 400, "body": parts[0].(map[string]any)["body"],
			})}
		})
	})
	campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
	results := c.UpsertLinked(t.Context(), [][]crm.Linked{invitation(campaign, "luke@example.com", "sub_1", 0)})[0]
	require.Equal(t, s.Salesforce.Records("Lead")[0]["Id"], written(t, results[0]).RecordID, "it was sent once more")
	require.Equal(t, "INVALID_CROSS_REFERENCE_KEY", results[1].Err.Code)
	require.Equal(t, crm.Result{}, results[2])
}

// answering answers some requests itself.
type answering func(r *http.Request) (status int, body any)

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := a(r)
	if status == 0 {
		return http.DefaultTransport.RoundTrip(r)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return response(status, string(text)), nil
}

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}
