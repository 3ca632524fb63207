package dynamics

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"handoff/internal/crm/rest/resttest/standin"
)

var reference = regexp.MustCompile(`^/?([a-z]+)\(([0-9a-f-]{36})\)$`)

// read reads a request's body apart into what is stored. It answers what is wrong with it itself.
func (e *Environment) read(w http.ResponseWriter, r *http.Request, t *table, leftOut string) (map[string]any, bool) {
	body, ok := standin.Body(r)
	payload := func(inner string) {
		refuse(w, http.StatusBadRequest, "0x80048d19", "Error identified in Payload provided by the user for Entity :'"+t.set+
			"', For more information on this error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : "+inner)
	}
	if !ok {
		payload("System.ArgumentException: Stream was not readable.")
		return nil, false
	}
	stored := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		value := body[name]
		if property, binds := strings.CutSuffix(name, "@odata.bind"); binds {
			c, set, known := t.bound(property)
			if !known {
				payload("Microsoft.OData.ODataException: An undeclared property '" + property + "' which only has property annotations in the payload but no property value was found in the payload.")
				return nil, false
			}
			if value == nil {
				stored["_"+c.Name+"_value"] = nil
				continue
			}
			to := reference.FindStringSubmatch(fmt.Sprint(value))
			if to == nil || to[1] != set || !e.exists(set, to[2]) {
				refuse(w, http.StatusNotFound, "0x80040217", "Entity '"+set+"' With Id Does Not Exist")
				return nil, false
			}
			stored["_"+c.Name+"_value"] = to[2]
			continue
		}
		c, known := t.column(name)
		switch {
		case name == leftOut:
			refuse(w, http.StatusBadRequest, "0x80060888", "The key must not be in the body too.")
			return nil, false
		case !known || c.Type == "Lookup":
			payload("Microsoft.Crm.CrmException: Invalid property '" + name + "' was found in entity 'Microsoft.Dynamics.CRM." + t.name + "'.")
			return nil, false
		}
		if problem := wrongType(c, value); problem != "" {
			payload("Microsoft.OData.ODataException: " + problem)
			return nil, false
		}
		if code, message := invalid(t, c, value); code != "" {
			refuse(w, http.StatusBadRequest, code, message)
			return nil, false
		}
		stored[name] = value
	}
	return stored, true
}

func (e *Environment) exists(set, id string) bool {
	if set == "systemusers" {
		return id == Me || id == Owner || id == Another
	}
	t := e.tables[set]
	return t != nil && e.First(set, func(r standin.Record) bool { return r[t.id] == id }) != nil
}

// taken says that another record has the value of an alternate key.
func (e *Environment) taken(t *table, values map[string]any, own standin.Record) bool {
	for _, key := range t.keys {
		value := values[key]
		if value == nil || value == "" {
			continue
		}
		other := e.First(t.set, func(r standin.Record) bool { return standin.Same(fmt.Sprint(r[key]), fmt.Sprint(value)) })
		if other != nil && (own == nil || other[t.id] != own[t.id]) {
			return true
		}
	}
	return false
}

func (e *Environment) create(w http.ResponseWriter, r *http.Request, t *table) {
	if values, ok := e.read(w, r, t, ""); ok {
		e.add(w, r, t, values)
	}
}

func (e *Environment) add(w http.ResponseWriter, r *http.Request, t *table, values map[string]any) {
	if e.taken(t, values, nil) {
		refuse(w, http.StatusPreconditionFailed, "0x80040237", "A record with matching key values already exists.")
		return
	}
	record := standin.Record{t.id: e.guid(), "createdon": e.Now().Format("2006-01-02T15:04:05Z07:00")}
	for _, c := range t.columns {
		if c.Type == "Lookup" {
			record["_"+c.Name+"_value"] = nil
		} else {
			record[c.Name] = nil
		}
	}
	record["_ownerid_value"] = Me
	record.Change(values)
	e.touch(record)
	e.Add(t.set, record)
	e.wrote(w, r, t, record, http.StatusCreated)
}

// patch changes a record, or makes it where there is none. Headers say what there has to be.
// See https://learn.microsoft.com/power-apps/developer/data-platform/webapi/perform-conditional-operations-using-web-api.
func (e *Environment) patch(w http.ResponseWriter, r *http.Request, t *table, key string) {
	if e.between != nil {
		do := e.between
		e.between = nil
		do()
	}
	record, name, value, ok := e.at(t, key)
	if !ok {
		refuse(w, http.StatusBadRequest, "0x80060888", "Bad Request - Error in query syntax.")
		return
	}
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case record == nil && match != "":
		refuse(w, http.StatusNotFound, "0x80040217", t.name+" With Id Does Not Exist")
		return
	case record != nil && none == "*":
		refuse(w, http.StatusPreconditionFailed, "0x80040237", "A record with matching key values already exists.")
		return
	case record != nil && match != "" && match != "*" && match != record["@odata.etag"]:
		refuse(w, http.StatusPreconditionFailed, "0x80060882", "The version of the existing record doesn't match the RowVersion property provided.")
		return
	}
	values, ok := e.read(w, r, t, map[bool]string{true: name}[name != t.id])
	if !ok {
		return
	}
	if record == nil {
		values[name] = value
		e.add(w, r, t, values)
		return
	}
	if e.taken(t, values, record) {
		refuse(w, http.StatusPreconditionFailed, "0x80040237", "A record with matching key values already exists.")
		return
	}
	record.Change(values)
	e.touch(record)
	e.wrote(w, r, t, record, http.StatusOK)
}

// wrote answers with the record, if that is preferred, or with where it is.
func (e *Environment) wrote(w http.ResponseWriter, r *http.Request, t *table, record standin.Record, status int) {
	if !strings.Contains(r.Header.Get("Prefer"), "return=representation") {
		w.Header().Set("OData-EntityId", "https://"+r.Host+base+t.set+"("+fmt.Sprint(record[t.id])+")")
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Preference-Applied", "return=representation")
	shown, ok := e.selected(w, r, t, record)
	if !ok {
		return
	}
	shown["@odata.context"] = "https://" + r.Host + base + "$metadata#" + t.set + "/$entity"
	standin.Reply(w, status, shown)
}
