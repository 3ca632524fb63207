package restapi

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// Problem is something wrong with a description, by its path below the API's.
type Problem struct{ Path, Message string }

// checker collects problems.
type checker struct{ problems []Problem }

func (c *checker) add(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{path, fmt.Sprintf(format, args...)})
}

func (c *checker) oneOf(path, what, word string, known []string) {
	if !slices.Contains(known, word) {
		c.add(path, "%s", yamlfile.Unknown(what, word, known))
	}
}

// headerName is a header's name.
var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)

func (c *checker) header(path, name string) {
	if name != "" && !headerName.MatchString(name) {
		c.add(path, "want the name of a header")
	}
}

// Check tells everything that is wrong with a description, each problem with its path.
func (a API) Check() []Problem {
	c := &checker{}
	c.headers(".headers", a.Headers)
	c.header(".request_id", a.RequestID)
	c.errors(".errors", a.Errors)
	for i, allowance := range a.Allowances {
		c.allowance(yamlfile.Index(".allowances", i), allowance)
	}
	for _, vendor := range slices.Sorted(maps.Keys(a.Types)) {
		c.oneOf(yamlfile.Key(".types", vendor), "type", a.Types[vendor], Types())
	}
	if len(a.Objects) == 0 {
		c.add(".objects", "want at least one object")
	}
	for _, name := range slices.Sorted(maps.Keys(a.Objects)) {
		c.object(yamlfile.Key(".objects", name), a.Objects[name])
	}
	if a.Me != nil {
		c.request(".me", a.Me.Request, nil)
	}
	if a.Owners != nil {
		c.request(".owners", a.Owners.Request, paging)
		c.page(".owners.page", a.Owners.Page, a.Owners.Request)
	}
	return c.problems
}

func (c *checker) headers(path string, headers map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		at := yamlfile.Key(path, name)
		c.header(at, name)
		if strings.EqualFold(name, "Authorization") {
			c.add(at, "want auth instead: headers are not secret")
		}
		if strings.ContainsAny(headers[name], "\r\n\x00") {
			c.add(at, "want one line")
		}
	}
}

func (c *checker) allowance(path string, a Allowance) {
	if a.Class != "" {
		c.oneOf(path+".class", "class", a.Class, classes)
	}
	if a.Per <= 0 {
		c.add(path+".per", "want the limit's span, such as 10s")
	}
	if a.Left == "" {
		c.add(path+".left", "missing; want the header with how many requests remain")
	}
	c.header(path+".left", a.Left)
	c.header(path+".max", a.Max)
	if (a.Max == "") == (a.Most <= 0) {
		c.add(path+".max", "want the header with how many requests are allowed, or most")
	}
}

var classes = []string{"calls", "search"}

func (c *checker) errors(path string, e Errors) {
	if e.FieldsLike != "" {
		like, err := regexp.Compile(e.FieldsLike)
		if err != nil || like.NumSubexp() != 1 {
			c.add(path+".fields_like", "want a regular expression with one group, around the field's name")
		}
		if e.Fields == "" {
			c.add(path+".fields", "missing; want the path of the text that fields_like looks at")
		}
	}
	for i, rule := range e.Rules {
		at := yamlfile.Index(path+".rules", i)
		c.oneOf(at+".kind", "kind", rule.Kind, Kinds())
		c.when(at, rule.When)
		if rule.RetryAfter < 0 {
			c.add(at+".retry_after", "want no less than nothing")
		}
		if rule.Code != "" && !machineCode.MatchString(rule.Code) {
			c.add(at+".code", "want a code of letters, digits, _, - and dots")
		}
	}
}

var machineCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

func (c *checker) when(path string, w When) {
	if len(w.Status) == 0 && w.At == "" && !w.HTML {
		c.add(path, "want status, at or html: when does it hold?")
	}
	for i, status := range w.Status {
		if status < 100 || status > 599 {
			c.add(yamlfile.Index(path+".status", i), "want 100 to 599")
		}
	}
	if len(w.Is) > 0 && w.At == "" {
		c.add(path+".at", "missing; want the path of the value that is looks at")
	}
}
