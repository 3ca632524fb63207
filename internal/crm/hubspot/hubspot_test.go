package hubspot_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/hubspot"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// write is one person's answers, given some minutes after noon.
func write(submission string, minute int, fields crm.Fields) crm.Write {
	return crm.Write{
		Submission: submission, Keys: [][]string{{"email"}}, Fields: fields, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute),
	}
}

func upsert(t *testing.T, c *hubspot.Connector, object string, writes ...crm.Write) []crm.Result {
	t.Helper()
	results := c.Upsert(t.Context(), object, writes)
	for _, result := range results {
		if result.Err != nil {
			require.NoError(t, result.Err)
		}
	}
	return results
}

// paths are the calls since the last time, without what they have in common.
func paths(s *sandboxtest.Running) (all []string) {
	for _, call := range s.HubSpot.Calls() {
		path := strings.NewReplacer("/crm/objects/", "", "/crm/", "", hubspot.Version+"/", "", "/"+hubspot.Version, "").Replace(call.Path)
		all = append(all, fmt.Sprintf("%s %d", path, call.Items))
	}
	s.HubSpot.ForgetCalls()
	return all
}

// TestUnheardWritesAreLookedFor: whose creation may have happened is looked for, and the others are created without a look, as before.
func TestUnheardWritesAreLookedFor(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	batch := func(name string) (writes []crm.Write) {
		for i := range 100 {
			writes = append(writes, write(fmt.Sprint(name, i), 0, crm.Fields{"email": fmt.Sprintf("%s%d@example.com", name, i)}))
		}
		return writes
	}
	upsert(t, c, "contact", batch("a")...) // most people are new
	lost := batch("lost")
	upsert(t, c, "contact", lost...)
	paths(s)
	for i := range lost {
		lost[i].Unheard = true
	}
	for _, result := range upsert(t, c, "contact", lost...) {
		require.Equal(t, crm.Created, result.Outcome)
	}
	require.Equal(t, []string{"contacts/batch/read 100"}, paths(s), "they are there, and as they should be")
	upsert(t, c, "contact", batch("b")...)
	require.Equal(t, []string{"contacts/batch/create 100"}, paths(s), "nothing was learnt of other people")
}

// TestCalls: a hundred records take as few calls as HubSpot allows.
func TestCalls(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	var first, second []crm.Write
	for i := range 100 {
		first = append(first, write(fmt.Sprintf("a%d", i), 0, crm.Fields{"email": fmt.Sprintf("p%d@example.com", i), "firstname": "a"}))
		second = append(second, write(fmt.Sprintf("b%d", i), 1, crm.Fields{"email": fmt.Sprintf("p%d@example.com", i+50), "firstname": "b"}))
	}
	upsert(t, c, "contact", first...)
	require.Equal(t, []string{"properties/contacts 0", "contacts/batch/read 100", "contacts/batch/create 100"}, paths(s))
	c = connect(t, s, nil) // that has not seen only new people
	upsert(t, c, "contact", first...)
	require.Equal(t, []string{"properties/contacts 0", "contacts/batch/read 100"}, paths(s), "a repetition writes nothing")
	upsert(t, c, "contact", second...)
	require.Equal(t, []string{"contacts/batch/read 100", "contacts/batch/create 50", "contacts/batch/update 50"}, paths(s))
	require.Len(t, s.HubSpot.Records("contacts"), 150)

	// By a unique property of the customer's own, new and known ones go together, unless something depends on a record
	// being new: then nothing may come in between.
	byNumber := func(submission, number, name string) crm.Write {
		w := write(submission, 0, crm.Fields{"customer_number": number, "lastname": name})
		w.Keys = [][]string{{"customer_number"}}
		return w
	}
	c = connect(t, s, nil)
	upsert(t, c, "contact", byNumber("c", "1", "c"))
	s.HubSpot.ForgetCalls()
	results := upsert(t, c, "contact", byNumber("d", "1", "d"), byNumber("d2", "2", "d"))
	require.Equal(t, []string{"contacts/batch/read 2", "contacts/batch/upsert 2"}, paths(s))
	require.Equal(t, []crm.Outcome{crm.Updated, crm.Created}, []crm.Outcome{results[0].Outcome, results[1].Outcome})
	mixed := []crm.Write{byNumber("e", "1", "e"), byNumber("e2", "3", "e")}
	mixed[1].CreateOnly = []string{"lastname"}
	upsert(t, c, "contact", mixed...)
	require.Equal(t, []string{"contacts/batch/read 2", "contacts/batch/create 1", "contacts/batch/update 1"}, paths(s))
}

