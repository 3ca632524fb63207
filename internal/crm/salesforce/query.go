package salesforce

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"handoff/internal/crm"
)

// maxQuery bounds a query as it stands in an address. Salesforce takes 16,384 bytes with all headers.
const maxQuery = 11_000

// literal writes a value into a query.
// See https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm.
func (f field) literal(value any) string {
	text := f.canonical(value)
	switch {
	case value == nil || text == "":
		return "null"
	case f.isNumber() && f.Type != "int" && !strings.Contains(text, "."):
		return text + ".0" // what has no point is an int of 32 bits in a query
	case f.isNumber(), slices.Contains([]string{"boolean", "date", "datetime", "time"}, f.Type):
		return text
	}
	return quote(text)
}

func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`).Replace(text) + "'"
}

// moments are written in UTC in queries.
func literalMoment(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// queryAll runs a query and reads all its pages, at most limit records.
func (c *Connector) queryAll(ctx context.Context, operation, soql string, limit int) ([]row, *crm.Call, *crm.Error) {
	return c.pages(ctx, operation, c.queryPath(soql), limit)
}

func (c *Connector) queryPath(soql string) string {
	return c.path("query") + "?q=" + url.QueryEscape(soql)
}

// page is one page of what a query finds.
type page struct {
	Done    bool   `json:"done"`
	Next    string `json:"nextRecordsUrl"`
	Records []row  `json:"records"`
}

// more says that other pages follow.
func (p page) more() bool { return !p.Done && strings.HasPrefix(p.Next, "/services/data/") }

// pages reads a page and those that follow it, at most limit records.
func (c *Connector) pages(ctx context.Context, operation, next string, limit int) ([]row, *crm.Call, *crm.Error) {
	var all []row
	for {
		r, failure := c.wire.Do(ctx, operation, http.MethodGet, next, nil)
		if failure != nil {
			return nil, r.Call, failure
		}
		var p page
		if failure := r.Read(&p); failure != nil {
			return nil, r.Call, failure
		}
		all = append(all, p.Records...)
		if len(all) >= limit || !p.more() {
			return all[:min(len(all), limit)], r.Call, nil
		}
		next = p.Next
	}
}

// conditions are what records are looked for by: values of one field, and sets of fields that belong together.
type conditions struct {
	in  map[string][]string // literals by field
	all []string            // conditions that stand for themselves
}

func (w *conditions) add(o *object, values map[string]any) {
	if len(values) == 1 {
		for name, value := range values {
			if literal := o.fields[name].literal(value); !slices.Contains(w.in[name], literal) {
				w.in[name] = append(w.in[name], literal)
			}
		}
		return
	}
	var parts []string
	for name, value := range values {
		parts = append(parts, name+" = "+o.fields[name].literal(value))
	}
	slices.Sort(parts)
	w.all = append(w.all, "("+strings.Join(parts, " AND ")+")")
}

func (w *conditions) String() string {
	parts := slices.Clone(w.all)
	for name, literals := range w.in {
		parts = append(parts, name+" IN ("+strings.Join(literals, ",")+")")
	}
	slices.Sort(parts)
	return strings.Join(parts, " OR ")
}

// encodedLength is how long a text is in an address.
func encodedLength(text string) int { return len(url.QueryEscape(text)) }
