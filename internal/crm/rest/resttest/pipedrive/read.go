package pipedrive

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm/rest/resttest/standin"
)

// known refuses a request that has parameters which the description of the API does not have.
func known(w http.ResponseWriter, r *http.Request, names ...string) bool {
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		if !slices.Contains(names, name) {
			refuse(w, http.StatusBadRequest, "Validation failed: "+name+": Unknown key '"+name+"'", schemaFailed)
			return false
		}
	}
	return true
}

func (c *Company) one(w http.ResponseWriter, r *http.Request, k kind) {
	if record := c.byID(k.name, r.PathValue("id")); record != nil {
		standin.Reply(w, http.StatusOK, map[string]any{"success": true, "data": record})
		return
	}
	notFound(w, k)
}

// list lists records: of the second version by what sort_by says, in pages with a cursor; of the first as they were made, in
// pages that are counted.
func (c *Company) list(w http.ResponseWriter, r *http.Request, k kind) {
	if !known(w, r, k.listed...) {
		return
	}
	query := r.URL.Query()
	since, err := time.Parse("2006-01-02T15:04:05Z07:00", query.Get("updated_since")) // without fractions
	if query.Has("updated_since") && (err != nil || strings.Contains(query.Get("updated_since"), ".")) {
		refuse(w, http.StatusBadRequest, "Validation failed: updated_since: not a valid datetime", schemaFailed)
		return
	}
	found := c.Where(k.name, func(record standin.Record) bool {
		for _, name := range []string{"owner_id", "org_id", "person_id", "organization_id", "deal_id", "lead_id"} {
			if asked := query.Get(name); asked != "" && fmt.Sprint(record[name]) != asked {
				return false
			}
		}
		return !changed(record).Before(since)
	})
	if query.Get("sort_by") == "update_time" {
		slices.SortFunc(found, func(a, b standin.Record) int { return changed(a).Compare(changed(b)) })
	}
	place := cmp.Or(query.Get("cursor"), query.Get("start"), "0")
	from, err := strconv.Atoi(strings.TrimPrefix(place, "cursor-"))
	size, _ := strconv.Atoi(cmp.Or(query.Get("limit"), "100"))
	if err != nil || size < 1 || size > 500 {
		refuse(w, http.StatusBadRequest, "Validation failed: limit: must be less than or equal to 500", schemaFailed)
		return
	}
	end := min(from+size, len(found))
	page := found[min(from, len(found)):end]
	further := map[string]any{"next_cursor": nil}
	if end < len(found) {
		further["next_cursor"] = "cursor-" + strconv.Itoa(end)
	}
	if k.first {
		further = map[string]any{"pagination": map[string]any{"start": from, "limit": size, "more_items_in_collection": end < len(found)}}
	}
	standin.Reply(w, http.StatusOK, map[string]any{"success": true, "data": append([]standin.Record{}, page...), "additional_data": further})
}

func changed(r standin.Record) time.Time {
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if at, err := time.Parse(layout, fmt.Sprint(r["update_time"])); err == nil {
			return at
		}
	}
	return time.Time{}
}

// search finds records by a text that is the whole of one of their values, and shows a part of each.
func (c *Company) search(w http.ResponseWriter, r *http.Request, k kind) {
	if !known(w, r, "term", "fields", "exact_match", "person_id", "organization_id", "include_fields", "limit", "cursor") {
		return
	}
	query := r.URL.Query()
	fields := strings.Split(cmp.Or(query.Get("fields"), strings.Join(k.searched, ",")), ",")
	unknown := slices.IndexFunc(fields, func(field string) bool { return !slices.Contains(k.searched, field) })
	if query.Get("term") == "" || query.Get("exact_match") != "true" || unknown >= 0 {
		refuse(w, http.StatusBadRequest, "Validation failed: term: is required", schemaFailed)
		return
	}
	items := []any{}
	for _, record := range c.Where(k.name, func(record standin.Record) bool {
		return slices.ContainsFunc(c.texts(k, record, fields), func(text string) bool { return standin.Same(text, query.Get("term")) })
	}) {
		item := map[string]any{
			"id": record["id"], "type": k.name, "owner": map[string]any{"id": record["owner_id"]}, "visible_to": 3, "custom_fields": []any{}, "notes": []any{},
		}
		for _, name := range []string{"name", "title"} {
			if record[name] != nil {
				item[name] = record[name]
			}
		}
		if k.name == "person" {
			item["emails"], item["phones"], item["update_time"] = values(record["emails"]), values(record["phones"]), record["update_time"]
			item["organization"], item["primary_email"] = nil, nil
			if emails := values(record["emails"]); len(emails) > 0 {
				item["primary_email"] = emails[0]
			}
		}
		items = append(items, map[string]any{"result_score": 0.29, "item": item})
	}
	standin.Reply(w, http.StatusOK, map[string]any{"success": true, "data": map[string]any{"items": items}, "additional_data": map[string]any{"next_cursor": nil}})
}

// texts are what a search looks at.
func (c *Company) texts(k kind, record standin.Record, fields []string) []string {
	var all []string
	for _, field := range fields {
		switch field {
		case "email", "phone":
			all = append(all, values(record[field+"s"])...)
		case "custom_fields":
			for _, f := range c.fields[k.fieldsOf] {
				holder, _ := record["custom_fields"].(map[string]any)
				if k.first {
					holder = record
				}
				if text, is := holder[f.Code].(string); is && f.Custom {
					all = append(all, text)
				}
			}
		default:
			if text, is := record[field].(string); is {
				all = append(all, text)
			}
		}
	}
	return all
}

func values(entries any) []string {
	texts := []string{}
	list, _ := entries.([]any)
	for _, one := range list {
		entry, _ := one.(map[string]any)
		texts = append(texts, fmt.Sprint(entry["value"]))
	}
	return texts
}

// describe lists fields, in pages with a cursor.
func (c *Company) describe(w http.ResponseWriter, r *http.Request, k kind) {
	if !known(w, r, "include_fields", "limit", "cursor") {
		return
	}
	data := []any{}
	for _, f := range c.fields[k.name] {
		var options any
		if f.Options != nil {
			all := []any{}
			for _, id := range slices.Sorted(maps.Keys(f.Options)) {
				all = append(all, map[string]any{"id": id, "label": f.Options[id]})
			}
			options = all
		}
		data = append(data, map[string]any{
			"field_name": f.Code, "field_code": f.Code, "field_type": f.Type, "options": options, "subfields": nil, "is_custom_field": f.Custom,
			"is_optional_response_field": false,
		})
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	size, _ := strconv.Atoi(cmp.Or(r.URL.Query().Get("limit"), "100"))
	var next any
	if from+size < len(data) {
		next = strconv.Itoa(from + size)
	}
	standin.Reply(w, http.StatusOK, map[string]any{"success": true, "data": data[min(from, len(data)):min(from+size, len(data))], "additional_data": map[string]any{"next_cursor": next}})
}

func users(w http.ResponseWriter, _ *http.Request) {
	data := []any{}
	for _, id := range []int{Me, Owner, Another} {
		data = append(data, user(id))
	}
	standin.Reply(w, http.StatusOK, map[string]any{"success": true, "data": data})
}

func whoami(w http.ResponseWriter, _ *http.Request) {
	standin.Reply(w, http.StatusOK, map[string]any{"success": true, "data": user(Me)})
}

func user(id int) map[string]any {
	return map[string]any{"id": id, "name": fmt.Sprintf("User %d", id), "email": fmt.Sprintf("user%d@example.com", id), "active_flag": true, "is_you": id == Me}
}