// TestLinks: a new record is created with its links, a known one gets them before what is remembered of them.
func TestLinks(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	company := crm.Write{Submission: "s1", Keys: [][]string{{"domain"}}, Fields: crm.Fields{"domain": "example.com", "name": "Example"}, SubmittedAt: noon}
	companyID := upsert(t, c, "company", company)[0].RecordID
	contactID := upsert(t, c, "contact", write("s1", 0, crm.Fields{"email": "ann@example.com", "company_id": companyID}))[0].RecordID
	lead := crm.Write{
		Submission: "s1", Keys: [][]string{{"handoff_key"}}, SubmittedAt: noon,
		Fields: crm.Fields{"handoff_key": "s1", "hs_lead_name": "Ann", "contact_id": contactID, "company_id": companyID},
	}
	leadID := upsert(t, c, "lead", lead)[0].RecordID
	note := crm.Write{
		Submission: "s1", Keys: [][]string{{"handoff_key"}}, SubmittedAt: noon,
		Fields: crm.Fields{"handoff_key": "s1", "hs_timestamp": "2026-03-14T12:00:00Z", "hs_note_body": "Call <me>\nsoon", "contact_id": contactID},
	}
	_, err := connect(t, s, func(c *hubspot.Config) { c.Objects = map[string]hubspot.Object{"note": {}} }).Setup(t.Context())
	require.NoError(t, err)
	noteID := upsert(t, c, "note", note, note)[0].RecordID
	require.Equal(t, []string{companyID}, s.HubSpot.Associated("contacts", contactID, "companies"))
	require.Equal(t, []string{contactID}, s.HubSpot.Associated("leads", leadID, "contacts"))
	require.Equal(t, []string{companyID}, s.HubSpot.Associated("leads", leadID, "companies"))
	require.Equal(t, []string{noteID}, s.HubSpot.Associated("contacts", contactID, "notes"))
	require.Equal(t, "Call &lt;me&gt;<br>soon", s.HubSpot.Records("notes")[0]["hs_note_body"], "what was typed is text")

	// A known contact, without a company so far, in a call of its own; the same again in none.
	bob := s.HubSpot.Put("contacts", "", map[string]string{"email": "bob@example.com"})
	linked := write("s2", 5, crm.Fields{"email": "bob@example.com", "company_id": companyID})
	linked.Read = []string{"company_id"}
	s.HubSpot.ForgetCalls()
	require.Equal(t, companyID, upsert(t, c, "contact", linked)[0].Record["company_id"])
	require.Equal(t, []string{"contacts/batch/read 1", "associations/contacts/companies/batch/create 1", "contacts/batch/update 1"}, paths(s))
	require.Equal(t, []string{companyID}, s.HubSpot.Associated("contacts", bob, "companies"))
	upsert(t, c, "contact", linked)
	require.Equal(t, []string{"contacts/batch/read 1"}, paths(s))

	// An older answer does not move the link (I5).
	other := s.HubSpot.Put("companies", "", map[string]string{"name": "Other"})
	result := upsert(t, c, "contact", write("s0", 1, crm.Fields{"email": "bob@example.com", "company_id": other}))[0]
	require.Equal(t, []string{"company_id"}, result.Kept)
	require.Equal(t, []string{companyID}, s.HubSpot.Associated("contacts", bob, "companies"))

	// A link to a record that is gone is told by its field, and nothing else of the write is done.
	gone := write("s3", 9, crm.Fields{"email": "bob@example.com", "company_id": "999", "firstname": "Bob"})
	for _, email := range []string{"bob@example.com", "carl@example.com"} {
		gone.Fields["email"] = email
		failure := c.Upsert(t.Context(), "contact", []crm.Write{gone, write("s4", 9, crm.Fields{"email": "dora@example.com"})})
		require.NotNil(t, failure[0].Err, email)
		require.Equal(t, crm.Invalid, failure[0].Err.Kind)
		require.Nil(t, failure[1].Err)
	}
	require.Len(t, s.HubSpot.Records("contacts"), 3)
}

