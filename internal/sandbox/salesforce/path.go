package salesforce

import (
	"net/http"
	"strings"
)

func noColumnIn(o *object, name string) *failure {
	return refused(http.StatusBadRequest, "INVALID_FIELD", "\nERROR at Row:1:Column:1\nNo such column '%s' on entity '%s'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.", name, o.name)
}

// column finds the field that a path means: one of the object, or of what a relationship leads to.
func (s *Server) column(o *object, path string) (*field, *failure) {
	first, rest, more := strings.Cut(path, ".")
	if !more {
		if f := o.field(first); f != nil {
			return f, nil
		}
		return nil, noColumnIn(o, first)
	}
	parent := o.parent(first)
	if parent == nil {
		return nil, refused(http.StatusBadRequest, "INVALID_FIELD", "Didn't understand relationship '%s' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name.", first)
	}
	var bad *failure
	for _, name := range parent.references { // an owner is a user or a queue
		f, wrong := s.column(s.object(name), rest)
		if wrong == nil {
			return f, nil
		}
		bad = wrong
	}
	return nil, bad
}

// valueOf follows a path from a record.
func (s *Server) valueOf(r *record, path string) any {
	first, rest, more := strings.Cut(path, ".")
	if !more {
		return r.values[r.object.field(first).Name]
	}
	target := s.follows(r, first)
	if target == nil || (!strings.Contains(rest, ".") && target.object.field(rest) == nil) {
		return nil
	}
	return s.valueOf(target, rest)
}

func (s *Server) follows(r *record, relationship string) *record {
	parent := r.object.parent(relationship)
	if parent == nil {
		return nil
	}
	id := textOf(r.values[parent.Name])
	if o := s.owning(id); o != nil {
		return o.find(id)
	}
	return nil
}

func (s *Server) row(r *request, one *record, fields []string) map[string]any {
	row := map[string]any{"attributes": attributes(r.base(), one)}
	inner := map[string][]string{}
	for _, path := range fields {
		if first, rest, more := strings.Cut(path, "."); more {
			relationship := one.object.parent(first).relationship
			inner[relationship] = append(inner[relationship], rest)
		} else {
			f := one.object.field(path)
			row[f.Name] = f.shown(one.values[f.Name])
		}
	}
	for relationship, paths := range inner {
		target := s.follows(one, relationship)
		if target == nil {
			row[relationship] = nil
			continue
		}
		var known []string
		for _, path := range paths {
			if _, f := s.column(target.object, path); f == nil {
				known = append(known, path)
			}
		}
		row[relationship] = s.row(r, target, known)
	}
	return row
}
