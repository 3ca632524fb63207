package hubspot

import (
	"net/http"
	"slices"
)

// gdprDelete deletes a contact for good. Its address may not come back, and neither may one that nobody has.
func (s *Server) gdprDelete(r *request) answer {
	var in struct {
		ObjectID   string `json:"objectId"`
		IDProperty string `json:"idProperty"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	t := s.types["0-1"]
	found, bad := t.find(in.ObjectID, in.IDProperty)
	switch {
	case bad != nil:
		return bad.answer()
	case found == nil && in.IDProperty != "email":
		return notFound("resource not found").answer()
	case found == nil:
		s.blocked[uniqueForm(in.ObjectID)] = true
		return answer{status: http.StatusNoContent}
	}
	if email := uniqueForm(found.props["email"]); email != "" {
		s.blocked[email] = true
		delete(s.statuses, email)
	}
	s.remove(t, found)
	delete(t.records, found.id)
	t.ids = slices.DeleteFunc(t.ids, func(id string) bool { return id == found.id })
	for pair := range s.associations {
		if pair.from == (end{t.id, found.id}) || pair.to == (end{t.id, found.id}) {
			delete(s.associations, pair)
		}
	}
	for _, l := range s.lists {
		if l.object == t.id {
			delete(l.members, found.id)
		}
	}
	return answer{status: http.StatusNoContent}
}

// isBlocked says that an address belonged to somebody who was deleted for good.
func (s *Server) isBlocked(t *objectType, property, value string) bool {
	return t.id == "0-1" && property == "email" && s.blocked[uniqueForm(value)]
}