// TestAdoptsCompanies: domains are not unique in HubSpot. A company that somebody else made is found and taken over, the
// oldest of several, and from then on found without a search. What Handoff made is found while the index does not know it.
func TestAdoptsCompanies(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{SearchLag: time.Hour})
	c := connect(t, s, nil)
	company := func(domain, city string, minute int) crm.Write {
		return crm.Write{
			Submission: fmt.Sprint("s", domain, minute), Keys: [][]string{{"domain"}, {"name", "country"}},
			Fields: crm.Fields{"domain": domain, "city": city}, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute),
		}
	}
	made := upsert(t, c, "company", company("Handoff.example", "Bern", 0), company("handoff.example", "Basel", 1))
	require.Equal(t, made[0].RecordID, made[1].RecordID)
	require.Equal(t, []crm.Outcome{crm.Created, crm.Updated}, []crm.Outcome{made[0].Outcome, made[1].Outcome})
	require.Len(t, s.HubSpot.Records("companies"), 1)

	s.HubSpot.SetSearchLag(0)
	oldest := s.HubSpot.Put("companies", "", map[string]string{"domain": "twice.example", "name": "First"})
	s.HubSpot.Put("companies", "", map[string]string{"domain": "twice.example", "name": "Second"})
	s.HubSpot.ForgetCalls()
	taken := company("twice.example", "Chur", 0)
	taken.FillBlanks, taken.Fields["name"] = []string{"name"}, "Not this"
	result := upsert(t, c, "company", taken)[0]
	require.Equal(t, oldest, result.RecordID)
	require.Equal(t, crm.Updated, result.Outcome)
	require.Equal(t, []string{"companies/batch/read 1", "companies/search 0", "companies/batch/read 1", "companies/batch/update 1"}, paths(s))
	upsert(t, c, "company", company("TWICE.example", "Genf", 2))
	require.Equal(t, []string{"companies/batch/read 1", "companies/batch/update 1"}, paths(s))
	found, err := c.Find(t.Context(), "company", crm.Fields{"domain": "twice.example"}, []string{"name", "city"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, crm.Fields{"name": "First", "city": "Genf"}, found[0].Fields)

	// Several are searched for in one call, and each is told from the others.
	red := s.HubSpot.Put("companies", "", map[string]string{"domain": "red.example"})
	blue := s.HubSpot.Put("companies", "", map[string]string{"domain": "blue.example"})
	s.HubSpot.ForgetCalls()
	several := upsert(t, c, "company", company("blue.example", "a", 0), company("green.example", "b", 0), company("red.example", "c", 0))
	require.Equal(t, []string{blue, red}, []string{several[0].RecordID, several[2].RecordID})
	require.Equal(t, crm.Created, several[1].Outcome)
	require.Equal(t, 1, strings.Count(strings.Join(paths(s), " "), "companies/search"))

	// A key of two fields, the second choice.
	byName := s.HubSpot.Put("companies", "", map[string]string{"name": "Acme", "country": "CH"})
	two := crm.Write{
		Submission: "s9", Keys: [][]string{{"domain"}, {"name", "country"}}, SubmittedAt: noon,
		Fields: crm.Fields{"name": "Acme", "country": "CH", "segment": "a"},
	}
	require.Equal(t, byName, upsert(t, c, "company", two)[0].RecordID)
}

