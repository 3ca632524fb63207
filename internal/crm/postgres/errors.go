package postgres

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"

	"handoff/internal/crm"
)

// classify tells what a failure means, from its SQLSTATE alone. Fields are added later, where the record at fault is
// known.
func classify(err error) *crm.Error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &crm.Error{Kind: crm.Transient, Code: "timeout"}
	}
	if errors.Is(err, context.Canceled) {
		return &crm.Error{Kind: crm.Transient, Code: "canceled"}
	}
	if errors.Is(err, pq.ErrSSLNotSupported) {
		return &crm.Error{Kind: crm.Misconfigured, Code: "ssl_not_supported"}
	}
	e := pq.As(err)
	if e == nil {
		// Whatever is not the server's own word happened on the way to it.
		return &crm.Error{Kind: crm.Transient, Code: "connection"}
	}
	return classifyState(string(e.Code), e.Hint)
}

func classifyState(state, hint string) *crm.Error {
	if status, raised := httpStatus(state); raised {
		return &crm.Error{Kind: kindOfStatus(status), Code: state, Status: status, RetryAfter: retryAfter(hint)}
	}
	failure := &crm.Error{Kind: kindOfState(state), Code: state}
	if failure.Kind == crm.RateLimited {
		failure.RetryAfter = crowded
	}
	return failure
}

// crowded is when it is tried again that the server has no connection to spare. It says nothing of its own; others give theirs
// back after a transaction.
const crowded = 2 * time.Second

// kindOfState is the table of https://www.postgresql.org/docs/current/errcodes-appendix.html as Handoff reads it.
func kindOfState(state string) crm.Kind {
	switch state {
	case "23505", // unique violation, of another index than the write's key
		"23P01": // exclusion violation
		return crm.Conflict
	case "53300": // too many connections
		return crm.RateLimited
	case notImmediate:
		return crm.Misconfigured
	}
	switch class := state[:min(2, len(state))]; class {
	case "22", // data exception
		"23", // integrity constraint violation: not null, foreign key, check
		"44", // with check option violation
		"54", // program limit exceeded: a value too large for an index
		"P0": // raised by a trigger of the table
		return crm.Invalid
	case "42", // unknown table or column, no permission
		"3D", "3F", // no such database, no such schema
		"0A": // feature not supported
		return crm.Misconfigured
	case "28": // invalid authorization
		return crm.Auth
	}
	// Everything else is the server's own trouble: lost connections, locks, deadlocks, disks, restarts, read-only replicas.
	return crm.Transient
}

// httpStatus reads an SQLSTATE that a function of the database raised by PostgREST's convention: PT and a status.
func httpStatus(state string) (int, bool) {
	digits, raised := strings.CutPrefix(state, "PT")
	if !raised {
		return 0, false
	}
	status, err := strconv.Atoi(digits)
	return status, err == nil && status >= 400 && status < 600
}

func kindOfStatus(status int) crm.Kind {
	switch {
	case status == 401:
		return crm.Auth
	case status == 403, status == 404, status == 405:
		return crm.Misconfigured
	case status == 408, status == 425, status >= 500:
		return crm.Transient
	case status == 409:
		return crm.Conflict
	case status == 429:
		return crm.RateLimited
	}
	return crm.Invalid
}

var retryAfterHint = regexp.MustCompile(`(?i)\bretry after (\d{1,6})\b`)

// retryAfter reads "retry after 30" from a hint: seconds.
func retryAfter(hint string) time.Duration {
	match := retryAfterHint.FindStringSubmatch(hint)
	if match == nil {
		return 0
	}
	seconds, err := strconv.Atoi(match[1])
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// mayBeOneItem says whether a statement over several records may have failed because of one of them, so that the
// others deserve a statement of their own.
func mayBeOneItem(err error) bool {
	e := pq.As(err)
	if e == nil {
		return false
	}
	switch e.Code {
	case rowSecurity:
		return refusedByPolicy(e)
	case "21000", // two keys that are different to us are one to the database
		"40P01": // a deadlock needs two rows
		return true
	}
	kind := classify(err).Kind
	return kind == crm.Invalid || kind == crm.Conflict
}

const (
	rowSecurity  = "42501" // a policy refuses the row; or there is no permission, which is not about one
	notImmediate = "55000" // the key's constraint is deferrable
)

// refusedByPolicy says that a policy of the table refuses a row. The database has one code for that and for a permission that
// nobody has granted, and tells them apart by which part of it complains.
func refusedByPolicy(e *pq.Error) bool {
	return e.Code == rowSecurity && e.Routine == "ExecWithCheckOptions"
}

// aboutTheNewRow says that the database has refused a row for what it is as a new one: it has no value where one must be, or a
// check or a policy refuses it.
func aboutTheNewRow(err error) bool {
	e := pq.As(err, "23502", "23514", rowSecurity)
	return e != nil && (e.Code != rowSecurity || refusedByPolicy(e))
}

// columnsInMessage finds which of the columns a message quotes. The message itself goes nowhere.
func columnsInMessage(message string, columns []string) []string {
	var found []string
	for _, column := range columns {
		if strings.Contains(message, `"`+column+`"`) {
			found = append(found, column)
		}
	}
	return found
}
