package salesforce_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

// between puts something in front of an org that may answer in its place.
func between(t *testing.T, s *sandboxtest.Running, answers func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answers(w, r) {
			s.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestI2ALostReplyOfAJob: whichever reply of a job is lost, and whatever has become of it, everybody has one record.
func TestI2ALostReplyOfAJob(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  sandbox.Fault
		jobs   int
		failed bool // and is told so
	}{
		"creation":          {sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/jobs/ingest", Count: 1}, 2, true},
		"upload":            {sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/batches", Count: 1}, 2, true},
		"upload, before":    {sandbox.Fault{Kind: sandbox.DropBefore, Path: "/batches", Count: 1}, 2, true},
		"close":             {sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/jobs/ingest/", Skip: 1, Count: 1}, 1, false},
		"close, before":     {sandbox.Fault{Kind: sandbox.DropBefore, Path: "/jobs/ingest/", Skip: 1, Count: 1}, 1, false},
		"poll":              {sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/jobs/ingest/", Skip: 2, Count: 1}, 1, false},
		"results":           {sandbox.Fault{Kind: sandbox.HTML, Path: "/successfulResults", Count: 1}, 1, false},
		"results, for good": {sandbox.Fault{Kind: sandbox.RateLimit, Path: "/successfulResults", Policy: "TotalRequests", Count: 1}, 1, true},
		"limit while polling": {
			sandbox.Fault{Kind: sandbox.RateLimit, Path: "/jobs/ingest/", Policy: "TotalRequests", Skip: 3, Count: 1}, 2, true}, // the sandbox works while it is asked
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, org.Options{BulkPolls: 1})
			connector := loads(t, s, 10)
			require.NoError(t, s.Faults.Add(c.fault))
			writes := people(20)
			first := connector.UpsertBulk(t.Context(), "lead", writes)
			for _, result := range first {
				require.Equal(t, c.failed, result.Err != nil, "%v", result.Err)
				if result.Err != nil {
					require.False(t, result.Err.Kind.Permanent(), "%v", result.Err)
				}
			}
			for _, result := range connector.UpsertBulk(t.Context(), "lead", writes) {
				require.Equal(t, crm.Created, written(t, result).Outcome, "by this very submission")
			}
			oneEach(t, s, 20)
			require.Equal(t, c.jobs, asked(s)["POST job"])
		})
	}
}

// TestI2TwoJobsOfTheSameRows: a job that Salesforce still works on when its rows come again makes no second record of anybody.
func TestI2TwoJobsOfTheSameRows(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{BulkPolls: 1})
	var mu sync.Mutex
	var first string // path of the first job
	front := between(t, s, func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		path, isUpload := strings.CutSuffix(r.URL.Path, "/batches")
		switch {
		case isUpload && first == "":
			first = path
		case isUpload: // the rows have been found to be new: now Salesforce gets done with the first job
			poll := httptest.NewRequest(http.MethodGet, first, nil)
			poll.Header.Set("Authorization", "Bearer "+org.Token)
			s.ServeHTTP(httptest.NewRecorder(), poll)
		}
		return false
	})
	c := connect(t, s, func(c *salesforce.Config) { c.BulkFrom, c.InstanceURL = 10, front })
	writes := people(20)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan []crm.Result)
	go func() { done <- c.UpsertBulk(ctx, "lead", writes) }()
	require.Eventually(t, func() bool { return asked(s)["GET job"] == 1 }, time.Minute, time.Millisecond)
	cancel() // the worker stops
	for _, result := range <-done {
		require.Equal(t, crm.Transient, result.Err.Kind)
	}
	require.Equal(t, 1, asked(s)["PATCH job"], "a job that is worked on is not given up")
	for _, result := range c.UpsertBulk(t.Context(), "lead", writes) {
		require.Equal(t, crm.Created, written(t, result).Outcome)
	}
	require.Equal(t, 2, asked(s)["POST job"])
	require.Equal(t, 1, asked(s)["GET job failedResults"], "all rows of the second job came too late")
	oneEach(t, s, 20)
}

// TestAJobThatIsLeft: whose rows are still on their way is given up.
func TestAJobThatIsLeft(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := loads(t, s, 10)
	require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: sandbox.Stall, Path: "/batches"}))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for _, result := range c.UpsertBulk(ctx, "lead", people(20)) {
		require.Equal(t, "timeout", result.Err.Code)
	}
	s.Faults.Clear()
	require.Equal(t, 1, asked(s)["PATCH job"], "it is aborted")
	require.Empty(t, s.Salesforce.Records("Lead"))
}

// TestAJobThatFails: what Salesforce says of a job as a whole says nothing of its records: they go two hundred to a call, where
// each is told what is wrong with it.
func TestAJobThatFails(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"no jobs for this org": func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `[{"errorCode":"INVALIDJOB","message":"Bulk API is not enabled"}]`)
			return true
		},
		"failed": func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet {
				return false
			}
			fmt.Fprint(w, `{"id":"750dL000009Dl5bQAC","state":"Failed","errorMessage":"InvalidBatch : Luke Danes","numberRecordsProcessed":0,"numberRecordsFailed":0}`)
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, org.Options{})
			front := between(t, s, func(w http.ResponseWriter, r *http.Request) bool {
				return strings.Contains(r.URL.Path, "/jobs/ingest") && answer(w, r)
			})
			c := connect(t, s, func(c *salesforce.Config) { c.BulkFrom, c.InstanceURL = 10, front })
			writes := people(20)
			writes[7].Fields["LastName"] = ""
			for i, result := range c.UpsertBulk(t.Context(), "lead", writes) {
				if i == 7 {
					require.Equal(t, "REQUIRED_FIELD_MISSING", result.Err.Code)
					continue
				}
				require.Equal(t, crm.Created, written(t, result).Outcome)
			}
			oneEach(t, s, 19)
		})
	}
	t.Run("aborted by somebody", func(t *testing.T) {
		t.Parallel()
		s := start(t, org.Options{})
		front := between(t, s, func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/jobs/ingest") {
				return false
			}
			fmt.Fprint(w, `{"id":"750dL000009Dl5bQAC","state":"Aborted","numberRecordsProcessed":0,"numberRecordsFailed":0}`)
			return true
		})
		c := connect(t, s, func(c *salesforce.Config) { c.BulkFrom, c.InstanceURL = 10, front })
		for _, result := range c.UpsertBulk(t.Context(), "lead", people(20)) {
			require.Equal(t, crm.Transient, result.Err.Kind)
			require.Equal(t, "job_aborted", result.Err.Code)
			require.Equal(t, result.Err.Code, result.Call.Code)
		}
		require.Empty(t, s.Salesforce.Records("Lead"), "what somebody has stopped is not done another way")
	})
}
