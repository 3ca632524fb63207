package hubspot

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// writing is a record as one that is to be created is sent.
type writing struct {
	Properties   map[string]string `json:"properties"`
	Associations []toAssociate     `json:"associations"`
	Trace        string            `json:"objectWriteTraceId"`
}

type toAssociate struct {
	To struct {
		ID string `json:"id"`
	} `json:"to"`
	Types []label `json:"types"`
}

func (s *Server) create(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	var in writing
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	created, refused := s.createOne(t, in)
	if refused != nil {
		if refused.Status == http.StatusConflict {
			refused.Context = nil // a single create says the id in its message only
		}
		return refused.answer()
	}
	return answer{http.StatusCreated, t.showWritten(created, in.Properties)}
}

func (s *Server) createOne(t *objectType, in writing) (*record, *failure) {
	if refused := s.refusal(t, nil, in.Properties); refused != nil {
		return nil, refused
	}
	ends := make([]*objectType, len(in.Associations))
	for i, a := range in.Associations {
		to, refused := s.otherEnd(t, a)
		if refused != nil {
			return nil, refused
		}
		ends[i] = to
	}
	if t.id == "0-136" && !hasType(in.Associations, 578) {
		return nil, badRequest("A lead must be associated with a contact or a company as its primary")
	}
	created := s.store(t, nil, in.Properties)
	for i, a := range in.Associations {
		for _, label := range a.Types {
			s.relate(end{t.id, created.id}, end{ends[i].id, a.To.ID}, label.Type)
		}
	}
	return created, nil
}

func hasType(all []toAssociate, wanted int) bool {
	for _, a := range all {
		for _, label := range a.Types {
			if label.Type == wanted {
				return true
			}
		}
	}
	return false
}

func (s *Server) get(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	found, bad := t.find(r.PathValue("id"), r.URL.Query().Get("idProperty"))
	switch {
	case bad != nil:
		return bad.answer()
	case found == nil:
		return notFound("resource not found").answer()
	}
	return answer{http.StatusOK, t.show(found, list(r.URL.Query().Get("properties")))}
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func (s *Server) update(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	var in struct {
		Properties map[string]string `json:"properties"`
		Trace      string            `json:"objectWriteTraceId"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	found, bad := t.find(r.PathValue("id"), r.URL.Query().Get("idProperty"))
	switch {
	case bad != nil:
		return bad.answer()
	case found == nil:
		return notFound("resource not found").answer()
	}
	if refused := s.refusal(t, found, in.Properties); refused != nil {
		return refused.answer()
	}
	return answer{http.StatusOK, t.showWritten(s.store(t, found, in.Properties), in.Properties)}
}

func (s *Server) archive(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	if found, _ := t.find(r.PathValue("id"), ""); found != nil {
		s.remove(t, found)
	}
	return answer{status: http.StatusNoContent}
}

// list pages through the store itself, not through the index.
func (s *Server) list(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	query := r.URL.Query()
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		limit = 10
	}
	after, archived := query.Get("after"), query.Get("archived") == "true"
	results := []shown{}
	var next any
	for _, id := range t.ids[1+slices.Index(t.ids, after):] {
		record := t.records[id]
		if record.archived != archived {
			continue
		}
		if len(results) == limit {
			last := results[limit-1].ID
			next = paging(last)
			break
		}
		results = append(results, t.show(record, list(query.Get("properties"))))
	}
	body := map[string]any{"results": results}
	if next != nil {
		body["paging"] = next
	}
	return answer{http.StatusOK, body}
}

func paging(after string) map[string]any {
	return map[string]any{"next": map[string]string{"after": after, "link": "?after=" + after}}
}

// pipelines gives every object with stages one pipeline.
func (s *Server) pipelines(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	return answer{http.StatusOK, map[string]any{"results": []map[string]any{{
		"id": "default", "label": t.path + " pipeline", "displayOrder": 0, "archived": false,
		"stages": []map[string]any{{
			"id": "new", "label": "New", "displayOrder": 0, "archived": false, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
		}},
	}}}}
}
