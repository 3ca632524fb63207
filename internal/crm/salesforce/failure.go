package salesforce

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// How long to wait where Salesforce says nothing. The daily limit rolls, so that a little of it comes back all the time.
const (
	dailyPause      = 15 * time.Minute
	concurrentPause = 10 * time.Second
	lockPause       = 2 * time.Second
)

// problem is one of the errors of an answer. Its code is called errorCode in an answer about one record and statusCode in one
// about many.
type problem struct {
	ErrorCode  string   `json:"errorCode"`
	StatusCode string   `json:"statusCode"`
	Message    string   `json:"message"`
	Fields     []string `json:"fields"`
}

func (p problem) code() string { return machine(p.ErrorCode + p.StatusCode) }

// gravity orders kinds: of several errors the one is told that keeps the most from being written.
var gravity = []crm.Kind{crm.Invalid, crm.Misconfigured, crm.Conflict, crm.Transient, crm.RateLimited, crm.Auth}

// kinds are what codes mean; those that are not here are the record's own fault.
// See https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_calls_concepts_core_data_objects.htm.
var kinds = map[string]crm.Kind{
	"INVALID_FIELD": crm.Misconfigured, "INVALID_FIELD_FOR_INSERT_UPDATE": crm.Misconfigured, "INVALID_TYPE": crm.Misconfigured,
	"MALFORMED_QUERY": crm.Misconfigured, "JSON_PARSER_ERROR": crm.Misconfigured, "STORAGE_LIMIT_EXCEEDED": crm.Misconfigured,
	"INSUFFICIENT_ACCESS": crm.Misconfigured, "INSUFFICIENT_ACCESS_OR_READONLY": crm.Misconfigured,
	"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": crm.Misconfigured, "METHOD_NOT_ALLOWED": crm.Misconfigured,
	"API_DISABLED_FOR_ORG": crm.Auth, "TXN_SECURITY_NO_ACCESS": crm.Auth, "INVALID_SESSION_ID": crm.Auth, "INVALID_AUTH_HEADER": crm.Auth,
	"DUPLICATES_DETECTED": crm.Conflict, "DUPLICATE_VALUE": crm.Conflict, "DUPLICATE_EXTERNAL_ID": crm.Conflict,
	"ENTITY_IS_LOCKED": crm.Conflict, "ENTITY_IS_DELETED": crm.Conflict, "CANNOT_UPDATE_CONVERTED_LEAD": crm.Conflict,
	"UNABLE_TO_LOCK_ROW": crm.Transient, "QUERY_TIMEOUT": crm.Transient, "INVALID_QUERY_LOCATOR": crm.Transient,
	"ALL_OR_NONE_OPERATION_ROLLED_BACK": crm.Transient, "PROCESSING_HALTED": crm.Transient, "API_CURRENTLY_DISABLED": crm.Transient,
	"SERVER_UNAVAILABLE": crm.Transient, "UNKNOWN_EXCEPTION": crm.Transient, "INTERNAL_SERVER_ERROR": crm.Transient,
	"INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE": crm.Transient,
	"REQUEST_LIMIT_EXCEEDED":                              crm.RateLimited,
}

// classify tells what an answer means: nil where it is a success, which for a collection says nothing about its records.
// Codes count, not messages: those are for people, in their language, and hold what was sent.
func classify(status int, header http.Header, body []byte) *crm.Error {
	if status >= 200 && status < 300 || status == http.StatusNotModified {
		return nil
	}
	var problems []problem
	if json.Unmarshal(body, &problems) != nil { // a page of HTML, or links: the status has to do
		problems = nil
	}
	failure := worst(problems)
	if failure == nil {
		failure = ofStatus(status)
	}
	switch {
	case status == http.StatusUnauthorized:
		failure.Kind = crm.Auth
	case status == http.StatusTooManyRequests:
		failure.Kind = crm.RateLimited
	case status >= 500 && failure.Kind != crm.RateLimited:
		failure.Kind = crm.Transient
	}
	if failure.Code == "NOT_FOUND" && status == http.StatusNotFound {
		// A record that is gone is no error of a collection: here a path is unknown, that of an object or of an external id.
		failure.Kind = crm.Misconfigured
	}
	failure.Status, failure.RequestID = status, requestID(header)
	if said := wire.RetryAfter(header); said > 0 {
		failure.RetryAfter = said
	} else if failure.Kind == crm.RateLimited && failure.RetryAfter == 0 {
		failure.RetryAfter = dailyPause
	}
	return failure
}

