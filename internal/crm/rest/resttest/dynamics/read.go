package dynamics

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm/rest/resttest/standin"
)

// selected is what a request wants to see of a record.
func (e *Environment) selected(w http.ResponseWriter, r *http.Request, t *table, record standin.Record) (map[string]any, bool) {
	shown := map[string]any{"@odata.etag": record["@odata.etag"], t.id: record[t.id]}
	list := r.URL.Query().Get("$select")
	if list == "" {
		for name, value := range record {
			shown[name] = value
		}
		return shown, true
	}
	for name := range strings.SplitSeq(list, ",") {
		if !e.has(t, name) {
			noProperty(w, t, name)
			return nil, false
		}
		shown[name] = record[name]
	}
	return shown, true
}

func noProperty(w http.ResponseWriter, t *table, name string) {
	refuse(w, http.StatusBadRequest, "0x0", "Could not find a property named '"+name+"' on type 'Microsoft.Dynamics.CRM."+t.name+"'.")
}

// has says that a table has a column, by the name that it is read by.
func (e *Environment) has(t *table, name string) bool {
	if slices.Contains([]string{t.id, "createdon", "modifiedon"}, name) {
		return true
	}
	if inner, is := strings.CutPrefix(name, "_"); is {
		inner, _ = strings.CutSuffix(inner, "_value")
		c, known := t.column(inner)
		return known && c.Type == "Lookup"
	}
	c, known := t.column(name)
	return known && c.Type != "Lookup" || t.set == "systemusers" && slices.Contains([]string{"fullname", "internalemailaddress", "isdisabled"}, name)
}

func (e *Environment) one(w http.ResponseWriter, r *http.Request, t *table, key string) {
	record, _, _, ok := e.at(t, key)
	switch {
	case !ok:
		refuse(w, http.StatusBadRequest, "0x80060888", "Bad Request - Error in query syntax.")
	case record == nil:
		refuse(w, http.StatusNotFound, "0x80040217", t.name+" With Id Does Not Exist")
	default:
		if shown, ok := e.selected(w, r, t, record); ok {
			shown["@odata.context"] = "https://" + r.Host + base + "$metadata#" + t.set + "/$entity"
			standin.Reply(w, http.StatusOK, shown)
		}
	}
}

var comparison = regexp.MustCompile(`^([a-z0-9_]+) (eq|ge) (?:'((?:[^']|'')*)'|([^' ]+))(?: and |$)`)

// matches says whether a record is what a filter asks for: values that are equal, and moments that are not before.
func (e *Environment) matches(t *table, filter string) (func(standin.Record) bool, string) {
	type wanted struct {
		name, text string
		since      time.Time
	}
	var all []wanted
	for rest := filter; rest != ""; {
		part := comparison.FindStringSubmatch(rest)
		if part == nil {
			return nil, "syntax"
		}
		if !e.has(t, part[1]) {
			return nil, part[1]
		}
		one := wanted{name: part[1], text: strings.ReplaceAll(part[3], "''", "'") + part[4]}
		if part[2] == "ge" {
			at, err := time.Parse(time.RFC3339, part[4])
			if err != nil {
				return nil, "syntax"
			}
			one.since = at
		}
		all = append(all, one)
		rest = rest[len(part[0]):]
	}
	return func(r standin.Record) bool {
		for _, one := range all {
			has := fmt.Sprint(r[one.name])
			at, _ := time.Parse(time.RFC3339, has)
			if one.since.IsZero() && !standin.Same(has, one.text) || !one.since.IsZero() && at.Before(one.since) {
				return false
			}
		}
		return true
	}, ""
}

