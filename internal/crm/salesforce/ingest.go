package salesforce

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

const (
	// perRow is what a row takes at least. A job is left alone for that long before it is asked how far it is, and each time
	// twice as long.
	perRow, shortestPoll, longestPoll = time.Millisecond, 100 * time.Millisecond, 30 * time.Second
	// repeat is how long a call waits before it is made again, and as much longer each time.
	repeat = time.Second
	// longestPause is the longest that a job waits where Salesforce says "later"; its rows are told that otherwise.
	longestPause = time.Minute
	// tries is how often a call of a job is made that fails in a way that passes.
	tries = 5
	// transfer is how long the rows of a job may be on their way.
	transfer = 2 * time.Minute
	// farewell is how long it may take to give a job up.
	farewell = 10 * time.Second
)

// job is one load of the Bulk API 2.0.
// See https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0.htm.
type job struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Processed int    `json:"numberRecordsProcessed"`
	Failed    int    `json:"numberRecordsFailed"`
}

// States of a job. Others mean that it is being worked on.
const (
	jobOpen     = "Open"
	jobUploaded = "UploadComplete"
	jobComplete = "JobComplete"
	jobFailed   = "Failed"
	jobAborted  = "Aborted"
)

// jobRequest describes a job.
type jobRequest struct {
	Object      string `json:"object"`
	Operation   string `json:"operation"`
	ContentType string `json:"contentType"`
	LineEnding  string `json:"lineEnding"`
	Delimiter   string `json:"columnDelimiter"`
	Rule        string `json:"assignmentRuleId,omitempty"`
}

// loading is one job on its way.
type loading struct {
	c         *Connector
	wire      *wire.Client
	operation string
	job       job
	poll      time.Duration // before the job is asked for the first time
}

// load creates records by one job; key is the column that tells its rows apart. It returns the items that have to go again,
// the ordinary way: what Salesforce says of a job as a whole, such as that the org may make none, says nothing of its
// records.
func (c *Connector) load(ctx context.Context, key string, rows []outgoing) (again []*item) {
	o := rows[0].to.o
	patient := *c.wire
	patient.Timeout = max(patient.Timeout, transfer)
	l := &loading{c: c, wire: &patient, operation: "bulk create " + o.name, poll: max(time.Duration(len(rows))*perRow, shortestPoll)}
	r, failure := l.run(ctx, o.Object.Object, rows)
	if failure != nil {
		l.leave(ctx)
		if failure.Kind.Permanent() {
			return items(rows)
		}
		for _, row := range rows {
			row.refuse(failure, l.callOf(r, row, len(rows), r.Body))
		}
		return nil
	}
	return l.settle(ctx, key, rows)
}

func items(rows []outgoing) []*item {
	all := make([]*item, len(rows))
	for i, row := range rows {
		all[i] = row.item
	}
	return all
}

// run makes a job and waits until Salesforce has done with it.
func (l *loading) run(ctx context.Context, object string, rows []outgoing) (*wire.Reply, *crm.Error) {
	request := jobRequest{Object: object, Operation: "insert", ContentType: "CSV", LineEnding: "LF", Delimiter: "COMMA"}
	r, failure := l.rule(ctx, &request)
	if failure != nil {
		return r, failure
	}
	jobs := l.c.path("jobs", "ingest")
	r, failure = l.wire.Do(ctx, l.operation, http.MethodPost, jobs, request)
	if failure == nil {
		failure = r.Read(&l.job)
	}
	if failure == nil && !aRecordID.MatchString(l.job.ID) {
		failure = r.Fail(&crm.Error{Kind: crm.Transient, Code: "unreadable_answer", Status: r.Status, RequestID: r.Call.RequestID})
	}
	if failure != nil {
		return r, failure
	}
	// A job takes its rows once: where nobody knows whether it has them it is given up.
	r, failure = l.wire.Do(ctx, l.operation, http.MethodPut, l.path("batches"), wire.Raw{ContentType: "text/csv; charset=UTF-8", Bytes: encodeRows(rows)})
	if failure != nil {
		return r, failure
	}
	return l.await(ctx)
}

