package hubspot

import (
	"cmp"
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

// problem is an error of HubSpot: a whole answer, or one item of a batch. Every member may be missing.
type problem struct {
	Message       string          `json:"message"`
	CorrelationID string          `json:"correlationId"`
	Category      string          `json:"category"`
	SubCategory   any             `json:"subCategory"`
	ErrorType     string          `json:"errorType"`
	PolicyName    string          `json:"policyName"`
	ID            string          `json:"id"`
	Errors        []problemDetail `json:"errors"`
	Context       json.RawMessage `json:"context"`
}

type problemDetail struct {
	Code    string          `json:"code"`
	Context json.RawMessage `json:"context"`
}

// named is one value that HubSpot says is wrong, and why.
type named struct {
	Code  string `json:"error"`
	Field string `json:"name"`
}

// Waits that HubSpot means without saying them.
const (
	tenSeconds = 10 * time.Second
	oneSecond  = time.Second
	lockLasts  = 2 * time.Second
	// dailyPause is how long nobody calls where the account's midnight is not known.
	dailyPause = 15 * time.Minute
)

// classify tells what an answer means: nil where it is a success, which for a batch says nothing about its items. Codes
// count, not messages: those are for people and hold what was sent. untilMidnight is how long a daily limit still lasts.
func classify(status int, header http.Header, body []byte, untilMidnight time.Duration) *crm.Error {
	if status >= 200 && status < 300 {
		return nil
	}
	var p problem
	if json.Unmarshal(body, &p) != nil { // a page of HTML, or nothing
		p = problem{}
	}
	failure := p.classify(status)
	failure.Status, failure.RequestID = status, requestID(header, &p)
	if failure.Kind == crm.RateLimited {
		failure.RetryAfter = p.wait(untilMidnight)
	}
	if status == http.StatusLocked {
		failure.RetryAfter = lockLasts
	}
	if said := wire.RetryAfter(header); said > 0 {
		failure.RetryAfter = said
	}
	return failure
}

// classify goes from what is certain to what is only likely.
func (p problem) classify(status int) *crm.Error {
	code := func(otherwise string) string {
		return cmp.Or(machine(p.PolicyName), machine(p.Category), otherwise)
	}
	switch {
	case status == http.StatusUnauthorized:
		return &crm.Error{Kind: crm.Auth, Code: code("unauthorized")}
	case status == http.StatusForbidden:
		return &crm.Error{Kind: crm.Misconfigured, Code: code("forbidden")}
	case status == http.StatusTooManyRequests, p.ErrorType == "RATE_LIMIT", p.Category == "RATE_LIMITS":
		return &crm.Error{Kind: crm.RateLimited, Code: code("rate_limit")}
	case status == http.StatusLocked:
		return &crm.Error{Kind: crm.Transient, Code: code("locked")}
	case status == 477: // the account is being moved to another data centre
		return &crm.Error{Kind: crm.Transient, Code: code("migration")}
	case status == http.StatusRequestEntityTooLarge, status == http.StatusRequestURITooLong: // too long, or merged too often
		return &crm.Error{Kind: crm.Invalid, Code: code("http_" + strconv.Itoa(status))}
	case status == http.StatusRequestTimeout, status >= 500, status >= 300 && status < 400:
		return &crm.Error{Kind: crm.Transient, Code: code("http_" + strconv.Itoa(status))}
	case status == http.StatusConflict, p.Category == "CONFLICT", p.Category == "OBJECT_ALREADY_EXISTS":
		return &crm.Error{Kind: crm.Conflict, Code: code("CONFLICT")}
	case p.Category == "OBJECT_NOT_FOUND", status == http.StatusNotFound:
		return &crm.Error{Kind: crm.Conflict, Code: code("not_found")}
	}
	if failure := p.ofValues(); failure != nil {
		return failure
	}
	switch {
	case strings.HasPrefix(p.Message, "Unable to infer object type"):
		return &crm.Error{Kind: crm.Misconfigured, Code: "unknown_object"}
	case strings.Contains(strings.ToLower(p.Message), "permission"):
		return &crm.Error{Kind: crm.Misconfigured, Code: "permission"}
	case strings.Contains(p.Message, "non-unique"):
		return &crm.Error{Kind: crm.Misconfigured, Code: "not_unique"}
	case p.Category == "":
		return &crm.Error{Kind: crm.Misconfigured, Code: "bad_request"}
	}
	return &crm.Error{Kind: crm.Invalid, Code: code("bad_request")}
}

// kindsOfCode are the codes that are not about the value alone.
var kindsOfCode = map[string]crm.Kind{
	"PROPERTY_DOESNT_EXIST":    crm.Misconfigured,
	"READ_ONLY_VALUE":          crm.Misconfigured,
	"CONFLICTING_UNIQUE_VALUE": crm.Conflict,
}

// gravity orders kinds: of several wrong values the one that keeps every record from being written is told.
var gravity = []crm.Kind{crm.Invalid, crm.Conflict, crm.Misconfigured}

// ofValues is the failure of values that are wrong.
func (p problem) ofValues() *crm.Error {
	var worst *crm.Error
	for _, n := range p.named() {
		kind, known := kindsOfCode[n.Code]
		if !known {
			kind = crm.Invalid
		}
		if worst == nil || slices.Index(gravity, kind) > slices.Index(gravity, worst.Kind) {
			worst = &crm.Error{Kind: kind, Code: n.Code}
		}
		if kind == worst.Kind && n.Field != "" && !slices.Contains(worst.Fields, n.Field) {
			worst.Fields = append(worst.Fields, n.Field)
		}
	}
	return worst
}

// named finds the wrong values: in the list of errors, and in the list that the message holds where there is no other.
func (p problem) named() []named {
	var all []named
	add := func(code, field string) {
		if code = machine(code); code != "" {
			all = append(all, named{code, propertyName(field)})
		}
	}
	for _, detail := range p.Errors {
		names := contextOf(detail.Context)["propertyName"]
		if len(names) == 0 {
			add(detail.Code, "")
		}
		for _, name := range names {
			add(detail.Code, name)
		}
	}
	if _, list, holds := strings.Cut(p.Message, "Property values were not valid: "); holds {
		var inMessage []named
		if json.Unmarshal([]byte(list), &inMessage) == nil {
			for _, n := range inMessage {
				add(n.Code, n.Field)
			}
		}
	}
	return all
}

// contextOf reads a context, whose members are lists of texts. Some answers write one as a text: that has none.
func contextOf(raw json.RawMessage) map[string][]string {
	var context map[string][]string
	if json.Unmarshal(raw, &context) != nil {
		return nil
	}
	return context
}

func (p problem) wait(untilMidnight time.Duration) time.Duration {
	switch p.PolicyName {
	case "DAILY":
		return untilMidnight
	case "SECONDLY":
		return oneSecond
	}
	return tenSeconds
}

// existingID is the record that is in the way, where HubSpot says it: in the context of an item, or in the message.
func (p problem) existingID() string {
	if ids := contextOf(p.Context)["existingId"]; len(ids) > 0 {
		return ids[0]
	}
	if match := existing.FindStringSubmatch(p.Message); match != nil {
		return match[1]
	}
	return ""
}

var (
	existing     = regexp.MustCompile(`Existing ID: (\d{1,20})\b`)
	machineCode  = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
	aProperty    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)
	aCorrelation = regexp.MustCompile(`^[0-9a-fA-F-]{8,64}$`)
)

// machine keeps what is surely a code, and no text that may hold somebody's data.
func machine(code string) string {
	if machineCode.MatchString(code) {
		return code
	}
	return ""
}

// propertyName keeps what is surely a property's name.
func propertyName(name string) string {
	if aProperty.MatchString(name) {
		return name
	}
	return ""
}

// requestID is what HubSpot's support asks for.
func requestID(header http.Header, p *problem) string {
	id := header.Get("X-Hubspot-Correlation-Id")
	if id == "" && p != nil {
		id = p.CorrelationID
	}
	if aCorrelation.MatchString(id) {
		return id
	}
	return ""
}

// untilMidnight is how long a daily limit lasts that is reached now.
func (c *Connector) untilMidnight() time.Duration {
	if c.config.TimeZone == nil {
		return dailyPause
	}
	now := c.config.Now().In(c.config.TimeZone)
	year, month, day := now.Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, c.config.TimeZone).Sub(now)
}
