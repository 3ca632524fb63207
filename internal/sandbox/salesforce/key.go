package salesforce

import (
	"net/http"
	"strconv"
	"strings"
)

// key is the external id field of a path.
func (o *object) key(name string) (*field, *failure) {
	f := o.field(name)
	if f == nil || !f.ExternalID {
		return nil, unknownKey(name)
	}
	return f, nil
}

// byKeyPath finds the records that a path names by an external id.
func (o *object) byKeyPath(r *request) (*field, any, []*record, *failure) {
	key, f := o.key(r.path[2])
	if f != nil {
		return nil, nil, nil, f
	}
	value, f := key.value(r.path[3])
	if f != nil {
		return nil, nil, nil, f
	}
	return key, value, o.matching(key, value), nil
}

func several(r *request, found []*record) answer {
	links := make([]string, len(found))
	for i, one := range found {
		links[i] = r.base() + "/sobjects/" + one.object.name + "/" + one.id
	}
	return answer{status: http.StatusMultipleChoices, body: links}
}

func (s *Server) getByKey(r *request, o *object) answer {
	_, _, found, f := o.byKeyPath(r)
	switch {
	case f != nil:
		return f.answer()
	case len(found) == 0:
		return notFound().answer()
	case len(found) > 1:
		return several(r, found)
	}
	return s.show(r, found[0])
}

// upsert updates the record with an external id, or inserts it.
func (s *Server) upsert(r *request, o *object) answer {
	set, f := readSettings(r.header)
	if f == nil {
		f = r.only("updateOnly")
	}
	if f != nil {
		return f.answer()
	}
	key, value, found, f := o.byKeyPath(r)
	if f != nil {
		return f.answer()
	}
	if len(found) > 1 {
		return several(r, found)
	}
	values, bad := s.body(r, o)
	if bad != nil {
		return bad.answer()
	}
	for _, name := range []string{key.Name, "Id"} {
		if _, given := values[name]; given {
			return inPath(name).answer()
		}
	}
	if len(found) == 0 {
		if r.query.Get("updateOnly") == "true" {
			return notFound().answer()
		}
		values[key.Name] = value
		made, bad := s.save(o, nil, values, set)
		if bad != nil {
			return bad.answer()
		}
		return answer{http.StatusCreated, saved(made, true), location(r, made)}
	}
	changed, bad := s.save(o, found[0], values, set)
	if bad != nil {
		return bad.answer()
	}
	if version, err := strconv.ParseFloat(strings.TrimPrefix(r.version, "v"), 64); err == nil && version < 46 {
		return answer{status: http.StatusNoContent}
	}
	return answer{status: http.StatusOK, body: saved(changed, false)}
}

func (s *Server) erase(r *request, o *object) answer {
	found, f := o.one(r.path[len(r.path)-1])
	if f != nil {
		return f.answer()
	}
	s.remove(found)
	return answer{status: http.StatusNoContent}
}

func (s *Server) eraseByKey(r *request, o *object) answer {
	_, _, found, f := o.byKeyPath(r)
	switch {
	case f != nil:
		return f.answer()
	case len(found) == 0:
		return notFound().answer()
	case len(found) > 1:
		return several(r, found)
	}
	s.remove(found[0])
	return answer{status: http.StatusNoContent}
}
