package rest

import (
	"bytes"
	"cmp"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
	"handoff/internal/restapi"
)

// classify tells what an answer means: nil where it is a success, which for several records says nothing about each.
func (c *Connector) classify(status int, header http.Header, body []byte) *crm.Error {
	return c.judge(status, header, body, isPage(header, body))
}

// judge tells what an answer, or one of its results, means: by the first rule that holds, or else by its status. Codes
// count, not messages: those are for people and hold what was sent. The fields are in the API's words until the object puts
// them into those of mappings (see named).
func (c *Connector) judge(status int, header http.Header, body []byte, page bool) *crm.Error {
	failure := byRule(c.config.API.Errors.Rules, status, body, page)
	if failure == nil {
		return nil
	}
	errors := c.config.API.Errors
	failure.Status, failure.RequestID = status, c.requestID(header)
	if page {
		failure.Code = cmp.Or(failure.Code, "html")
	}
	if errors.Code != "" {
		failure.Code = cmp.Or(failure.Code, machine(plain(at(body, errors.Code))))
	}
	failure.Code = cmp.Or(failure.Code, "http_"+strconv.Itoa(status))
	if errors.Fields != "" {
		failure.Fields = c.fieldsIn(texts(at(body, errors.Fields)))
	}
	if said := c.retryAfter(header, body); said > 0 {
		failure.RetryAfter = said
	}
	return failure
}

func byRule(rules []restapi.Rule, status int, body []byte, page bool) *crm.Error {
	if rule, found := ruled(rules, status, body, page); found {
		if rule.Kind == "success" {
			return nil
		}
		return &crm.Error{Kind: crm.Kind(rule.Kind), Code: rule.Code, RetryAfter: rule.RetryAfter}
	}
	if status >= 200 && status < 300 && !page {
		return nil
	}
	kind, code := byStatus(status, page)
	return &crm.Error{Kind: kind, Code: code}
}

// ruled is the first rule that holds.
func ruled(rules []restapi.Rule, status int, body []byte, page bool) (restapi.Rule, bool) {
	i := slices.IndexFunc(rules, func(rule restapi.Rule) bool { return holds(rule.When, status, body, page) })
	if i < 0 {
		return restapi.Rule{}, false
	}
	return rules[i], true
}

// byStatus is what a status means where nothing else is known. A page for people comes from what stands before the API.
func byStatus(status int, page bool) (kind crm.Kind, code string) {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusProxyAuthRequired:
		return crm.Auth, ""
	case http.StatusTooManyRequests:
		return crm.RateLimited, ""
	}
	switch {
	case page:
		return crm.Transient, ""
	case status == http.StatusForbidden:
		return crm.Misconfigured, ""
	case status == http.StatusNotFound, status == http.StatusGone:
		return crm.Conflict, "not_found"
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return crm.Conflict, ""
	case status == http.StatusRequestTimeout, status == http.StatusLocked, status == http.StatusTooEarly, status >= 500 && status != http.StatusNotImplemented:
		return crm.Transient, ""
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity, status == http.StatusRequestEntityTooLarge,
		status == http.StatusRequestURITooLong:
		return crm.Invalid, ""
	}
	return crm.Misconfigured, "" // a path, a method or a form that the API does not have; or it has moved
}

// holds says whether a condition does.
func holds(w restapi.When, status int, body []byte, page bool) bool {
	if len(w.Status) > 0 && !slices.Contains(w.Status, status) || w.HTML && !page {
		return false
	}
	if w.At == "" {
		return true
	}
	value := at(body, w.At)
	if !value.Exists() || value.Type == gjson.Null {
		return false
	}
	text := plain(value)
	return len(w.Is) == 0 || slices.ContainsFunc(w.Is, func(is string) bool {
		return text == is || matches(text, is)
	})
}

// matches says whether a text is what a pattern says, whose * at either end stands for anything.
func matches(text, pattern string) bool {
	begin, openEnd := strings.CutSuffix(pattern, "*")
	core, openStart := strings.CutPrefix(begin, "*")
	switch {
	case openStart && openEnd:
		return strings.Contains(text, core)
	case openStart:
		return strings.HasSuffix(text, core)
	case openEnd:
		return strings.HasPrefix(text, core)
	}
	return false
}

// fieldsIn are the names of fields in what an answer says of them: the texts themselves, or what the description finds in
// them.
func (c *Connector) fieldsIn(said []string) []string {
	if c.fieldsLike == nil {
		return said
	}
	var names []string
	for _, text := range said {
		for _, found := range c.fieldsLike.FindAllStringSubmatch(text, -1) {
			names = append(names, found[1])
		}
	}
	return names
}

// at reads a path of a JSON text; "" is the whole of it. What is no JSON holds nothing.
func at(body []byte, path string) gjson.Result {
	if !gjson.ValidBytes(body) {
		return gjson.Result{}
	}
	return within(gjson.ParseBytes(body), path)
}

func within(value gjson.Result, path string) gjson.Result {
	if path == "" {
		return value
	}
	return value.Get(path)
}

// plain is a value as text; a number keeps its digits.
func plain(value gjson.Result) string {
	if value.Type == gjson.Number {
		return value.Raw
	}
	return value.String()
}

// texts are a text, or the texts of a list.
func texts(value gjson.Result) []string {
	if value.IsArray() {
		var all []string
		for _, one := range value.Array() {
			all = append(all, texts(one)...)
		}
		return all
	}
	if value.Type == gjson.String && value.Str != "" {
		return []string{value.Str}
	}
	return nil
}

// isPage says that an answer is written for people.
func isPage(header http.Header, body []byte) bool {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	start := bytes.TrimSpace(body)
	return len(start) > 0 && (kind == "text/html" || start[0] == '<')
}

var (
	aCode      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)
	aRequestID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:/=+-]{0,127}$`)
)

// machine keeps what is surely a code, and no text that may hold somebody's data.
func machine(code string) string {
	if aCode.MatchString(code) {
		return code
	}
	return ""
}

func (c *Connector) requestID(header http.Header) string {
	if id := header.Get(c.config.API.RequestID); c.config.API.RequestID != "" && aRequestID.MatchString(id) {
		return id
	}
	return ""
}

// retryAfter is what an answer says of when to come back, a day at most.
func (c *Connector) retryAfter(header http.Header, body []byte) time.Duration {
	if where := c.config.API.Errors.RetryAfter; where != "" {
		text := header.Get(where)
		if text == "" {
			text = plain(at(body, where))
		}
		if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 {
			return time.Duration(min(seconds, (24*time.Hour).Seconds()) * float64(time.Second))
		}
	}
	return wire.RetryAfter(header)
}

// allowances are what the headers of an answer say is left.
func (c *Connector) allowances(header http.Header) []crm.Allowance {
	var all []crm.Allowance
	for _, a := range c.config.API.Allowances {
		left, err := strconv.Atoi(header.Get(a.Left))
		most := a.Most
		if a.Max != "" {
			most, _ = strconv.Atoi(header.Get(a.Max)) // none is zero
		}
		if err == nil && left >= 0 && most > 0 {
			all = append(all, crm.Allowance{Class: crm.Class(a.Class), Per: a.Per, Max: most, Left: left})
		}
	}
	return all
}
