package salesforce

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxPage = 2_000

// cursor is the rest of a query's records.
type cursor struct {
	rows []map[string]any
	size int // of a page
}

func (s *Server) query(r *request) answer {
	if f := r.only("q"); f != nil {
		return f.answer()
	}
	q, f := parseQuery(r.query.Get("q"))
	if f != nil {
		return f.answer()
	}
	rows, f := s.run(r, q)
	if f != nil {
		return f.answer()
	}
	if q.count {
		return answer{status: http.StatusOK, body: map[string]any{"totalSize": len(rows), "done": true, "records": []any{}}}
	}
	size := maxPage
	if option, found := strings.CutPrefix(r.header.Get("Sforce-Query-Options"), "batchSize="); found {
		if n, err := strconv.Atoi(option); err == nil {
			size = min(max(n, 200), maxPage)
		}
	}
	s.sequence++
	name := fmt.Sprintf("01gdL%010d", s.sequence)
	s.cursors[name] = &cursor{rows: rows, size: size}
	return s.pageOf(r, name, 0)
}

// nextPage goes on with a query.
func (s *Server) nextPage(r *request) answer {
	name, from, _ := strings.Cut(r.path[1], "-")
	start, err := strconv.Atoi(from)
	c := s.cursors[name]
	if c == nil || err != nil || start < 0 || start > len(c.rows) {
		return refused(http.StatusBadRequest, "INVALID_QUERY_LOCATOR", "invalid query locator").answer()
	}
	return s.pageOf(r, name, start)
}

// ForgetCursors ends all queries that have pages left.
func (s *Server) ForgetCursors() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.cursors)
}

func (s *Server) pageOf(r *request, name string, start int) answer {
	c := s.cursors[name]
	end := min(start+c.size, len(c.rows))
	page := append([]map[string]any{}, c.rows[start:end]...)
	body := map[string]any{"totalSize": len(c.rows), "done": end == len(c.rows), "records": page}
	if end == len(c.rows) {
		if start == 0 {
			delete(s.cursors, name)
		}
	} else {
		body["nextRecordsUrl"] = fmt.Sprintf("%s/query/%s-%d", r.base(), name, end)
	}
	return answer{status: http.StatusOK, body: body}
}

// run answers a query's records.
func (s *Server) run(r *request, q *statement) ([]map[string]any, *failure) {
	o := s.object(q.from)
	if o == nil {
		return nil, refused(http.StatusBadRequest, "INVALID_TYPE", "sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name.", q.from)
	}
	seen := map[string]bool{}
	for _, name := range q.fields {
		if _, f := s.column(o, name); f != nil {
			return nil, f
		}
		if seen[strings.ToLower(name)] {
			return nil, malformed("duplicate field selected: %s", name)
		}
		seen[strings.ToLower(name)] = true
	}
	matches := func(*record) bool { return true }
	if q.where != nil {
		var f *failure
		if matches, f = s.compile(o, q.where); f != nil {
			return nil, f
		}
	}
	var found []*record
	for _, one := range s.likely(o, q.where) {
		if (!one.deleted || r.path[0] == "queryAll") && matches(one) {
			found = append(found, one)
		}
	}
	for i := len(q.order) - 1; i >= 0; i-- {
		by := q.order[i]
		f, bad := s.column(o, by.field)
		if bad != nil {
			return nil, bad
		}
		if f.Type == "textarea" && f.Length > 255 {
			return nil, refused(http.StatusBadRequest, "INVALID_FIELD", "field '%s' can not be sorted in a query call", f.Name)
		}
		slices.SortStableFunc(found, func(a, b *record) int {
			return by.compare(f, s.valueOf(a, by.field), s.valueOf(b, by.field))
		})
	}
	found = found[min(q.offset, len(found)):]
	if q.limit >= 0 && len(found) > q.limit {
		found = found[:q.limit]
	}
	rows := make([]map[string]any, len(found))
	for i, one := range found {
		rows[i] = s.row(r, one, q.fields)
	}
	return rows, nil
}

