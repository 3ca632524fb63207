package salesforce

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
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
	f := o.field(c.field)
	index := o.index[f.Name]
	if index == nil {
		return o.order
	}
	var found []*record
	seen := map[string]bool{}
	for _, l := range c.literals {
		value, bad := l.of(f)
		if bad != nil || value == nil {
			return o.order
		}
		if key := keyOf(value); !seen[key] {
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