// TestSecondAddress: a contact is found by any of its addresses, and keeps the first one.
func TestSecondAddress(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	id := s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com", "hs_additional_emails": "ann@old.example;a@example.com"})
	results := upsert(t, c, "contact", write("s1", 0, crm.Fields{"email": "Ann@Old.example", "firstname": "Ann"}), write("s2", 0, crm.Fields{"email": "new@example.com"}))
	require.Equal(t, id, results[0].RecordID)
	require.Equal(t, "ann@example.com", s.HubSpot.Records("contacts")[0]["email"])
	// Two addresses of one person in one batch are two writes of one record.
	results = upsert(t, c, "contact", write("s3", 1, crm.Fields{"email": "a@example.com", "lastname": "A"}), write("s4", 2, crm.Fields{"email": "ann@example.com", "lastname": "B"}))
	require.Equal(t, id, results[0].RecordID)
	require.Equal(t, id, results[1].RecordID)
	require.Equal(t, "B", s.HubSpot.Records("contacts")[0]["lastname"])
}

// TestValues: each type is written as HubSpot wants it, and read back as it was given.
func TestValues(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, func(c *hubspot.Config) {
		c.Objects = map[string]hubspot.Object{"person": {Object: "contacts", Fields: map[string]string{"first": "firstname", "hobbies": "interests"}}}
	})
	fields := crm.Fields{
		"email": "ann@example.com", "first": "Ann", "hobbies": []string{"hosting", "support"}, "newsletter": true,
		"demo_date": "2026-05-01", "asked_at": "2026-03-14T12:30:00Z", "hs_legal_basis": "Freely given consent from contact",
	}
	w := write("s1", 0, fields)
	for field := range fields {
		w.Read = append(w.Read, field)
	}
	w.Read = append(w.Read, crm.FieldOwner)
	want := crm.Fields{crm.FieldOwner: nil}
	for field, value := range fields {
		want[field] = value
	}
	want["hs_legal_basis"] = []string{"Freely given consent from contact"}
	require.Equal(t, want, upsert(t, c, "person", w)[0].Record)
	require.Equal(t, "hosting;support", s.HubSpot.Records("contacts")[0]["interests"])
	require.Equal(t, "true", s.HubSpot.Records("contacts")[0]["newsletter"])

	failure := c.Upsert(t.Context(), "person", []crm.Write{write("s2", 0, crm.Fields{"email": "bob@example.com", "hobbies": "chess"})})[0].Err
	require.Equal(t, []string{"hobbies"}, failure.Fields, "in the name of the mapping")
	properties, err := c.Describe(t.Context(), "person")
	require.NoError(t, err)
	var names []string
	for _, p := range properties {
		names = append(names, p.Name)
	}
	require.Subset(t, names, []string{"first", "hobbies", "company_id", "owner", "handoff_key"})
	require.NotContains(t, names, "firstname")
	require.NotContains(t, names, hubspot.StateProperty)
}

// TestSetup: what is missing is created, once; without it a write says what to do.
func TestSetup(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{HubSpot: account.Options{PerTenSeconds: -1}})
	c := connect(t, s, func(c *hubspot.Config) {
		c.Objects = map[string]hubspot.Object{"contact": {}, "person": {Object: "contacts"}, "company": {}, "robot": {Object: "2-404"}}
	})
	failure := c.Upsert(t.Context(), "contact", []crm.Write{write("s1", 0, crm.Fields{"email": "ann@example.com"})})[0].Err
	require.Equal(t, crm.Error{Kind: crm.Misconfigured, Code: "not_set_up", Fields: []string{hubspot.StateProperty, hubspot.KeyProperty}}, *failure)
	missing := func() (names []string) {
		described, err := c.Describe(t.Context(), "contact")
		require.NoError(t, err)
		for _, p := range described {
			if p.Missing {
				names = append(names, p.Name)
			}
		}
		return names
	}
	require.Equal(t, []string{hubspot.StateProperty, hubspot.KeyProperty}, missing(), "a check of mappings says so before the first lead")
	created, err := c.Setup(t.Context())
	require.Equal(t, []string{
		"property companies.handoff_state", "property companies.handoff_key", "property contacts.handoff_state", "property contacts.handoff_key",
	}, created)
	require.ErrorContains(t, err, "unknown_object", "one object that is not there does not keep the others from being prepared")
	created, _ = c.Setup(t.Context())
	require.Empty(t, created)
	require.Empty(t, missing())
	upsert(t, c, "contact", write("s1", 0, crm.Fields{"email": "ann@example.com"}))
}

