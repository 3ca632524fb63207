package salesforce

import (
	"net/http"
	"strings"
)

func saved(r *record, created bool) map[string]any {
	return map[string]any{"id": r.id, "success": true, "errors": []any{}, "created": created}
}

func (s *Server) create(r *request, o *object) answer {
	set, f := readSettings(r.header)
	if f == nil {
		f = r.only()
	}
	if f != nil {
		return f.answer()
	}
	values, bad := s.body(r, o)
	if bad != nil {
		return bad.answer()
	}
	if _, given := values["Id"]; given {
		return wrong("INVALID_FIELD_FOR_INSERT_UPDATE", []string{"Id"}, "cannot specify Id in an insert call").answer()
	}
	made, bad := s.save(o, nil, values, set)
	if bad != nil {
		return bad.answer()
	}
	body := saved(made, true)
	delete(body, "created")
	return answer{http.StatusCreated, body, location(r, made)}
}

func location(r *request, made *record) map[string]string {
	return map[string]string{"Location": r.base() + "/sobjects/" + made.object.name + "/" + made.id}
}

// body reads the record that a call sent.
func (s *Server) body(r *request, o *object) (map[string]any, failures) {
	sent, f := members(r.body)
	if f == nil {
		_, f = typeOf(sent, false)
	}
	if f != nil {
		return nil, failures{f}
	}
	return s.values(o, sent)
}

// typeOf reads the attributes of a record.
func typeOf(sent map[string]any, wanted bool) (string, *failure) {
	attributes, ok := sent["attributes"].(map[string]any)
	if !ok {
		if wanted || sent["attributes"] != nil {
			return "", refused(http.StatusBadRequest, "INVALID_INPUT", "The record has no attributes with a type")
		}
		return "", nil
	}
	for name := range attributes {
		if name != "type" && name != "url" && name != "referenceId" {
			return "", refused(http.StatusBadRequest, "JSON_PARSER_ERROR", "Unrecognized attribute \"%s\"", name)
		}
	}
	name, _ := attributes["type"].(string)
	if name == "" && wanted {
		return "", refused(http.StatusBadRequest, "INVALID_INPUT", "The record's attributes have no type")
	}
	return name, nil
}

// one finds a record by its id.
func (o *object) one(id string) (*record, *failure) {
	if !isID(id) {
		return nil, refused(http.StatusNotFound, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %s", id)
	}
	found := o.find(id)
	switch {
	case found == nil:
		return nil, notFound()
	case found.deleted:
		return nil, &failure{Status: http.StatusNotFound, Code: "ENTITY_IS_DELETED", Message: "entity is deleted", Fields: []string{}}
	}
	return found, nil
}

func (s *Server) get(r *request, o *object) answer {
	found, f := o.one(r.path[len(r.path)-1])
	if f != nil {
		return f.answer()
	}
	return s.show(r, found)
}

// show answers a record, with the fields that were asked for or all of them.
func (s *Server) show(r *request, found *record) answer {
	if f := r.only("fields"); f != nil {
		return f.answer()
	}
	body := map[string]any{"attributes": attributes(r.base(), found)}
	if wanted := r.query.Get("fields"); wanted != "" {
		for name := range strings.SplitSeq(wanted, ",") {
			f := found.object.field(strings.TrimSpace(name))
			if f == nil {
				return refused(http.StatusBadRequest, "INVALID_FIELD", "No such column '%s' on sobject of type %s", name, found.object.name).answer()
			}
			body[f.Name] = f.shown(found.values[f.Name])
		}
		body["Id"] = found.id
		return answer{status: http.StatusOK, body: body}
	}
	for _, f := range found.object.fields {
		body[f.Name] = f.shown(found.values[f.Name])
	}
	return answer{status: http.StatusOK, body: body}
}

func (s *Server) update(r *request, o *object) answer {
	set, f := readSettings(r.header)
	if f == nil {
		f = r.only()
	}
	if f != nil {
		return f.answer()
	}
	found, f := o.one(r.path[len(r.path)-1])
	if f != nil {
		return f.answer()
	}
	values, bad := s.body(r, o)
	if bad != nil {
		return bad.answer()
	}
	if _, given := values["Id"]; given {
		return inPath("Id").answer()
	}
	if _, bad = s.save(o, found, values, set); bad != nil {
		return bad.answer()
	}
	return answer{status: http.StatusNoContent}
}

// inPath is the key of a record, repeated in its body.
func inPath(field string) *failure {
	return wrong("INVALID_FIELD", []string{field}, "The %s field should not be specified in the sobject data.", field)
}
