package hubspot

import (
	"net/http"
	"slices"
	"sort"
	"strconv"
)

// end is one record of an association.
type end struct{ object, id string }

// associated is a pair of records, in one direction.
type associated struct{ from, to end }

// label is a kind of association.
type label struct {
	Category string `json:"associationCategory"`
	Type     int    `json:"associationTypeId"`
}

// kind is one kind of association between two objects.
type kind struct {
	from, to string
	id       int
	reverse  int
	primary  bool
}

// kinds are HubSpot's own, unlabelled ones and those of the primary company, contact or deal.
var kinds = []kind{
	{"0-1", "0-2", 279, 280, false}, {"0-1", "0-2", 1, 2, true},
	{"0-1", "0-3", 4, 3, false}, {"0-3", "0-2", 341, 342, false}, {"0-3", "0-2", 5, 6, true},
	{"0-46", "0-1", 202, 201, false}, {"0-46", "0-2", 190, 189, false}, {"0-46", "0-3", 214, 213, false}, {"0-46", "0-136", 855, 854, false},
	{"0-27", "0-1", 204, 203, false}, {"0-27", "0-2", 192, 191, false}, {"0-27", "0-3", 216, 215, false}, {"0-27", "0-136", 647, 646, false},
	{"0-136", "0-1", 608, 609, false}, {"0-136", "0-1", 578, 579, true},
	{"0-136", "0-2", 610, 611, false}, {"0-136", "0-2", 580, 581, true}, {"0-136", "0-3", 1037, 1038, false},
	{"0-5", "0-1", 16, 15, false}, {"0-5", "0-2", 339, 340, false},
}

// customKind is the unlabelled kind of an object of one's own.
const customKind = 1000

// between lists the kinds from one object to another, unlabelled first.
func between(from, to string) []kind {
	var all []kind
	for _, k := range kinds {
		if k.from == from && k.to == to {
			all = append(all, k)
		}
		if k.to == from && k.from == to {
			all = append(all, kind{from, to, k.reverse, k.id, k.primary})
		}
	}
	if len(all) == 0 {
		all = []kind{{from, to, customKind, customKind + 1, false}}
	}
	return all
}

// relate associates two records in both directions.
func (s *Server) relate(from, to end, id int) {
	for _, k := range between(from.object, to.object) {
		if k.id != id {
			continue
		}
		if k.primary { // there is one primary of a kind
			for pair, types := range s.associations {
				if pair.from == from && pair.to.object == to.object {
					s.associations[pair] = slices.DeleteFunc(types, func(t int) bool { return t == id })
				}
			}
		}
		plain := between(from.object, to.object)[0]
		s.mark(from, to, plain.id, id)
		s.mark(to, from, plain.reverse, k.reverse)
	}
}

func (s *Server) mark(from, to end, ids ...int) {
	pair := associated{from, to}
	for _, id := range ids {
		if !slices.Contains(s.associations[pair], id) {
			s.associations[pair] = append(s.associations[pair], id)
		}
	}
}

// otherEnd finds the object that the labels of an association lead to, and whether the record is there.
func (s *Server) otherEnd(from *objectType, a toAssociate) (*objectType, *failure) {
	for _, wanted := range a.Types {
		for _, id := range s.typeIDs() {
			for _, k := range between(from.id, id) {
				if k.id == wanted.Type && s.types[id].records[a.To.ID] != nil && !s.types[id].records[a.To.ID].archived {
					return s.types[id], nil
				}
			}
		}
	}
	return nil, &failure{
		Status: http.StatusBadRequest, Category: "VALIDATION_ERROR", SubCategory: "crm.associations.INVALID_IDENTIFIER",
		Message: "Object with id " + a.To.ID + " is not valid",
	}
}