// rule names the assignment rule that is to decide about owners.
// See https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/create_job.htm.
func (l *loading) rule(ctx context.Context, request *jobRequest) (*wire.Reply, *crm.Error) {
	if l.c.config.Assign != "on" {
		request.Rule = l.c.config.Assign
		return nil, nil
	}
	rows, call, failure := l.c.queryAll(ctx, "find assignment rule", "SELECT Id FROM AssignmentRule WHERE SobjectType = "+quote(request.Object)+" AND Active = true", 1)
	if len(rows) > 0 {
		request.Rule = rows[0].id()
	}
	return &wire.Reply{Call: call}, failure
}

// await closes the job and asks until it has ended.
func (l *loading) await(ctx context.Context) (*wire.Reply, *crm.Error) {
	closing := true
	for wait := time.Duration(0); ; wait = min(max(2*wait, l.poll), longestPoll) {
		if !pause(ctx, wait) {
			return l.given(), wire.TransportFailure(ctx, ctx.Err())
		}
		var r *wire.Reply
		var failure *crm.Error
		if closing {
			r, failure = l.wire.Do(ctx, l.operation, http.MethodPatch, l.path(), map[string]string{"state": jobUploaded})
		} else {
			r, failure = l.patiently(ctx, func() (*wire.Reply, *crm.Error) { return l.wire.Do(ctx, l.operation, http.MethodGet, l.path(), nil) })
		}
		if failure == nil {
			failure = r.Read(&l.job)
		}
		switch {
		case failure != nil && closing && passes(failure):
			closing = false // or closed: it is asked
			continue
		case failure != nil:
			return r, failure
		case l.job.State == jobComplete, l.job.State == jobFailed, l.job.State == jobAborted:
			return r, nil
		}
		closing = l.job.State == jobOpen
	}
}

// passes says that a call of a job may be made again soon.
func passes(failure *crm.Error) bool {
	return (failure.Kind == crm.Transient || failure.Kind == crm.RateLimited) && failure.RetryAfter <= longestPause
}

// patiently makes a call of the job, and makes it again while it fails in a way that passes soon.
func (l *loading) patiently(ctx context.Context, call func() (*wire.Reply, *crm.Error)) (*wire.Reply, *crm.Error) {
	for n := 1; ; n++ {
		r, failure := call()
		if failure == nil || !passes(failure) || n == tries {
			return r, failure
		}
		if !pause(ctx, max(failure.RetryAfter, time.Duration(n)*repeat)) {
			return r, failure
		}
	}
}

// pause says whether there was time for it.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// leave gives a job up that still waits for rows or for being closed. One that is being worked on is left to Salesforce:
// whoever repeats its rows finds what it has made.
func (l *loading) leave(ctx context.Context) {
	if l.job.State != jobOpen {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	// Salesforce deletes jobs that are left open after a week: that this may fail harms nobody.
	_, _ = l.wire.Do(ctx, "give up "+l.operation, http.MethodPatch, l.path(), map[string]string{"state": jobAborted})
}

func (l *loading) path(parts ...string) string {
	return l.c.path(slices.Concat([]string{"jobs", "ingest", l.job.ID}, parts)...)
}

// given is a reply of the job's where there is none.
func (l *loading) given() *wire.Reply {
	return &wire.Reply{Call: &crm.Call{Operation: l.operation, Started: l.c.config.Now()}}
}

// callOf is a call of the job as one of its rows knows it, with the job's id for Salesforce's support.
func (l *loading) callOf(r *wire.Reply, row outgoing, rows int, answered []byte) *crm.Call {
	call := callOf(creating, r, row, answered)
	call.Operation, call.Batch, call.RequestID = l.operation, rows, cmp.Or(l.job.ID, call.RequestID)
	return call
}