// TestSchemaChanges: HubSpot has the last word on what its properties are.
func TestSchemaChanges(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	now := noon
	c := connect(t, s, func(c *hubspot.Config) { c.Now = func() time.Time { return now } })
	w := write("s1", 0, crm.Fields{"email": "ann@example.com", "score": "7"})
	require.Equal(t, "unknown_property", c.Upsert(t.Context(), "contact", []crm.Write{w})[0].Err.Code)
	s.HubSpot.AddProperty("contacts", "score", "number", "number", false)
	now = now.Add(time.Minute) // a property that was added a moment ago is known soon
	upsert(t, c, "contact", w)

	s.HubSpot.RemoveProperty("contacts", "score")
	gone := c.Upsert(t.Context(), "contact", []crm.Write{
		write("s2", 0, crm.Fields{"email": "bob@example.com", "score": "7"}), write("s3", 0, crm.Fields{"email": "carl@example.com"}),
	})
	require.Equal(t, crm.Misconfigured, gone[0].Err.Kind)
	require.Equal(t, "PROPERTY_DOESNT_EXIST", gone[0].Err.Code)
	require.Equal(t, []string{"score"}, gone[0].Err.Fields)
	require.Nil(t, gone[1].Err)
}

// TestOwners: an owner may be named by address; somebody whom HubSpot does not know is a mistake of the configuration.
func TestOwners(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	id := s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com"})
	for i := range 150 {
		s.HubSpot.AddOwner(fmt.Sprintf("sales%d@example.com", i))
	}
	owners, err := c.Owners(t.Context())
	require.NoError(t, err)
	require.Len(t, owners, 152, "all pages")
	_, _, err = c.SetOwner(t.Context(), "contact", id, "nobody@example.com")
	failure, _ := crm.AsError(err)
	require.Equal(t, crm.Error{Kind: crm.Misconfigured, Code: "unknown_owner", Fields: []string{"owner"}}, *failure)
	owner, _, err := c.SetOwner(t.Context(), "contact", id, "Sales149@example.com")
	require.NoError(t, err)
	require.Equal(t, owners[151].ID, owner)
	w := write("s1", 0, crm.Fields{"email": "ann@example.com"})
	w.Read = []string{crm.FieldOwner}
	require.Equal(t, owner, upsert(t, c, "contact", w)[0].Record[crm.FieldOwner])
}

// TestDailyLimit: it lasts until midnight where the account is.
func TestDailyLimit(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, func(c *hubspot.Config) {
		c.TimeZone = time.FixedZone("account", 3600)
		c.Now = func() time.Time { return noon }
	})
	require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: sandbox.RateLimit, Policy: "DAILY"}))
	_, err := c.Owners(t.Context())
	failure, _ := crm.AsError(err)
	require.Equal(t, 11*time.Hour, failure.RetryAfter)
}