// worst is the gravest of several errors; nil where there is none.
func worst(problems []problem) *crm.Error {
	var found *crm.Error
	for _, p := range problems {
		one := p.classify()
		switch {
		case found == nil || slices.Index(gravity, one.Kind) > slices.Index(gravity, found.Kind):
			found = one
		case one.Kind == found.Kind:
			for _, field := range one.Fields {
				if !slices.Contains(found.Fields, field) {
					found.Fields = append(found.Fields, field)
				}
			}
		}
	}
	return found
}

func (p problem) classify() *crm.Error {
	code := p.code()
	if code == "" {
		return &crm.Error{Kind: crm.Transient, Code: "unreadable_answer"}
	}
	failure := &crm.Error{Kind: crm.Invalid, Code: code}
	if kind, known := kinds[code]; known {
		failure.Kind = kind
	}
	for _, field := range p.Fields {
		if aField.MatchString(field) {
			failure.Fields = append(failure.Fields, field)
		}
	}
	switch {
	case code == "INVALID_FIELD" && len(failure.Fields) == 0:
		if match := noColumn.FindStringSubmatch(p.Message); match != nil {
			failure.Fields = []string{match[1]}
		}
	case code == "UNABLE_TO_LOCK_ROW":
		failure.RetryAfter = lockPause
	case code == "REQUEST_LIMIT_EXCEEDED":
		// The name of the limit stands first: of the day's requests, or of long requests at the same time.
		failure.RetryAfter = dailyPause
		if strings.HasPrefix(p.Message, "Concurrent") {
			failure.RetryAfter = concurrentPause
		}
	case strings.HasPrefix(code, "CANNOT_") && strings.Contains(p.Message, "UNABLE_TO_LOCK_ROW"):
		failure.Kind, failure.RetryAfter = crm.Transient, lockPause // of a trigger or flow of the customer's own
	}
	return failure
}

// ofStatus is a failure that has no code.
func ofStatus(status int) *crm.Error {
	failure := &crm.Error{Kind: crm.Misconfigured, Code: "http_" + strconv.Itoa(status)}
	switch {
	case status == http.StatusUnauthorized:
		failure.Kind = crm.Auth
	case status == http.StatusMultipleChoices: // one external id, several records
		failure.Kind, failure.Code = crm.Conflict, "DUPLICATE_EXTERNAL_ID"
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		failure.Kind = crm.Conflict
	case status == http.StatusRequestTimeout, status == 420, status >= 500, status > 300 && status < 400:
		failure.Kind = crm.Transient
	case status == http.StatusTooManyRequests:
		failure.Kind = crm.RateLimited
	}
	return failure
}

var (
	machineCode = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,79}$`)
	aField      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)
	noColumn    = regexp.MustCompile(`^No such column '([A-Za-z][A-Za-z0-9_]{0,79})'`)
	aRecordID   = regexp.MustCompile(`^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$`)
	aUsage      = regexp.MustCompile(`api-usage=(\d{1,10})/(\d{1,10})`)
	aRequestID  = regexp.MustCompile(`^[0-9a-fA-F-]{8,64}$`)
)

// machine keeps what is surely a code, and no text that may hold somebody's data.
func machine(code string) string {
	if machineCode.MatchString(code) {
		return code
	}
	return ""
}

// requestID is what Salesforce's support asks for.
func requestID(header http.Header) string {
	if id := header.Get("X-Request-Id"); aRequestID.MatchString(id) {
		return id
	}
	return ""
}

// allowances are what an answer says is left of the day.
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm.
func allowances(header http.Header) []crm.Allowance {
	for _, part := range strings.FieldsFunc(header.Get("Sforce-Limit-Info"), func(r rune) bool { return r == ';' || r == ',' }) {
		match := aUsage.FindStringSubmatch(strings.TrimSpace(part))
		if match == nil || !strings.HasPrefix(strings.TrimSpace(part), "api-usage=") {
			continue
		}
		used, _ := strconv.Atoi(match[1]) // digits
		most, _ := strconv.Atoi(match[2])
		if most > 0 {
			return []crm.Allowance{{Per: 24 * time.Hour, Max: most, Left: max(0, most-used)}}
		}
	}
	return nil
}
