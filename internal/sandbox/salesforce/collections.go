package salesforce

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

const (
	maxCollection = 200
	maxRetrieve   = 2_000
)

// collection is many records in one call.
type collection struct {
	AllOrNone bool             `json:"allOrNone"`
	Records   []map[string]any `json:"records"`
}

func (r *request) collection() (collection, *failure) {
	var in collection
	if f := r.only(); f != nil {
		return in, f
	}
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return in, refused(http.StatusBadRequest, "JSON_PARSER_ERROR", "%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	r.items = len(in.Records)
	switch {
	case len(in.Records) == 0:
		return in, refused(http.StatusBadRequest, "INVALID_INPUT", "The list of records is empty")
	case len(in.Records) > maxCollection:
		return in, refused(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than %d records into this call", maxCollection)
	}
	return in, nil
}

// writing is one record of a collection, as it was read.
type writing struct {
	object *object
	values map[string]any
	bad    failures
}

// read reads the records of a collection. What cannot be read fails the whole of it.
func (s *Server) read(in collection, want string) ([]writing, *failure) {
	all := make([]writing, len(in.Records))
	for i, sent := range in.Records {
		name, f := typeOf(sent, true)
		if f != nil {
			return nil, f
		}
		o := s.object(name)
		if o == nil {
			return nil, refused(http.StatusBadRequest, "INVALID_TYPE", "sObject type '%s' is not supported.", name)
		}
		if want != "" && !strings.EqualFold(o.name, want) {
			return nil, refused(http.StatusBadRequest, "INVALID_INPUT", "Record type %s does not match the type in the path, %s", name, want)
		}
		all[i].object = o
		all[i].values, all[i].bad = s.values(o, sent)
		for _, f := range all[i].bad {
			if f.Code == "JSON_PARSER_ERROR" || (f.Code == "INVALID_FIELD" && s.options.WholeBatch) {
				return nil, f
			}
		}
	}
	return all, nil
}

// each writes the records of a collection one by one, and takes all back when one fails and all or none was asked for.
func (s *Server) each(all []writing, allOrNone bool, write func(w writing) (map[string]any, failures)) answer {
	results := make([]map[string]any, len(all))
	mark, failed := len(s.undo), false
	fails := make([]bool, len(all))
	for i, w := range all {
		result, bad := map[string]any(nil), w.bad
		if bad == nil {
			result, bad = write(w)
		}
		if bad != nil {
			result = map[string]any{"success": false, "errors": bad.items()}
			failed, fails[i] = true, true
		}
		results[i] = result
	}
	if failed && allOrNone {
		s.rollBack(mark)
		for i := range results {
			if !fails[i] {
				results[i] = map[string]any{"success": false, "errors": failures{rolledBack()}.items()}
			}
		}
	}
	return answer{status: http.StatusOK, body: results}
}

func (s *Server) createMany(r *request) answer {
	return s.many(r, nil, "", func(set settings) func(writing) (map[string]any, failures) {
		return func(w writing) (map[string]any, failures) {
			if _, given := w.values["Id"]; given {
				return nil, failures{wrong("INVALID_FIELD_FOR_INSERT_UPDATE", []string{"Id"}, "cannot specify Id in an insert call")}
			}
			made, bad := s.save(w.object, nil, w.values, set)
			if bad != nil {
				return nil, bad
			}
			result := saved(made, true)
			delete(result, "created")
			return result, nil
		}
	})
}

func (s *Server) updateMany(r *request) answer {
	return s.many(r, nil, "", func(set settings) func(writing) (map[string]any, failures) {
		return func(w writing) (map[string]any, failures) {
			id, _ := w.values["Id"].(string)
			if id == "" {
				return nil, failures{wrong("MISSING_ARGUMENT", nil, "Id not specified in an update call")}
			}
			found, bad := s.toUpdate(w.object, id)
			if bad == nil {
				delete(w.values, "Id")
				found, bad = s.save(w.object, found, w.values, set)
			}
			if bad != nil {
				return nil, bad
			}
			result := saved(found, false)
			delete(result, "created")
			return result, nil
		}
	})
}

func (s *Server) toUpdate(o *object, id string) (*record, failures) {
	found := o.find(id)
	switch {
	case found == nil:
		return nil, failures{wrong("INVALID_CROSS_REFERENCE_KEY", nil, "invalid cross reference id")}
	case found.deleted:
		return nil, failures{wrong("ENTITY_IS_DELETED", nil, "entity is deleted")}
	}
	return found, nil
}

func (s *Server) many(r *request, key *field, want string, writer func(settings) func(writing) (map[string]any, failures)) answer {
	set, f := readSettings(r.header)
	if f != nil {
		return f.answer()
	}
	in, f := r.collection()
	if f != nil {
		return f.answer()
	}
	all, f := s.read(in, want)
	if f != nil {
		return f.answer()
	}
	if key != nil {
		refuseTwins(key, all)
	}
	return s.each(all, in.AllOrNone, writer(set))
}

// upsertMany updates or inserts by the external id that each record carries. Of records with one id in one call none is
// written.
func (s *Server) upsertMany(r *request) answer {
	o := s.object(r.path[2])
	if o == nil {
		return notFound().answer()
	}
	key, f := o.key(r.path[3])
	if strings.EqualFold(r.path[3], "Id") {
		key, f = o.field("Id"), nil
	}
	if f != nil {
		return f.answer()
	}
	return s.many(r, key, o.name, func(set settings) func(writing) (map[string]any, failures) {
		return func(w writing) (map[string]any, failures) { return s.upsertOne(key, w, set) }
	})
}

func (s *Server) upsertOne(key *field, w writing, set settings) (map[string]any, failures) {
	value := w.values[key.Name]
	if key.Name == "Id" {
		return s.upsertByID(w, set)
	}
	if value == nil {
		return nil, failures{wrong("MISSING_ARGUMENT", []string{key.Name}, "%s not specified", key.Name)}
	}
	if _, given := w.values["Id"]; given {
		return nil, failures{wrong("INVALID_FIELD_FOR_INSERT_UPDATE", []string{"Id"}, "cannot specify Id in an upsert call by an external id")}
	}
	found := w.object.matching(key, value)
	if len(found) > 1 {
		return nil, failures{wrong("DUPLICATE_EXTERNAL_ID", []string{key.Name}, "%s: more than one record found for external id field: [%s, %s]", key.Name, found[0].id, found[1].id)}
	}
	var existing *record
	if len(found) == 1 {
		existing = found[0]
	}
	written, bad := s.save(w.object, existing, w.values, set)
	if bad != nil {
		return nil, bad
	}
	return saved(written, existing == nil), nil
}

func (s *Server) upsertByID(w writing, set settings) (map[string]any, failures) {
	var existing *record
	if id := textOf(w.values["Id"]); id != "" {
		found, bad := s.toUpdate(w.object, id)
		if bad != nil {
			return nil, bad
		}
		existing = found
	}
	delete(w.values, "Id")
	written, bad := s.save(w.object, existing, w.values, set)
	if bad != nil {
		return nil, bad
	}
	return saved(written, existing == nil), nil
}

// refuseTwins marks the records of a collection whose key is there more than once.
func refuseTwins(key *field, all []writing) {
	count := map[string]int{}
	for _, w := range all {
		if value := w.values[key.Name]; value != nil {
			count[keyOf(value)]++
		}
	}
	for i, w := range all {
		if value := w.values[key.Name]; value != nil && count[keyOf(value)] > 1 {
			all[i].bad = failures{wrong("DUPLICATE_VALUE", []string{key.Name}, "Duplicate external id specified: %v", value)}
		}
	}
}