// TestFaults: what a network and a vendor do, and what it means.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, func(c *hubspot.Config) { c.Timeout = 3 * time.Second })
	upsert(t, c, "contact", write("s0", 0, crm.Fields{"email": "first@example.com"}))
	for i, f := range []struct {
		fault sandbox.Fault
		kind  crm.Kind
		code  string
	}{
		{sandbox.Fault{Kind: sandbox.DropAfterCommit}, crm.Transient, "connection"},
		{sandbox.Fault{Kind: sandbox.DropBefore}, crm.Transient, "connection"},
		{sandbox.Fault{Kind: sandbox.Stall}, crm.Transient, "timeout"},
		{sandbox.Fault{Kind: sandbox.SlowBody, For: 30_000}, crm.Transient, "timeout"},
		{sandbox.Fault{Kind: sandbox.ServerError, Status: 503}, crm.Transient, "http_503"},
		{sandbox.Fault{Kind: sandbox.ServerError, Status: 477}, crm.Transient, "migration"},
		{sandbox.Fault{Kind: sandbox.HTML, Status: 524}, crm.Transient, "http_524"},
		{sandbox.Fault{Kind: sandbox.Locked}, crm.Transient, "locked"},
		{sandbox.Fault{Kind: sandbox.RateLimit}, crm.RateLimited, "TEN_SECONDLY_ROLLING"},
	} {
		w := write("s1", i, crm.Fields{"email": fmt.Sprintf("p%d@example.com", i)})
		f.fault.Path = "/batch/create"
		require.NoError(t, s.Faults.Add(f.fault))
		s.HubSpot.ForgetCalls()
		result := c.Upsert(t.Context(), "contact", []crm.Write{w})[0]
		require.NotNil(t, result.Err, f.fault)
		require.Equal(t, f.kind, result.Err.Kind, f.fault)
		require.Equal(t, f.code, result.Err.Code, f.fault)
		s.Faults.Clear()
		require.Equal(t, crm.Created, upsert(t, c, "contact", w)[0].Outcome)
	}
}

// TestTwoWorkers: two connectors that share nothing still make one record of one person (I2).
func TestTwoWorkers(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	one, two := connect(t, s, nil), connect(t, s.Another(t), nil)
	results := make(chan crm.Result, 40)
	for i := range 40 {
		c := []*hubspot.Connector{one, two}[i%2]
		go func() {
			results <- c.Upsert(t.Context(), "contact", []crm.Write{write(fmt.Sprint("s", i), i, crm.Fields{"email": "ann@example.com", "firstname": fmt.Sprint(i)})})[0]
		}()
	}
	ids := map[string]int{}
	for range 40 {
		result := <-results
		require.Nil(t, result.Err)
		ids[result.RecordID]++
	}
	require.Len(t, ids, 1)
	require.Len(t, s.HubSpot.Records("contacts"), 1)
}

// meddle is another way to the account, on which something happens once, just before a call to a path.
func meddle(t *testing.T, s *sandboxtest.Running, path string, happens func()) *hubspot.Connector {
	t.Helper()
	var once sync.Once
	server := apidescription.Serve(t, apidescription.HubSpot, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, path) {
			once.Do(happens)
		}
		s.Server.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return connect(t, s, func(c *hubspot.Config) { c.BaseURL = server.URL })
}

