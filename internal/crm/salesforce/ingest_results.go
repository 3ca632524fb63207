package salesforce

import (
	"context"
	"net/http"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// settle tells each row what became of it. It returns the items that have to go again: those that somebody else was quicker
// with, and those that the job says nothing of.
func (l *loading) settle(ctx context.Context, key string, rows []outgoing) (again []*item) {
	var good, bad results
	if l.job.Processed > l.job.Failed {
		good = l.results(ctx, "successfulResults", key, "sf__Created")
	}
	if l.job.Failed > 0 {
		bad = l.results(ctx, "failedResults", key, "sf__Error")
	}
	for _, row := range rows {
		sent, _ := rowText(row.record[key]) // it fitted
		value := folded(sent)
		if s, ok := good.rows[value]; ok && aRecordID.MatchString(s.id) {
			row.settle(l.c, s.id, l.callOf(good.reply, row, len(rows), []byte(s.id)))
			continue
		}
		if s, ok := bad.rows[value]; ok {
			failure := rowFailure(s.text)
			failure.Status, failure.RequestID = bad.reply.Status, l.job.ID
			if row.lost(failure) || failure.Code == "DUPLICATES_DETECTED" {
				again = append(again, row.item) // a collection can say that a warning is to be passed
				continue
			}
			row.refuse(failure, l.callOf(bad.reply, row, len(rows), []byte(s.text)))
			continue
		}
		switch failure := good.failure; {
		case failure == nil && bad.failure != nil:
			row.refuse(bad.failure, l.callOf(bad.reply, row, len(rows), nil))
		case failure != nil:
			row.refuse(failure, l.callOf(good.reply, row, len(rows), nil))
		case l.job.State == jobAborted: // somebody does not want it now
			row.refuse(&crm.Error{Kind: crm.Transient, Code: "job_aborted", RequestID: l.job.ID}, l.callOf(l.given(), row, len(rows), nil))
		default:
			again = append(again, row.item)
		}
	}
	return again
}

// results are what a job says of some of its rows.
type results struct {
	rows    map[string]said
	reply   *wire.Reply
	failure *crm.Error // why they are not known, where time may heal it
}

// results reads what a job says of rows, by the value of a column.
func (l *loading) results(ctx context.Context, kind, key, what string) results {
	reply, failure := l.patiently(ctx, func() (*wire.Reply, *crm.Error) {
		r, failure := l.wire.Do(ctx, l.operation, http.MethodGet, l.path(kind)+"/", nil, "Accept", "text/csv")
		if failure == nil {
			if _, ok := decodeRows(r.Body, key, what); !ok {
				failure = r.Fail(&crm.Error{Kind: crm.Transient, Code: "unreadable_answer", Status: r.Status, RequestID: r.Call.RequestID})
			}
		}
		return r, failure
	})
	if failure == nil {
		rows, _ := decodeRows(reply.Body, key, what)
		return results{rows, reply, nil}
	}
	if failure.Kind.Permanent() { // they are gone: the records tell
		return results{nil, reply, nil}
	}
	return results{nil, reply, failure}
}

// rowFailure is what a row's error means. Salesforce refuses a whole job for a column that it does not know, so that what it
// says of the field of one row is about the value.
func rowFailure(text string) *crm.Error {
	failure := rowProblem(text).classify()
	if failure.Code == "INVALID_FIELD" {
		failure.Kind = crm.Invalid
	}
	return failure
}
