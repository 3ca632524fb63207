package salesforce

import (
	"net/http"
	"strings"
)

func (s *Server) deleteMany(r *request) answer {
	if f := r.only("ids", "allOrNone"); f != nil {
		return f.answer()
	}
	ids := strings.Split(r.query.Get("ids"), ",")
	if r.items = len(ids); len(ids) > maxCollection {
		return refused(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than %d records into this call", maxCollection).answer()
	}
	all := make([]writing, len(ids))
	for i, id := range ids {
		all[i] = writing{object: s.owning(id), values: map[string]any{"Id": id}}
		if !isID(id) || all[i].object == nil {
			all[i].bad = failures{wrong("MALFORMED_ID", nil, "malformed id %s", id)}
		}
	}
	return s.each(all, r.query.Get("allOrNone") == "true", func(w writing) (map[string]any, failures) {
		found, bad := s.toUpdate(w.object, textOf(w.values["Id"]))
		if bad != nil {
			return nil, bad
		}
		s.remove(found)
		result := saved(found, false)
		delete(result, "created")
		return result, nil
	})
}

// retrieve reads many records by their ids; those that are not there are null.
func (s *Server) retrieve(r *request) answer {
	o := s.object(r.path[2])
	if o == nil {
		return notFound().answer()
	}
	var in struct {
		IDs    []string `json:"ids"`
		Fields []string `json:"fields"`
	}
	if r.method == http.MethodGet {
		if f := r.only("ids", "fields"); f != nil {
			return f.answer()
		}
		in.IDs, in.Fields = strings.Split(r.query.Get("ids"), ","), strings.Split(r.query.Get("fields"), ",")
	} else if f := decode(r.body, &in); f != nil {
		return f.answer()
	}
	r.items = len(in.IDs)
	if len(in.IDs) > maxRetrieve {
		return refused(http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than %d records into this call", maxRetrieve).answer()
	}
	fields := make([]*field, len(in.Fields))
	for i, name := range in.Fields {
		if fields[i] = o.field(strings.TrimSpace(name)); fields[i] == nil {
			return noColumn(o, name).answer()
		}
	}
	results := make([]map[string]any, len(in.IDs))
	for i, id := range in.IDs {
		if !isID(id) {
			return refused(http.StatusBadRequest, "MALFORMED_ID", "malformed id %s", id).answer()
		}
		found := o.find(id)
		if found == nil || found.deleted {
			continue
		}
		results[i] = map[string]any{"attributes": attributes(r.base(), found)}
		for _, f := range fields {
			results[i][f.Name] = f.shown(found.values[f.Name])
		}
	}
	return answer{status: http.StatusOK, body: results}
}
