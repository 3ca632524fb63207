package salesforce_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/salesforce"
	org "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

// loads makes a connector that makes jobs of so many new records.
func loads(t testing.TB, s *sandboxtest.Running, from int) *salesforce.Connector {
	t.Helper()
	return connect(t, s, func(c *salesforce.Config) { c.BulkFrom = from })
}

// people are leads as a backfill has them: answers of a year ago.
func people(n int) []crm.Write {
	writes := make([]crm.Write, n)
	for i := range writes {
		writes[i] = person(fmt.Sprintf("person%d@example.com", i), crm.Fields{"City": fmt.Sprint("Old Town ", i)})
		writes[i].SubmittedAt = noon.AddDate(-1, 0, 0)
	}
	return writes
}

// asked counts the calls to a part of the API by method and the end of the path.
func asked(s *sandboxtest.Running) map[string]int {
	count := map[string]int{}
	for _, call := range s.Salesforce.Calls() {
		switch parts := strings.Split(strings.TrimSuffix(call.Path, "/"), "/"); {
		case !strings.Contains(call.Path, "/jobs/ingest"):
			count[call.Method+" "+parts[len(parts)-1]]++
		case len(parts) > 7:
			count[call.Method+" job "+parts[7]]++
		default:
			count[call.Method+" job"]++
		}
	}
	return count
}

// oneEach holds that nobody has two records (I2).
func oneEach(t *testing.T, s *sandboxtest.Running, n int) map[string]map[string]any {
	t.Helper()
	byEmail := map[string]map[string]any{}
	for _, record := range s.Salesforce.Records("Lead") {
		email := fmt.Sprint(record["Email"])
		require.Nil(t, byEmail[email], "%s has two records", email)
		byEmail[email] = record
	}
	require.Len(t, byEmail, n)
	return byEmail
}

// byJobs is a connector that writes whatever it can by a job, and nothing another way.
type byJobs struct {
	crm.Connector
	bulk crm.BulkUpserter
}

func jobsOf(c *salesforce.Connector) byJobs { return byJobs{c, c} }

func (b byJobs) Upsert(ctx context.Context, object string, writes []crm.Write) []crm.Result {
	return b.bulk.UpsertBulk(ctx, object, writes)
}

// TestBulkConformance: what goes by jobs keeps every promise of a connector, also when replies are lost, the org is at its
// limit, and credentials end.
func TestBulkConformance(t *testing.T) {
	t.Parallel()
	var looks atomic.Int64
	s := start(t, org.Options{Now: func() time.Time { return noon.Add(time.Duration(looks.Add(1)) * time.Second) }})
	crmtest.Run(t, crmtest.Harness{
		Connector: jobsOf(loads(t, s, 1)), Object: "Inquiry__c", Key: "Email__c", Other: "Number__c",
		Texts: [3]string{"First__c", "Last__c", "Firm__c"}, Number: "Employees__c", Picklist: "Stage__c", Choice: "New",
		Owner: "005dL0000012aB1QAI", Another: "005dL0000012aB2QAI", Patience: time.Minute,
		Faulty: func(t testing.TB) crmtest.Faulty {
			f := faulty(t, s, 1, "/jobs/ingest", "/successfulResults")
			f.Connector = jobsOf(f.Connector.(*salesforce.Connector))
			return f
		},
	})
}

