package salesforce

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// settings are what the headers of a call say about its writes.
type settings struct {
	allowSave bool   // in spite of duplicates
	assign    string // FALSE, TRUE or the id of a rule; empty when not said
}

func readSettings(header http.Header) (settings, *failure) {
	var set settings
	for part := range strings.SplitSeq(header.Get("Sforce-Duplicate-Rule-Header"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "":
		case "allowsave":
			set.allowSave = strings.EqualFold(strings.TrimSpace(value), "true")
		case "includerecorddetails", "runascurrentuser":
		default:
			return set, refused(http.StatusBadRequest, "INVALID_HEADER", "Sforce-Duplicate-Rule-Header has no %s", name)
		}
	}
	set.assign = header.Get("Sforce-Auto-Assign")
	switch {
	case strings.EqualFold(set.assign, "true"), strings.EqualFold(set.assign, "false"):
		set.assign = strings.ToUpper(set.assign)
	case set.assign != "" && !isID(set.assign):
		return set, refused(http.StatusBadRequest, "INVALID_HEADER", "Sforce-Auto-Assign is TRUE, FALSE or the id of a rule")
	}
	return set, nil
}

// members reads one record of a body.
func members(body []byte) (map[string]any, *failure) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var in map[string]any
	if err := decoder.Decode(&in); err != nil || in == nil {
		return nil, refused(http.StatusBadRequest, "JSON_PARSER_ERROR", "The HTTP entity body is required, and is one JSON object")
	}
	return in, nil
}

// values reads the fields of a record that was sent, by their names as the object spells them. An id is among them when
// there is one.
func (s *Server) values(o *object, sent map[string]any) (map[string]any, failures) {
	values := map[string]any{}
	var bad failures
	known := 0
	for _, f := range o.fields {
		for name, value := range sent {
			if !strings.EqualFold(name, f.Name) {
				continue
			}
			known++
			plain, f := f.value(value)
			if f != nil {
				bad = append(bad, f)
			}
			values[o.field(name).Name] = plain
		}
	}
	if known == len(sent) {
		return values, bad
	}
	for name, value := range sent {
		if name == "attributes" || o.field(name) != nil {
			continue
		}
		parent := o.parent(name)
		keys, isObject := value.(map[string]any)
		if parent == nil || !isObject {
			return nil, failures{noColumn(o, name)}
		}
		id, f := s.byKey(parent, keys)
		if f != nil {
			bad = append(bad, f)
			continue
		}
		values[parent.Name] = id
	}
	return values, bad
}

func noColumn(o *object, name string) *failure {
	return refused(http.StatusBadRequest, "INVALID_FIELD", "No such column '%s' on sobject of type %s", name, o.name)
}

// byKey finds the record that a reference names by its external id.
func (s *Server) byKey(parent *field, keys map[string]any) (string, *failure) {
	for _, name := range parent.references {
		o := s.object(name)
		for key, value := range keys {
			f := o.field(key)
			if key == "attributes" || f == nil || !f.idLookup || len(keys) > 2 {
				continue
			}
			switch found := o.matching(f, value); len(found) {
			case 1:
				return found[0].id, nil
			case 0:
				return "", wrong("INVALID_FIELD", nil, "Foreign key external ID: %v not found for field %s in entity %s", value, f.Name, o.name)
			default:
				return "", wrong("DUPLICATE_EXTERNAL_ID", nil, "%s: more than one record found for external id field: %v", f.Name, value)
			}
		}
	}
	return "", wrong("INVALID_FIELD", nil, "The relationship %s is set by one external id", parent.relationship)
}

// save inserts a record, or updates one, when nothing is wrong with it.
func (s *Server) save(o *object, r *record, values map[string]any, set settings) (*record, failures) {
	if o.readOnly {
		return nil, failures{refused(http.StatusBadRequest, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted or updated: %s", o.name)}
	}
	if bad := s.check(o, r, values); bad != nil {
		return nil, bad
	}
	if f := s.locked(o, r, values); f != nil {
		return nil, failures{f}
	}
	if f := s.assign(o, r, values, set.assign); f != nil {
		return nil, failures{f}
	}
	if f := s.duplicate(o, r, values, set.allowSave); f != nil {
		return nil, failures{f}
	}
	return s.store(o, r, "", values), nil
}

// assign gives a record the owner that a rule says: with no header that of the active rule for new records.
func (s *Server) assign(o *object, r *record, values map[string]any, rule string) *failure {
	if rule == "FALSE" || (r != nil && rule == "") {
		return nil
	}
	owner, found := "", false
	for _, a := range s.assignments {
		if strings.EqualFold(a.object, o.name) && (rule == "" || rule == "TRUE" || (len(rule) >= 15 && a.id[:15] == rule[:15])) {
			owner, found = a.owner, true
		}
	}
	if !found && isID(rule) {
		return wrong("INVALID_CROSS_REFERENCE_KEY", nil, "invalid cross reference id")
	}
	if found {
		values["OwnerId"] = owner
	}
	return nil
}