// list lists records in pages, each of which has the address of the next one.
func (e *Environment) list(w http.ResponseWriter, r *http.Request, t *table) {
	query := r.URL.Query()
	for name := range query {
		if !slices.Contains([]string{"$select", "$filter", "$orderby", "$top", "$skiptoken"}, name) {
			refuse(w, http.StatusBadRequest, "0x80060888", "The query parameter "+name+" is not supported")
			return
		}
	}
	if t.set == "systemusers" {
		users(w, query)
		return
	}
	holds, problem := e.matches(t, query.Get("$filter"))
	switch problem {
	case "":
	case "syntax":
		refuse(w, http.StatusBadRequest, "0x80060888", "Syntax error in $filter")
		return
	default:
		noProperty(w, t, problem)
		return
	}
	found := e.Where(t.set, holds)
	if by := query.Get("$orderby"); by != "" {
		slices.SortStableFunc(found, func(a, b standin.Record) int {
			for name := range strings.SplitSeq(by, ",") {
				if c := strings.Compare(fmt.Sprint(a[name]), fmt.Sprint(b[name])); c != 0 {
					return c
				}
			}
			return 0
		})
	}
	size := 5000
	if preferred, is := strings.CutPrefix(r.Header.Get("Prefer"), "odata.maxpagesize="); is {
		size, _ = strconv.Atoi(preferred)
		w.Header().Set("Preference-Applied", r.Header.Get("Prefer"))
	}
	if top, err := strconv.Atoi(query.Get("$top")); err == nil {
		found = found[:min(top, len(found))]
	}
	from, _ := strconv.Atoi(query.Get("$skiptoken"))
	end := min(from+size, len(found))
	values := []any{}
	for _, record := range found[min(from, len(found)):end] {
		shown, ok := e.selected(w, r, t, record)
		if !ok {
			return
		}
		values = append(values, shown)
	}
	answer := map[string]any{"@odata.context": "https://" + r.Host + base + "$metadata#" + t.set, "value": values}
	if end < len(found) {
		query.Set("$skiptoken", strconv.Itoa(end))
		answer["@odata.nextLink"] = (&url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: query.Encode()}).String()
	}
	standin.Reply(w, http.StatusOK, answer)
}

func users(w http.ResponseWriter, query url.Values) {
	if query.Get("$filter") != "isdisabled eq false" {
		refuse(w, http.StatusBadRequest, "0x80060888", "Syntax error in $filter")
		return
	}
	values := []any{}
	for _, id := range []string{Me, Owner, Another} {
		values = append(values, map[string]any{"@odata.etag": `W/"1"`, "systemuserid": id, "internalemailaddress": "user" + id[34:] + "@example.com"})
	}
	standin.Reply(w, http.StatusOK, map[string]any{"value": values})
}

var definitions = regexp.MustCompile(`^EntityDefinitions\(LogicalName='([a-z]+)'\)/Attributes(?:/Microsoft\.Dynamics\.CRM\.([A-Za-z]+)AttributeMetadata)?$`)

// metadata lists columns: all of them, or those of one type with what only they have.
func (e *Environment) metadata(w http.ResponseWriter, r *http.Request, path string) {
	asked := definitions.FindStringSubmatch(path)
	var t *table
	for _, one := range e.tables {
		if asked != nil && one.name == asked[1] {
			t = one
		}
	}
	if t == nil {
		refuse(w, http.StatusNotFound, "0x80060888", "Could not find an entity with the specified name")
		return
	}
	values := []any{}
	for _, c := range t.columns {
		if asked[2] != "" && asked[2] != c.Type {
			continue
		}
		kind := c.Type
		if kind == "MultiSelectPicklist" {
			kind = "Virtual"
		}
		level := "None"
		if c.Required {
			level = "SystemRequired"
		}
		value := map[string]any{
			"LogicalName": c.Name, "AttributeType": kind, "IsValidForCreate": true, "IsValidForUpdate": true, "RequiredLevel": map[string]any{"Value": level},
		}
		if asked[2] == "String" || asked[2] == "Memo" {
			value["MaxLength"] = c.Length
		}
		if asked[2] == "Picklist" && strings.Contains(r.URL.Query().Get("$expand"), "OptionSet") {
			options := []any{}
			for _, option := range c.Options {
				options = append(options, map[string]any{"Value": option, "Label": map[string]any{"UserLocalizedLabel": map[string]any{"Label": fmt.Sprint("Option ", option)}}})
			}
			value["OptionSet"] = map[string]any{"Options": options}
		}
		values = append(values, value)
	}
	standin.Reply(w, http.StatusOK, map[string]any{"value": values})
}
