package zoho

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"handoff/internal/crm/rest/resttest/standin"
)

// result is what became of one record.
type result = map[string]any

func failed(i int, code, field string, details map[string]any) result {
	all := map[string]any{"api_name": field, "json_path": fmt.Sprintf("$.data[%d].%s", i, field)}
	maps.Copy(all, details)
	message := map[string]string{"MANDATORY_NOT_FOUND": "required field not found", "DUPLICATE_DATA": "duplicate data"}[code]
	if message == "" {
		message = "invalid data"
	}
	return result{"code": code, "details": all, "message": message, "status": "error"}
}

// several does something with each of up to a hundred records, and tells what became of each. Members beside the records are
// only those that the description has.
func (o *Organization) several(w http.ResponseWriter, r *http.Request, members []string, each func(i int, module string, record map[string]any) result) {
	module, known := o.module(w, r)
	if !known {
		return
	}
	body, ok := standin.Body(r)
	records, listed := body["data"].([]any)
	if !ok || !listed || len(records) == 0 || len(records) > 100 {
		refuse(w, http.StatusBadRequest, "INVALID_DATA", "body", map[string]any{"expected_data_type": "jsonarray", "api_name": "data"})
		return
	}
	for name := range body {
		if name != "data" && !slices.Contains(members, name) {
			refuse(w, http.StatusBadRequest, "INVALID_DATA", "invalid data", map[string]any{"api_name": name, "json_path": "$." + name})
			return
		}
	}
	besides := maps.Clone(body)
	delete(besides, "data")
	o.asked = append(o.asked, besides)
	var results []any
	bad := 0
	for i, one := range records {
		record, _ := one.(map[string]any)
		became := each(i, module, record)
		if became["status"] == "error" {
			bad++
		}
		results = append(results, became)
	}
	status := http.StatusOK
	switch {
	case bad == len(results):
		status = http.StatusAccepted
	case bad > 0:
		status = http.StatusMultiStatus
	case r.Method == http.MethodPost && r.URL.Path == "/crm/v8/"+module:
		status = http.StatusCreated
	}
	standin.Reply(w, status, map[string]any{"data": results})
}

func (o *Organization) insert(w http.ResponseWriter, r *http.Request) {
	o.several(w, r, []string{"trigger", "lar_id"}, o.add)
}

func (o *Organization) update(w http.ResponseWriter, r *http.Request) {
	o.several(w, r, []string{"trigger"}, func(i int, module string, record map[string]any) result {
		existing := o.byID(module, fmt.Sprint(record["id"]))
		if existing == nil {
			return failed(i, "INVALID_DATA", "id", nil)
		}
		return o.change(i, module, existing, record, "")
	})
}

func (o *Organization) upsert(w http.ResponseWriter, r *http.Request) {
	o.several(w, r, []string{"trigger", "lar_id", "duplicate_check_fields"}, func(i int, module string, record map[string]any) result {
		fields, _ := o.asked[len(o.asked)-1]["duplicate_check_fields"].([]any)
		for _, name := range fields {
			field := fmt.Sprint(name)
			existing := o.First(module, func(r standin.Record) bool {
				return r["Converted__s"] != true && record[field] != nil && standin.Same(fmt.Sprint(r[field]), fmt.Sprint(record[field]))
			})
			if existing != nil {
				return o.change(i, module, existing, record, field)
			}
		}
		return o.add(i, module, record)
	})
}

// check says what is wrong with a record's values; nil where nothing is.
func (o *Organization) check(i int, module string, record map[string]any, id string) result {
	for _, name := range slices.Sorted(maps.Keys(record)) {
		f, known := o.field(module, name)
		if name == "id" {
			continue
		}
		if !known || f.ReadOnly {
			return failed(i, "INVALID_DATA", name, nil)
		}
		if code, expected := o.wrong(f, record[name]); code != "" {
			details := map[string]any{"expected_data_type": expected}
			if text, is := record[name].(string); is && f.Length > 0 && len([]rune(text)) > f.Length {
				details = map[string]any{"maximum_length": f.Length}
			}
			return failed(i, code, name, details)
		}
		if taken := o.taken(module, f, record[name], id); taken != nil {
			return failed(i, "DUPLICATE_DATA", name, map[string]any{"duplicate_record": map[string]any{
				"id": taken["id"], "Owner": taken["Owner"], "module": map[string]any{"api_name": module, "id": "6493490000000002175"},
			}})
		}
	}
	return nil
}

// taken is another record that has a value which nobody else may have.
func (o *Organization) taken(module string, f Field, value any, id string) standin.Record {
	if !f.Unique || value == nil || value == "" {
		return nil
	}
	return o.First(module, func(r standin.Record) bool {
		return r["id"] != id && standin.Same(fmt.Sprint(r[f.Name]), fmt.Sprint(value))
	})
}

func (o *Organization) add(i int, module string, record map[string]any) result {
	for _, f := range o.modules[module] {
		if value := record[f.Name]; f.Mandatory && (value == nil || value == "") {
			return failed(i, "MANDATORY_NOT_FOUND", f.Name, nil)
		}
	}
	if problem := o.check(i, module, record, ""); problem != nil {
		return problem
	}
	made := standin.Record{"id": o.nextID(), "Owner": user(Me), "Created_Time": moment(o.Now())}
	for _, f := range o.modules[module] {
		if _, has := made[f.Name]; !has {
			made[f.Name] = nil
		}
	}
	if module == "Leads" {
		made["Converted__s"] = false
	}
	o.Add(module, made)
	o.store(made, record)
	return done(made, "insert", nil, "record added")
}

func (o *Organization) change(i int, module string, existing standin.Record, record map[string]any, duplicate string) result {
	if existing["Converted__s"] == true {
		return failed(i, "CONVERTED_RECORD", "id", nil)
	}
	for _, f := range o.modules[module] {
		if value, has := record[f.Name]; f.Mandatory && has && (value == nil || value == "") {
			return failed(i, "MANDATORY_NOT_FOUND", f.Name, nil)
		}
	}
	if problem := o.check(i, module, record, fmt.Sprint(existing["id"])); problem != nil {
		return problem
	}
	o.store(existing, record)
	var by any
	if duplicate != "" {
		by = duplicate
	}
	return done(existing, "update", by, "record updated")
}

func (o *Organization) store(r standin.Record, values map[string]any) {
	for name, value := range values {
		if owner, is := value.(map[string]any); is && name == "Owner" {
			value = user(fmt.Sprint(owner["id"]))
		}
		if name != "id" {
			r[name] = value
		}
	}
	r["Modified_Time"] = moment(o.Now())
}

func done(r standin.Record, action string, duplicate any, message string) result {
	by := map[string]any{"name": "Integration User", "id": Me}
	return result{
		"code": "SUCCESS", "duplicate_field": duplicate, "action": action, "message": message, "status": "success",
		"details": map[string]any{"Modified_Time": r["Modified_Time"], "Modified_By": by, "Created_Time": r["Created_Time"], "id": r["id"], "Created_By": by},
	}
}

func user(id string) map[string]any {
	return map[string]any{"id": id, "name": "Integration User"}
}