// TestABackfillByOneJob: thousands of rows, new, known, older, converted and bad ones, by one job and a few calls; each gets
// its own answer.
func TestABackfillByOneJob(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := loads(t, s, 2000)
	writes := people(3000)
	for i := range writes[:300] { // have answered since
		live := person(writes[i].Fields["Email"].(string), crm.Fields{"City": "Stars Hollow"})
		if i%2 == 1 {
			live.Fields["City"] = ""
		}
		writes[i].Fields["Phone"] = "555"
		written(t, c.Upsert(t.Context(), "lead", []crm.Write{live})[0])
	}
	s.Salesforce.Put("Lead", "", map[string]any{"LastName": "By hand", "Company": "x", "Email": "Person300@example.com"})
	for i := 2900; i < 2910; i++ {
		writes[i].Fields["LastName"] = "" // required
	}
	writes[2999] = writes[2998] // the same person twice in the file
	writes[2999].Submission, writes[2999].SubmittedAt = "sub twice", writes[2998].SubmittedAt.Add(time.Hour)
	writes[2999].Fields = crm.Fields{"Email": "person2998@example.com", "LastName": "Danes", "Company": "Lukes Diner", "City": "Hartford"}
	s.Salesforce.ForgetCalls()
	results := c.UpsertBulk(t.Context(), "lead", writes)

	jobs := asked(s)
	require.Equal(t, 1, jobs["POST job"], "%v", jobs)
	require.Equal(t, 1, jobs["PUT job batches"])
	require.Equal(t, 1, jobs["GET job successfulResults"])
	require.Equal(t, 1, jobs["GET job failedResults"])
	require.Less(t, len(s.Salesforce.Calls()), 25, "%v", jobs)
	records := oneEach(t, s, 2989)
	for i, result := range results {
		switch {
		case i >= 2900 && i < 2910:
			require.NotNil(t, result.Err)
			require.Equal(t, crm.Invalid, result.Err.Kind)
			require.Equal(t, "REQUIRED_FIELD_MISSING", result.Err.Code)
			require.Equal(t, []string{"LastName"}, result.Err.Fields)
			require.NotContains(t, result.Err.Error(), "Required fields", "what Salesforce says is for people")
			require.Contains(t, string(result.Call.Response), "Required fields", "and sealed")
			continue
		case i < 300 && i%2 == 0:
			require.Equal(t, []string{"City", "Company", "LastName"}, written(t, result).Kept, "I5: a newer answer stands")
			require.Equal(t, "Stars Hollow", records[writes[i].Fields["Email"].(string)]["City"])
		case i < 300:
			require.Equal(t, writes[i].Fields["City"], records[writes[i].Fields["Email"].(string)]["City"], "what is blank is filled")
		case i == 300:
			require.Equal(t, crm.Updated, written(t, result).Outcome)
			require.Equal(t, "Danes", records["Person300@example.com"]["LastName"])
			continue
		case i == 2999:
			require.Equal(t, crm.Updated, result.Outcome)
			require.Equal(t, "Hartford", records["person2998@example.com"]["City"], "the later answer is written last")
		default:
			require.Equal(t, crm.Created, written(t, result).Outcome, "%d", i)
			require.NotContains(t, string(result.Call.Request), fmt.Sprintf("person%d@", i-1), "a call tells of its own record only")
		}
		require.Equal(t, records[writes[i].Fields["Email"].(string)]["Id"], written(t, result).RecordID)
	}

	// Once more: everything is as it should be.
	s.Salesforce.ForgetCalls()
	for i, again := range c.UpsertBulk(t.Context(), "lead", writes[:2900]) {
		require.Equal(t, results[i].RecordID, written(t, again).RecordID)
		require.Equal(t, results[i].Outcome, again.Outcome)
	}
	require.Zero(t, asked(s)["POST job"])
	require.Zero(t, asked(s)["PATCH sobjects"])
}

// TestI5ALiveLeadDuringAJob: a person who answers while Salesforce works on a job keeps the newer answer, waits for nobody and
// has one record.
func TestI5ALiveLeadDuringAJob(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	asks, worked := make(chan struct{}), make(chan struct{})
	front := between(t, s, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/jobs/ingest/") && !strings.HasSuffix(r.URL.Path, "/") {
			close(asks) // once: the job is done when it is answered
			<-worked
		}
		return false
	})
	c := connect(t, s, func(c *salesforce.Config) { c.BulkFrom, c.InstanceURL = 50, front })
	live := connect(t, s, nil) // another worker
	writes := people(100)
	done := make(chan []crm.Result)
	go func() { done <- c.UpsertBulk(t.Context(), "lead", writes) }()
	<-asks
	for i := range 10 {
		connector := live
		if i%2 == 0 {
			connector = c
		}
		newer := person(fmt.Sprintf("person%d@example.com", i), crm.Fields{"City": "Stars Hollow", "Phone": ""})
		newer.Submission = "live"
		require.Equal(t, crm.Created, written(t, connector.Upsert(t.Context(), "lead", []crm.Write{newer})[0]).Outcome)
	}
	close(worked) // all of them were served while the job was being worked on
	results := <-done
	records := oneEach(t, s, 100)
	for i, result := range results {
		require.Equal(t, i >= 10, written(t, result).Outcome == crm.Created)
		if i < 10 {
			require.Contains(t, result.Kept, "City")
			require.Equal(t, "Stars Hollow", records[writes[i].Fields["Email"].(string)]["City"])
		}
	}
}