func (s *Server) typeIDs() []string {
	ids := make([]string, 0, len(s.types))
	for id := range s.types {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

func (s *Server) ends(r *request) (from, to *objectType, bad *failure) {
	if from, bad = s.object(r.PathValue("from")); bad != nil {
		return nil, nil, bad
	}
	to, bad = s.object(r.PathValue("to"))
	return from, to, bad
}

type pairInput struct {
	From struct {
		ID string `json:"id"`
	} `json:"from"`
	To struct {
		ID string `json:"id"`
	} `json:"to"`
	Types []label `json:"types"`
}

type related struct {
	FromType string   `json:"fromObjectTypeId"`
	From     int64    `json:"fromObjectId"`
	ToType   string   `json:"toObjectTypeId"`
	To       int64    `json:"toObjectId"`
	Labels   []string `json:"labels"`
}

const maxAssociations = 2000

func (s *Server) batchAssociate(r *request) answer {
	return s.associatePairs(r, func(in pairInput, _, _ *objectType) []label { return in.Types })
}

func (s *Server) batchAssociateDefault(r *request) answer {
	return s.associatePairs(r, func(_ pairInput, from, to *objectType) []label {
		return []label{{"HUBSPOT_DEFINED", between(from.id, to.id)[0].id}}
	})
}

func (s *Server) associatePairs(r *request, labels func(pairInput, *objectType, *objectType) []label) answer {
	from, to, bad := s.ends(r)
	if bad != nil {
		return bad.answer()
	}
	var in struct {
		Inputs []pairInput `json:"inputs"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	r.items = len(in.Inputs)
	if r.items < 1 || r.items > maxAssociations {
		return badRequest("The batch has %d inputs; 1 to %d are allowed", r.items, maxAssociations).answer()
	}
	now := moment(s.options.Now())
	results, errors := []related{}, []wire{}
	for _, input := range in.Inputs {
		if f := s.associateOne(from, to, input.From.ID, input.To.ID, labels(input, from, to)); f != nil {
			errors = append(errors, f.item(""))
			continue
		}
		a, _ := strconv.ParseInt(input.From.ID, 10, 64)
		b, _ := strconv.ParseInt(input.To.ID, 10, 64)
		results = append(results, related{from.id, a, to.id, b, []string{}})
	}
	body := map[string]any{"status": "COMPLETE", "startedAt": now, "completedAt": now, "results": results}
	status := http.StatusCreated
	if len(errors) > 0 {
		status = http.StatusMultiStatus
		body["errors"], body["numErrors"] = errors, len(errors)
	}
	return answer{status, body}
}

func (s *Server) associateOne(from, to *objectType, fromID, toID string, labels []label) *failure {
	for _, side := range []struct {
		t  *objectType
		id string
	}{{from, fromID}, {to, toID}} {
		if r := side.t.records[side.id]; r == nil || r.archived {
			return &failure{
				Status: http.StatusBadRequest, Category: "VALIDATION_ERROR", SubCategory: "crm.associations.INVALID_IDENTIFIER",
				Message: "Object with id " + side.id + " is not valid",
			}
		}
	}
	for _, l := range labels {
		if !slices.ContainsFunc(between(from.id, to.id), func(k kind) bool { return k.id == l.Type }) {
			return badRequest("Association type %d is not valid between %s and %s", l.Type, from.path, to.path)
		}
		s.relate(end{from.id, fromID}, end{to.id, toID}, l.Type)
	}
	return nil
}

func (s *Server) associate(r *request) answer {
	from, to, bad := s.ends(r)
	if bad != nil {
		return bad.answer()
	}
	var labels []label
	if f := r.decode(&labels); f != nil {
		return f.answer()
	}
	return s.associateAnswer(r, from, to, labels, http.StatusCreated)
}

func (s *Server) associateDefault(r *request) answer {
	from, to, bad := s.ends(r)
	if bad != nil {
		return bad.answer()
	}
	return s.associateAnswer(r, from, to, []label{{"HUBSPOT_DEFINED", between(from.id, to.id)[0].id}}, http.StatusOK)
}

func (s *Server) associateAnswer(r *request, from, to *objectType, labels []label, status int) answer {
	if f := s.associateOne(from, to, r.PathValue("id"), r.PathValue("toId"), labels); f != nil {
		return f.answer()
	}
	a, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	b, _ := strconv.ParseInt(r.PathValue("toId"), 10, 64)
	return answer{status, related{from.id, a, to.id, b, []string{}}}
}

// toward is what a record is associated with, as answers list it.
func (s *Server) toward(from *objectType, id string, to *objectType) []map[string]any {
	list := []map[string]any{}
	for _, toID := range to.ids {
		types := s.associations[associated{end{from.id, id}, end{to.id, toID}}]
		if len(types) == 0 {
			continue
		}
		number, _ := strconv.ParseInt(toID, 10, 64)
		var named []map[string]any
		for _, t := range types {
			named = append(named, map[string]any{"category": "HUBSPOT_DEFINED", "typeId": t, "label": nil})
		}
		list = append(list, map[string]any{"toObjectId": number, "associationTypes": named})
	}
	return list
}

func (s *Server) associated(r *request) answer {
	from, to, bad := s.ends(r)
	if bad != nil {
		return bad.answer()
	}
	return answer{http.StatusOK, map[string]any{"results": s.toward(from, r.PathValue("id"), to)}}
}

func (s *Server) batchAssociated(r *request) answer {
	from, to, bad := s.ends(r)
	if bad != nil {
		return bad.answer()
	}
	var in struct {
		Inputs []struct {
			ID    string `json:"id"`
			After string `json:"after"`
		} `json:"inputs"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	r.items = len(in.Inputs)
	if r.items < 1 || r.items > 1000 {
		return badRequest("The batch has %d inputs; 1 to 1000 are allowed", r.items).answer()
	}
	results := []map[string]any{}
	for _, input := range in.Inputs {
		if found := s.toward(from, input.ID, to); len(found) > 0 {
			results = append(results, map[string]any{"from": map[string]string{"id": input.ID}, "to": found})
		}
	}
	now := moment(s.options.Now())
	return answer{http.StatusOK, map[string]any{"status": "COMPLETE", "startedAt": now, "completedAt": now, "results": results}}
}

func (s *Server) labels(r *request) answer {
	from, to, bad := s.ends(r)
	if bad != nil {
		return bad.answer()
	}
	results := []map[string]any{}
	for _, k := range between(from.id, to.id) {
		var name any
		if k.primary {
			name = "Primary"
		}
		results = append(results, map[string]any{"category": "HUBSPOT_DEFINED", "typeId": k.id, "label": name})
	}
	return answer{http.StatusOK, map[string]any{"results": results}}
}

// Associated lists the ids of an object that a record is associated with.
func (s *Server) Associated(from, id, to string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, badFrom := s.object(from)
	b, badTo := s.object(to)
	if badFrom != nil || badTo != nil {
		return nil
	}
	var ids []string
	for _, toID := range b.ids {
		if len(s.associations[associated{end{a.id, id}, end{b.id, toID}}]) > 0 {
			ids = append(ids, toID)
		}
	}
	return ids
}