// TestContactBeingMerged: while somebody merges two contacts HubSpot finds nobody by the address, and creates nobody with it:
// the record that it names is the one.
func TestContactBeingMerged(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	merging := s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com"})
	server := apidescription.Serve(t, apidescription.HubSpot, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		if strings.HasSuffix(r.URL.Path, "/batch/read") && bytes.Contains(body, []byte(`"idProperty":"email"`)) {
			_, _ = io.WriteString(w, `{"status":"COMPLETE","results":[]}`)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.Server.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c := connect(t, s, func(c *hubspot.Config) { c.BaseURL = server.URL })
	w := write("s1", 0, crm.Fields{"email": "ann@example.com", "firstname": "Ann"})
	for _, result := range []crm.Result{
		upsert(t, c, "contact", w)[0],
		upsert(t, c, "contact", write("s2", 0, crm.Fields{"email": "bob@example.com"}), write("s3", 1, crm.Fields{"email": "ann@example.com", "lastname": "Lee"}))[1],
	} {
		require.Equal(t, merging, result.RecordID)
		require.Equal(t, crm.Updated, result.Outcome)
	}
	require.Len(t, s.HubSpot.Records("contacts"), 2)
	// Whose number it is says nothing of whose address it is.
	s.HubSpot.Put("contacts", "", map[string]string{"email": "carl@example.com", "customer_number": "7"})
	failure := c.Upsert(t.Context(), "contact", []crm.Write{write("s4", 0, crm.Fields{"email": "dora@example.com", "customer_number": "7"})})[0].Err
	require.Equal(t, crm.Conflict, failure.Kind)
	require.Equal(t, []string{"customer_number"}, failure.Fields)
}

// TestSomebodyElseIsQuicker: what happens between reading and writing is read again, and heeded.
func TestSomebodyElseIsQuicker(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	var theirs string
	c := meddle(t, s, "/batch/create", func() {
		theirs = s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com", "firstname": "Theirs"})
	})
	w := write("s1", 0, crm.Fields{"email": "ann@example.com", "firstname": "Ours", "lastname": "Lee"})
	w.CreateOnly = []string{"firstname"}
	results := upsert(t, c, "contact", w, write("s2", 0, crm.Fields{"email": "bob@example.com"}))
	require.Equal(t, theirs, results[0].RecordID)
	require.Equal(t, []crm.Outcome{crm.Updated, crm.Created}, []crm.Outcome{results[0].Outcome, results[1].Outcome})
	ann := s.HubSpot.Records("contacts")[0]
	require.Equal(t, []string{"Theirs", "Lee"}, []string{ann["firstname"], ann["lastname"]}, "never written to a record that exists")

	// A contact that is deleted in between is made anew.
	gone := meddle(t, s, "/batch/update", func() { s.HubSpot.Archive("contacts", theirs) })
	result := upsert(t, gone, "contact", write("s3", 1, crm.Fields{"email": "ann@example.com", "firstname": "New"}))[0]
	require.NotEqual(t, theirs, result.RecordID)
	require.Equal(t, crm.Created, result.Outcome)

	// A unique property of somebody else stays a conflict, after one attempt (I4).
	s.HubSpot.Put("contacts", "", map[string]string{"email": "carl@example.com", "customer_number": "7"})
	s.HubSpot.ForgetCalls()
	failure := c.Upsert(t.Context(), "contact", []crm.Write{write("s4", 0, crm.Fields{"email": "dora@example.com", "customer_number": "7"})})[0].Err
	require.Equal(t, crm.Error{
		Kind: crm.Conflict, Code: "CONFLICTING_UNIQUE_VALUE", Status: 207, Fields: []string{"customer_number"}, RequestID: failure.RequestID,
	}, *failure)
	require.Equal(t, []string{"contacts/batch/read 1", "contacts/batch/create 1"}, paths(s))
}

// TestSilence: an answer that says nothing of a record is no success; the record is sent again alone, and then it is for a
// later attempt, which reads first.
func TestSilence(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	silent := 1 // so many calls are answered with nothing
	server := apidescription.Serve(t, apidescription.HubSpot, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/batch/create") && silent > 0 {
			silent--
			_, _ = w.Write([]byte(`{"status":"COMPLETE","results":[]}`))
			return
		}
		s.Server.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c := connect(t, s, func(c *hubspot.Config) { c.BaseURL = server.URL })
	two := []crm.Write{write("s1", 0, crm.Fields{"email": "ann@example.com"}), write("s2", 0, crm.Fields{"email": "bob@example.com"})}
	upsert(t, c, "contact", two...)
	require.Len(t, s.HubSpot.Records("contacts"), 2)

	silent = 1
	alone := write("s3", 0, crm.Fields{"email": "carl@example.com"})
	failure := c.Upsert(t.Context(), "contact", []crm.Write{alone})[0].Err
	require.Equal(t, crm.Transient, failure.Kind)
	require.Equal(t, "unanswered", failure.Code)
	upsert(t, c, "contact", alone)
	require.Len(t, s.HubSpot.Records("contacts"), 3)
}

// TestConfig: what is wrong is told, all at once.
func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := hubspot.New(hubspot.Config{BaseURL: "api.hubapi.com", Timeout: -1})
	require.ErrorContains(t, err, "base URL")
	require.ErrorContains(t, err, "credentials")
	require.ErrorContains(t, err, "timeout")
}