// TestBulkRules: assignment rules and duplicate rules decide as they do for collections.
func TestBulkRules(t *testing.T) {
	t.Parallel()
	for _, assign := range []string{"", "on", "rule"} {
		s := start(t, org.Options{})
		rule := s.Salesforce.AddAssignmentRule("Lead", "Standard", "005dL0000012aB2QAI")
		s.Salesforce.AddDuplicateRule("Lead", "Company", false) // warns: everybody has one company
		c := connect(t, s, func(c *salesforce.Config) {
			c.BulkFrom, c.Assign = 10, strings.ReplaceAll(assign, "rule", rule)
		})
		for _, result := range c.UpsertBulk(t.Context(), "lead", people(20)) {
			require.Equal(t, crm.Created, written(t, result).Outcome)
		}
		require.Equal(t, 1, asked(s)["POST job"])
		for _, record := range oneEach(t, s, 20) {
			require.Equal(t, assign != "", record["OwnerId"] == "005dL0000012aB2QAI", assign)
		}
		least, most := c.BulkSize("company")
		require.Equal(t, assign == "", most > 0, "a job of accounts cannot be told a rule")
		require.LessOrEqual(t, least, most)
	}
	_, err := salesforce.New(salesforce.Config{
		InstanceURL: "https://example.my.salesforce.com", Credentials: crm.StaticToken("t"), BulkFrom: 10, RefuseDuplicates: true,
	})
	require.ErrorContains(t, err, "duplicates")
}

// TestCallsOfABackfill compares five thousand people by a job with as many by collections.
func TestCallsOfABackfill(t *testing.T) {
	t.Parallel()
	const n = 5000
	count := func(write func(*salesforce.Connector, []crm.Write) []crm.Result) int {
		s := start(t, org.Options{BulkPolls: 1}) // a quarter of a minute
		c := loads(t, s, 2000)
		written(t, c.Upsert(t.Context(), "lead", []crm.Write{person("somebody@example.com", nil)})[0]) // knows the schema
		s.Salesforce.ForgetCalls()
		for _, result := range write(c, people(n)) {
			written(t, result)
		}
		require.Len(t, s.Salesforce.Records("Lead"), n+1)
		return len(s.Salesforce.Calls())
	}
	bulk := make(chan int)
	go func() {
		bulk <- count(func(c *salesforce.Connector, w []crm.Write) []crm.Result { return c.UpsertBulk(t.Context(), "lead", w) })
	}()
	collections := count(func(c *salesforce.Connector, w []crm.Write) []crm.Result { return c.Upsert(t.Context(), "lead", w) })
	byJob := <-bulk
	t.Logf("%d new leads: %d calls by a job, %d by collections", n, byJob, collections)
	require.Equal(t, 50, collections)
	require.LessOrEqual(t, byJob, 16)
}

// TestWhatPeopleType: what a row cannot say goes another way, and means what was typed.
func TestWhatPeopleType(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := loads(t, s, 3)
	names := []string{"#N/A", "#n/a ", `say "hi", 'you'`, "two\nlines", "=SUM(A1)", "cr\r\nlf", "Danes"}
	writes := people(len(names))
	for i, name := range names {
		writes[i].Fields["LastName"], writes[i].Fields["City"] = name, nil
	}
	for _, result := range c.UpsertBulk(t.Context(), "lead", writes) {
		require.Equal(t, crm.Created, written(t, result).Outcome)
	}
	require.Equal(t, 1, asked(s)["POST job"])
	records := oneEach(t, s, len(names))
	for i, name := range names {
		require.Equal(t, strings.TrimSpace(name), strings.TrimSpace(fmt.Sprint(records[writes[i].Fields["Email"].(string)]["LastName"])))
	}
}
