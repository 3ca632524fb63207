package zoho

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm/rest/resttest/standin"
)

// only are the values of a record that were asked for, and its id.
func only(r standin.Record, names []string) map[string]any {
	shown := map[string]any{"id": r["id"]}
	for _, name := range names {
		shown[name] = r[name]
	}
	return shown
}

// columns reads a list of fields, which the module must have.
func (o *Organization) columns(w http.ResponseWriter, module, list string) ([]string, bool) {
	names := strings.Split(list, ",")
	if list == "" || len(names) > 50 {
		refuse(w, http.StatusBadRequest, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", map[string]any{"param": "fields"})
		return nil, false
	}
	for _, name := range names {
		if _, known := o.field(module, name); !known && name != "id" {
			refuse(w, http.StatusBadRequest, "INVALID_DATA", "invalid data", map[string]any{"api_name": name})
			return nil, false
		}
	}
	return names, true
}

func parameters(w http.ResponseWriter, r *http.Request, names ...string) bool {
	for name := range r.URL.Query() {
		if !slices.Contains(names, name) {
			refuse(w, http.StatusBadRequest, "INVALID_REQUEST", "parameter", map[string]any{"param": name})
			return false
		}
	}
	return true
}

// list lists records in pages of at most two hundred; of those that have changed after a moment, if asked.
func (o *Organization) list(w http.ResponseWriter, r *http.Request) {
	module, known := o.module(w, r)
	if !known || !parameters(w, r, "fields", "sort_by", "sort_order", "page", "per_page", "page_token", "ids", "converted") {
		return
	}
	query := r.URL.Query()
	names, ok := o.columns(w, module, query.Get("fields"))
	if !ok {
		return
	}
	since, err := time.Parse("2006-01-02T15:04:05Z07:00", r.Header.Get("If-Modified-Since"))
	if r.Header.Get("If-Modified-Since") != "" && (err != nil || strings.Contains(r.Header.Get("If-Modified-Since"), ".")) {
		refuse(w, http.StatusBadRequest, "INVALID_REQUEST", "If-Modified-Since", nil)
		return
	}
	found := o.Where(module, func(r standin.Record) bool { return modified(r).After(since) && r["Converted__s"] != true })
	if len(found) == 0 {
		w.WriteHeader(map[bool]int{true: http.StatusNoContent, false: http.StatusNotModified}[since.IsZero()])
		return
	}
	if by := query.Get("sort_by"); by != "" && !slices.Contains([]string{"id", "Created_Time", "Modified_Time"}, by) {
		refuse(w, http.StatusBadRequest, "INVALID_DATA", "invalid data", map[string]any{"api_name": "sort_by"})
		return
	}
	slices.SortStableFunc(found, func(a, b standin.Record) int {
		if query.Get("sort_order") == "asc" {
			return modified(a).Compare(modified(b))
		}
		return modified(b).Compare(modified(a))
	})
	page, _ := strconv.Atoi(cmp.Or(query.Get("page"), "1"))
	size, _ := strconv.Atoi(cmp.Or(query.Get("per_page"), "200"))
	if page < 1 || size < 1 || size > 200 {
		refuse(w, http.StatusBadRequest, "INVALID_REQUEST", "per_page", nil)
		return
	}
	from, end := min((page-1)*size, len(found)), min(page*size, len(found))
	shown := []any{}
	for _, record := range found[from:end] {
		shown = append(shown, only(record, names))
	}
	standin.Reply(w, http.StatusOK, map[string]any{"data": shown, "info": map[string]any{
		"per_page": size, "count": len(shown), "page": page, "more_records": end < len(found), "sort_by": query.Get("sort_by"), "sort_order": query.Get("sort_order"),
	}})
}

func modified(r standin.Record) time.Time {
	at, _ := time.Parse(time.RFC3339, fmt.Sprint(r["Modified_Time"])) // as it was written
	return at
}

func (o *Organization) one(w http.ResponseWriter, r *http.Request) {
	module, known := o.module(w, r)
	if !known || !parameters(w, r, "fields") {
		return
	}
	record := o.byID(module, r.PathValue("id"))
	if record == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	standin.Reply(w, http.StatusOK, map[string]any{"data": []any{record}})
}

// notes lists the notes of a record.
func (o *Organization) notes(w http.ResponseWriter, r *http.Request) {
	if _, known := o.module(w, r); !known || !parameters(w, r, "fields", "page", "per_page", "sort_by", "sort_order") {
		return
	}
	names, ok := o.columns(w, "Notes", r.URL.Query().Get("fields"))
	if !ok {
		return
	}
	shown := []any{}
	for _, note := range o.Where("Notes", func(note standin.Record) bool {
		parent, _ := note["Parent_Id"].(map[string]any)
		return parent["id"] == r.PathValue("id")
	}) {
		shown = append(shown, only(note, names))
	}
	if len(shown) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	standin.Reply(w, http.StatusOK, map[string]any{"data": shown, "info": map[string]any{"count": len(shown), "more_records": false}})
}

var (
	selects = regexp.MustCompile(`^select ([A-Za-z0-9_$, ]+) from ([A-Za-z_]+) where \(?([A-Za-z0-9_]+) in \((.+)\)\)? limit (?:\d+, )?(\d+)$`)
	literal = regexp.MustCompile(`^'((?:[^']|'')*)'(?:,|$)`)
)

// query answers a query of the one form that finds records by values of a field.
// See https://www.zoho.com/crm/developer/docs/api/v8/COQL-Overview.html.
func (o *Organization) query(w http.ResponseWriter, r *http.Request) {
	body, _ := standin.Body(r)
	parts := selects.FindStringSubmatch(fmt.Sprint(body["select_query"]))
	if parts == nil || len(body) != 1 {
		refuse(w, http.StatusBadRequest, "SYNTAX_ERROR", "invalid query formed", map[string]any{"clause": "where"})
		return
	}
	module, limit := parts[2], parts[5]
	names := strings.Split(strings.ReplaceAll(parts[1], " ", ""), ",")
	for _, name := range append([]string{parts[3]}, names...) {
		f, known := o.field(module, name)
		if !known && name != "id" || name == parts[3] && f.Type == "textarea" || len(names) > 50 {
			refuse(w, http.StatusBadRequest, "INVALID_QUERY", "column given seems to be invalid", map[string]any{"column_name": name})
			return
		}
	}
	var values []string
	for rest := parts[4]; rest != ""; {
		value := literal.FindStringSubmatch(rest)
		if value == nil || len(values) == 50 {
			refuse(w, http.StatusBadRequest, "SYNTAX_ERROR", "invalid query formed", map[string]any{"near": "in"})
			return
		}
		values = append(values, strings.ReplaceAll(value[1], "''", "'"))
		rest = rest[len(value[0]):]
	}
	most, _ := strconv.Atoi(limit)
	shown := []any{}
	for _, record := range o.Where(module, func(r standin.Record) bool {
		return slices.ContainsFunc(values, func(value string) bool { return standin.Same(fmt.Sprint(r[parts[3]]), value) })
	}) {
		if len(shown) < most {
			shown = append(shown, only(record, names))
		}
	}
	if len(shown) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	standin.Reply(w, http.StatusOK, map[string]any{"data": shown, "info": map[string]any{"count": len(shown), "more_records": false}})
}

// fields lists a module's fields.
func (o *Organization) fields(w http.ResponseWriter, r *http.Request) {
	fields, known := o.modules[r.URL.Query().Get("module")]
	if !known || !parameters(w, r, "module", "type") {
		refuse(w, http.StatusBadRequest, "INVALID_MODULE", "the module name given seems to be invalid", nil)
		return
	}
	all := []any{}
	for _, f := range fields {
		options := []any{}
		for _, option := range f.Options {
			options = append(options, map[string]any{"display_value": option, "actual_value": option, "id": "6493490000000003001", "type": "used"})
		}
		var unique any = map[string]any{}
		if f.Unique {
			unique = map[string]any{"casesensitive": "false"}
		}
		kind := f.Type
		if kind == "parent" {
			kind = "lookup"
		}
		all = append(all, map[string]any{
			"api_name": f.Name, "field_label": strings.ReplaceAll(f.Name, "_", " "), "data_type": kind, "length": f.Length, "system_mandatory": f.Mandatory,
			"read_only": f.ReadOnly, "field_read_only": f.ReadOnly, "pick_list_values": options, "unique": unique,
		})
	}
	standin.Reply(w, http.StatusOK, map[string]any{"fields": all})
}