// likely narrows the records down by an index, where the condition is about one field that has one.
func (s *Server) likely(o *object, c *condition) []*record {
	if c == nil || c.joined != "" || (c.operator != "IN" && c.operator != "=") || o.field(c.field) == nil {
		return o.order
	}
	index := o.index[o.field(c.field).Name]
	if index == nil {
		return o.order
	}
	var found []*record
	seen := map[string]bool{}
	for _, l := range c.literals {
		if l.kind == "null" {
			return o.order
		}
		if key := keyOf(l.text); !seen[key] {
			seen[key] = true
			found = append(found, index[key]...)
		}
	}
	return found
}

func (by ordering) compare(f *field, a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil || b == nil:
		if (a == nil) != by.nullsLast {
			return -1
		}
		return 1
	}
	result := order(f, a, b)
	if by.descending {
		return -result
	}
	return result
}

// order compares two values that are there.
func order(f *field, a, b any) int {
	if x, ok := a.(float64); ok {
		y, _ := b.(float64)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	x, y := fmt.Sprint(a), fmt.Sprint(b)
	if f.Type == "id" || f.Type == "reference" {
		return strings.Compare(x[:min(15, len(x))], y[:min(15, len(y))])
	}
	return strings.Compare(strings.ToLower(x), strings.ToLower(y))
}

func noColumnIn(o *object, name string) *failure {
	return refused(http.StatusBadRequest, "INVALID_FIELD", "\nERROR at Row:1:Column:1\nNo such column '%s' on entity '%s'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.", name, o.name)
}

// column finds the field that a path means: one of the object, or of what a relationship leads to.
func (s *Server) column(o *object, path string) (*field, *failure) {
	first, rest, more := strings.Cut(path, ".")
	if !more {
		if f := o.field(first); f != nil {
			return f, nil
		}
		return nil, noColumnIn(o, first)
	}
	parent := o.parent(first)
	if parent == nil {
		return nil, refused(http.StatusBadRequest, "INVALID_FIELD", "Didn't understand relationship '%s' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name.", first)
	}
	var bad *failure
	for _, name := range parent.references { // an owner is a user or a queue
		f, wrong := s.column(s.object(name), rest)
		if wrong == nil {
			return f, nil
		}
		bad = wrong
	}
	return nil, bad
}

// valueOf follows a path from a record.
func (s *Server) valueOf(r *record, path string) any {
	first, rest, more := strings.Cut(path, ".")
	if !more {
		return r.values[r.object.field(first).Name]
	}
	target := s.follows(r, first)
	if target == nil || (!strings.Contains(rest, ".") && target.object.field(rest) == nil) {
		return nil
	}
	return s.valueOf(target, rest)
}

func (s *Server) follows(r *record, relationship string) *record {
	parent := r.object.parent(relationship)
	if parent == nil {
		return nil
	}
	id := textOf(r.values[parent.Name])
	if o := s.owning(id); o != nil {
		return o.find(id)
	}
	return nil
}

func (s *Server) row(r *request, one *record, fields []string) map[string]any {
	row := map[string]any{"attributes": attributes(r.base(), one)}
	inner := map[string][]string{}
	for _, path := range fields {
		if first, rest, more := strings.Cut(path, "."); more {
			relationship := one.object.parent(first).relationship
			inner[relationship] = append(inner[relationship], rest)
		} else {
			f := one.object.field(path)
			row[f.Name] = one.values[f.Name]
		}
	}
	for relationship, paths := range inner {
		target := s.follows(one, relationship)
		if target == nil {
			row[relationship] = nil
			continue
		}
		var known []string
		for _, path := range paths {
			if _, f := s.column(target.object, path); f == nil {
				known = append(known, path)
			}
		}
		row[relationship] = s.row(r, target, known)
	}
	return row
}

// compile turns a condition into a test of records.
func (s *Server) compile(o *object, c *condition) (func(*record) bool, *failure) {
	if c.joined != "" {
		tests := make([]func(*record) bool, len(c.parts))
		for i, part := range c.parts {
			test, f := s.compile(o, part)
			if f != nil {
				return nil, f
			}
			tests[i] = test
		}
		return func(r *record) bool {
			switch c.joined {
			case "NOT":
				return !tests[0](r)
			case "AND":
				return !slices.ContainsFunc(tests, func(test func(*record) bool) bool { return !test(r) })
			}
			return slices.ContainsFunc(tests, func(test func(*record) bool) bool { return test(r) })
		}, nil
	}
	f, bad := s.column(o, c.field)
	if bad != nil {
		return nil, bad
	}
	if f.Type == "textarea" && f.Length > 255 {
		return nil, refused(http.StatusBadRequest, "INVALID_FIELD", "field '%s' can not be filtered in a query call", f.Name)
	}
	values := make([]any, len(c.literals))
	among := map[string]bool{}
	for i, l := range c.literals {
		value, bad := l.of(f)
		if bad != nil {
			return nil, bad
		}
		values[i] = value
		among[comparable(f, value)] = true
	}
	like := pattern(c)
	return func(r *record) bool {
		value := s.valueOf(r, c.field)
		switch c.operator {
		case "IN", "=":
			return among[comparable(f, value)]
		case "NOT IN", "!=":
			return !among[comparable(f, value)]
		case "LIKE":
			text, ok := value.(string)
			return ok && like.MatchString(text)
		}
		if value == nil || values[0] == nil {
			return false
		}
		n := order(f, value, values[0])
		switch c.operator {
		case "<":
			return n < 0
		case "<=":
			return n <= 0
		case ">":
			return n > 0
		}
		return n >= 0
	}, nil
}

// comparable is a value such that equal ones are the same text.
func comparable(f *field, value any) string {
	if value == nil {
		return "null"
	}
	text := fmt.Sprint(value)
	if (f.Type == "id" || f.Type == "reference") && len(text) >= 15 {
		return "=" + text[:15]
	}
	return "=" + strings.ToLower(text)
}

// pattern is that of LIKE: % is any text and _ any character.
func pattern(c *condition) *regexp.Regexp {
	if c.operator != "LIKE" {
		return nil
	}
	var out strings.Builder
	out.WriteString("(?is)^")
	runes := []rune(c.literals[0].text)
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == '\\' && i+1 < len(runes) && (runes[i+1] == '%' || runes[i+1] == '_'):
			i++
			out.WriteString(regexp.QuoteMeta(string(runes[i])))
		case runes[i] == '%':
			out.WriteString(".*")
		case runes[i] == '_':
			out.WriteString(".")
		default:
			out.WriteString(regexp.QuoteMeta(string(runes[i])))
		}
	}
	return regexp.MustCompile(out.String() + "$")
}

// of is the literal as a value of a field, when it can be one.
func (l literal) of(f *field) (any, *failure) {
	if l.kind == "null" {
		return nil, nil
	}
	want, quotes := "string", " and should be enclosed in quotes"
	switch f.Type {
	case "boolean":
		want, quotes = "boolean", " and should not be enclosed in quotes"
	case "int", "double", "currency", "percent":
		want, quotes = "number", " and should not be enclosed in quotes"
	case "date":
		want, quotes = "date", " and should not be enclosed in quotes"
	case "datetime":
		want, quotes = "moment", " and should not be enclosed in quotes"
	}
	if l.kind != want {
		return nil, refused(http.StatusBadRequest, "INVALID_FIELD", "value of filter criterion for field '%s' must be of type %s%s", f.Name, f.Type, quotes)
	}
	switch want {
	case "boolean":
		return l.text == "true", nil
	case "number":
		n, _ := strconv.ParseFloat(l.text, 64) // the parser read it already
		return n, nil
	}
	if (f.Type == "id" || f.Type == "reference") && !isID(l.text) {
		return nil, refused(http.StatusBadRequest, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: %s", l.text)
	}
	return l.text, nil
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}
