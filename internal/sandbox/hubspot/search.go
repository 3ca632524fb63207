package hubspot

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a search, as the vendor documents them.
const (
	maxGroups       = 5
	maxFilters      = 6
	maxAllFilters   = 18
	maxPage         = 200
	maxFound        = 10_000
	maxSearchLength = 3000
)

type filter struct {
	Property string   `json:"propertyName"`
	Operator string   `json:"operator"`
	Value    string   `json:"value"`
	High     string   `json:"highValue"`
	Values   []string `json:"values"`
}

type searching struct {
	Groups []struct {
		Filters []filter `json:"filters"`
	} `json:"filterGroups"`
	Properties []string `json:"properties"`
	Sorts      []struct {
		Property  string `json:"propertyName"`
		Direction string `json:"direction"`
	} `json:"sorts"`
	Limit int    `json:"limit"`
	After string `json:"after"`
	Query string `json:"query"`
}

// search reads the index, which sees changes late.
func (s *Server) search(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	if r.ContentLength > maxSearchLength {
		return badRequest("The request is longer than %d characters", maxSearchLength).answer()
	}
	var in searching
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	if f := in.check(t); f != nil {
		return f.answer()
	}
	offset, _ := strconv.Atoi(in.After) // checked
	limit := cmp.Or(in.Limit, 10)
	now := s.options.Now()
	type hit struct {
		record *record
		seen   *snapshot
	}
	var hits []hit
	for _, id := range t.ids {
		record := t.records[id]
		if seen := record.indexed(now, s.options.SearchLag); seen != nil && in.matches(t, seen.props) {
			hits = append(hits, hit{record, seen})
		}
	}
	for _, by := range in.Sorts {
		slices.SortStableFunc(hits, func(a, b hit) int {
			order := compare(t.props[by.Property], a.seen.props[by.Property], b.seen.props[by.Property])
			if by.Direction == "DESCENDING" {
				return -order
			}
			return order
		})
	}
	if most := s.options.SearchRows; offset+limit > most && len(hits) > most {
		return badRequest("There was a problem with the request: no more than %d results can be paged through", most).answer()
	}
	results := []shown{}
	end := min(offset+limit, len(hits))
	for _, h := range hits[min(offset, len(hits)):end] {
		if !h.record.archived { // the index may still count a record that is gone
			results = append(results, t.show(&record{
				id: h.record.id, props: h.seen.props, created: h.record.created, updated: h.seen.at,
			}, in.Properties))
		}
	}
	for i := range results {
		results[i].URL = ""
	}
	body := map[string]any{"total": len(hits), "results": results}
	if end < len(hits) {
		body["paging"] = paging(strconv.Itoa(end))
	}
	return answer{http.StatusOK, body}
}

func (in searching) check(t *objectType) *failure {
	all := 0
	for _, g := range in.Groups {
		if all += len(g.Filters); len(g.Filters) > maxFilters {
			return badRequest("A filter group has %d filters; at most %d are allowed", len(g.Filters), maxFilters)
		}
		for _, f := range g.Filters {
			if t.props[f.Property] == nil {
				return badRequest("There was a problem with the request: property %s does not exist", f.Property)
			}
			if f.problem(t.props[f.Property]) {
				return badRequest("There was a problem with the request: filter on %s is invalid", f.Property)
			}
		}
	}
	if len(in.Groups) > maxGroups || all > maxAllFilters || len(in.Sorts) > 1 || in.Limit < 0 || in.Limit > maxPage {
		return badRequest("There was a problem with the request: too many filters, sorts or results")
	}
	if in.After != "" {
		if n, err := strconv.Atoi(in.After); err != nil || n < 0 {
			return badRequest("There was a problem with the request: after is invalid")
		}
	}
	return nil
}

var operators = []string{
	"EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN",
	"NOT_CONTAINS_TOKEN",
}

func (f filter) problem(p *property) bool {
	if !slices.Contains(operators, f.Operator) {
		return true
	}
	given := append([]string{}, f.Values...)
	switch f.Operator {
	case "IN", "NOT_IN":
		if len(given) == 0 {
			return true
		}
		for _, value := range given { // the index keeps texts in lower case
			if p.Type == "string" && value != strings.ToLower(value) {
				return true
			}
		}
	case "HAS_PROPERTY", "NOT_HAS_PROPERTY":
	default:
		given = append(given, f.Value)
	}
	for _, value := range given {
		if _, err := number(p, value); err != nil && (p.Type == "number" || p.Type == "date" || p.Type == "datetime") {
			return true
		}
	}
	return false
}

// number reads a value as the index compares it: numbers, and moments in milliseconds.
func number(p *property, value string) (float64, error) {
	if p.Type == "date" || p.Type == "datetime" {
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
			if at, err := time.Parse(layout, value); err == nil {
				return float64(at.UnixMilli()), nil
			}
		}
	}
	return strconv.ParseFloat(strings.TrimSpace(value), 64)
}

func compare(p *property, a, b string) int {
	if p == nil {
		return 0
	}
	x, errX := number(p, a)
	y, errY := number(p, b)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(strings.ToLower(a), strings.ToLower(b))
}

func (in searching) matches(t *objectType, props map[string]string) bool {
	if in.Query != "" && !slices.ContainsFunc([]string{"email", "firstname", "lastname", "name", "domain", "phone"}, func(name string) bool {
		return strings.Contains(strings.ToLower(props[name]), strings.ToLower(in.Query))
	}) {
		return false
	}
	if len(in.Groups) == 0 {
		return true
	}
	for _, g := range in.Groups {
		all := true
		for _, f := range g.Filters {
			all = all && f.matches(t.props[f.Property], props)
		}
		if all {
			return true
		}
	}
	return false
}

func (f filter) matches(p *property, props map[string]string) bool {
	value, has := props[f.Property]
	same := func(other string) bool { return compare(p, value, other) == 0 }
	switch f.Operator {
	case "HAS_PROPERTY":
		return has
	case "NOT_HAS_PROPERTY":
		return !has
	case "NEQ":
		return !same(f.Value)
	case "NOT_IN":
		return !slices.ContainsFunc(f.Values, same)
	case "NOT_CONTAINS_TOKEN":
		return !contains(value, f.Value)
	}
	if !has {
		return false
	}
	switch f.Operator {
	case "EQ":
		return same(f.Value)
	case "IN":
		return slices.ContainsFunc(f.Values, same)
	case "LT":
		return compare(p, value, f.Value) < 0
	case "LTE":
		return compare(p, value, f.Value) <= 0
	case "GT":
		return compare(p, value, f.Value) > 0
	case "GTE":
		return compare(p, value, f.Value) >= 0
	case "BETWEEN":
		return compare(p, value, f.Value) >= 0 && compare(p, value, f.High) <= 0
	}
	return contains(value, f.Value)
}

func contains(value, token string) bool {
	return strings.Contains(strings.ToLower(value), strings.ToLower(strings.Trim(token, "*")))
}
