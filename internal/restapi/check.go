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
	if len(a.Objects) == 0 {
		c.add(".objects", "want at least one object")
	}
	for _, name := range slices.Sorted(maps.Keys(a.Objects)) {
		c.object(yamlfile.Key(".objects", name), a.Objects[name])
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

func (c *checker) object(path string, o Object) {
	if len(o.Fields) == 0 {
		c.add(path+".fields", "want at least one field")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
		at := yamlfile.Key(path+".fields", name)
		if !fieldName.MatchString(name) || name == "owner" {
			c.add(at, "want a name of a-z, 0-9 and _, and not owner")
		}
		c.field(at, o.Fields[name])
	}
	if o.Owner != nil {
		c.field(path+".owner", *o.Owner)
		if o.Read == nil || o.Update == nil {
			c.add(path+".owner", "want read and update too: who has an owner keeps it")
		}
	}
	switch {
	case len(o.Find) == 0 && o.Upsert == nil:
		c.add(path+".find", "want at least one way to find records")
	case len(o.Find) == 0 && o.State != "":
		c.add(path+".find", "want at least one way to find records: with state, they are read before they are written")
	}
	for i, find := range o.Find {
		c.find(yamlfile.Index(path+".find", i), o, find)
	}
	if o.Create == nil && o.Upsert == nil {
		c.add(path+".create", "missing; want create or upsert")
	}
	if o.Update == nil && o.Upsert == nil {
		c.add(path+".update", "missing; want update or upsert")
	}
	if o.Read != nil {
		c.request(path+".read", o.Read.Request, []string{"id"})
	}
	if o.Create != nil {
		c.write(path+".create", *o.Create, nil)
	}
	if o.Update != nil {
		c.write(path+".update", *o.Update, []string{"id"})
	}
	if o.Upsert != nil {
		c.by(path+".upsert.by", o, o.Upsert.By)
		for i, field := range o.Upsert.By {
			if slices.Contains([]string{"id", "record", "records"}, field) {
				c.add(yamlfile.Index(path+".upsert.by", i), "want another name: {%s} means something else in an upsert", field)
			}
		}
		c.write(path+".upsert", *o.Upsert, o.Upsert.By)
	}
	if l := o.ChangedSince; l != nil {
		c.request(path+".changed_since", l.Request, append([]string{"since", "since_seconds", "since_milliseconds"}, paging...))
		c.page(path+".changed_since.page", l.Page, l.Request)
		if o.Changed == "" {
			c.add(path+".changed", "missing; want the path of the moment of a record's last change, for changed_since")
		}
	}
	if d := o.Describe; d != nil {
		c.request(path+".describe", d.Request, paging)
		c.page(path+".describe.page", d.Page, d.Request)
		for _, vendor := range slices.Sorted(maps.Keys(d.Types)) {
			c.oneOf(yamlfile.Key(path+".describe.types", vendor), "type", d.Types[vendor], Types())
		}
	}
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func (c *checker) field(path string, f Field) {
	if f.Type != "" {
		c.oneOf(path+".type", "type", f.Type, Types())
	}
	if f.Time != "" {
		c.oneOf(path+".time", "way to write moments", f.Time, Times())
	}
	if at := f.At; at != "" && slices.Contains(Names(at), "") {
		c.add(path+".at", "want names, separated by dots")
	}
	c.holes(path+".as", f.As, []string{"value"})
	if f.As != nil && !slices.Contains(Holes(f.As), "value") {
		c.add(path+".as", `want "{value}" in it`)
	}
	if f.As != nil && f.At == "" {
		c.add(path+".at", "missing; want where the value of as is written")
	}
	if f.MaxLength < 0 {
		c.add(path+".max_length", "want more than zero")
	}
}

func (c *checker) by(path string, o Object, by []string) {
	if len(by) == 0 {
		c.add(path, "want at least one field")
	}
	for i, field := range by {
		if _, known := o.Fields[field]; !known {
			c.add(yamlfile.Index(path, i), "%s", yamlfile.Unknown("field", field, slices.Sorted(maps.Keys(o.Fields))))
		}
	}
}

func (c *checker) find(path string, o Object, f Find) {
	c.by(path+".by", o, f.By)
	known := f.By
	if f.Max > 1 {
		known = []string{"values"}
		if len(f.By) > 1 {
			c.add(path+".max", "want one field in by: several records are found by one value each")
		}
	}
	c.most(path+".max", f.Max)
	c.request(path, f.Request, known)
	c.uses(path, f.Request, known...)
	if f.Reread && o.Read == nil {
		c.add(path+".reread", "want read too")
	}
}

func (c *checker) most(path string, most int) {
	if most < 0 || most > 1000 {
		c.add(path, "want 1 to 1000")
	}
}

func (c *checker) write(path string, w Write, names []string) {
	c.most(path+".max", w.Max)
	if w.Max <= 1 {
		c.request(path, w.Request, append([]string{"record"}, names...))
		return
	}
	c.request(path, w.Request, []string{"records"})
	c.uses(path, w.Request, "records")
	c.holes(path+".item", w.Item, append([]string{"record"}, names...))
	if slices.Contains(names, "id") && w.IDAt == "" && !slices.Contains(Holes(w.Item), "id") {
		c.add(path+".id_at", `missing; want where the record's id goes, or item with "{id}" in it`)
	}
}

// paging are the names that a request for pages may have.
var paging = []string{"limit", "cursor", "offset", "page"}

func (c *checker) page(path string, p Page, r Request) {
	if p.Size < 0 || p.Size > 5000 {
		c.add(path+".size", "want 1 to 5000")
	}
	used := r.holes()
	ways := 0
	for _, set := range []bool{p.Next != "", p.Link, p.Cursor != "", slices.Contains(used, "offset"), slices.Contains(used, "page")} {
		if set {
			ways++
		}
	}
	if ways > 1 {
		c.add(path, "want one way to the next page: next, link, cursor, {offset} or {page}")
	}
	if (p.Cursor != "") != slices.Contains(used, "cursor") {
		c.add(path+".cursor", "want both the path of the cursor and {cursor} in the request")
	}
}

func (r Request) holes() []string {
	_, path := r.Target()
	found := append(Holes(path), Holes(r.Body)...)
	for _, text := range r.Query {
		found = append(found, Holes(text)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (c *checker) uses(path string, r Request, names ...string) {
	for _, name := range names {
		if !slices.Contains(r.holes(), name) {
			c.add(path, "want {%s} in its path, query or body", name)
		}
	}
}

func (c *checker) holes(path string, tree any, known []string) {
	for _, name := range Holes(tree) {
		if !slices.Contains(known, name) {
			c.add(path, "%s", yamlfile.Unknown("name in braces", name, known))
		}
	}
}

func (c *checker) request(path string, r Request, known []string) {
	set := 0
	for _, target := range r.targets() {
		if target[1] == "" {
			continue
		}
		set++
		at := path + "." + strings.ToLower(target[0])
		if !strings.HasPrefix(target[1], "/") || strings.ContainsAny(target[1], "?# \r\n") {
			c.add(at, "want a path that begins with / below base_url; parameters go into query")
		}
		c.holes(at, target[1], known)
	}
	if set != 1 {
		c.add(path, "want one of get, post, put and patch")
	}
	for _, name := range slices.Sorted(maps.Keys(r.Query)) {
		c.holes(yamlfile.Key(path+".query", name), r.Query[name], known)
	}
	c.headers(path+".headers", r.Headers)
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		c.holes(yamlfile.Key(path+".headers", name), r.Headers[name], known)
	}
	c.holes(path+".body", r.Body, known)
	if r.Class != "" {
		c.oneOf(path+".class", "class", r.Class, classes)
	}
}
