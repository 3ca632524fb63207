package hubspot

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// List is a list, or a segment as HubSpot's screens call it.
type List struct {
	ID     string `json:"list_id"`
	Name   string `json:"name"`
	Object string `json:"object"` // such as contacts
	// Processing is MANUAL, SNAPSHOT, or DYNAMIC: HubSpot itself decides who is on a dynamic one.
	Processing string   `json:"processing_type"`
	Members    []string `json:"members"` // record ids, in order
}

// segment is a list with when each record came onto it.
type segment struct {
	id, name, object, processing string
	created                      time.Time
	members                      map[string]time.Time
}

// listed is a list as the lists API shows it.
type listed struct {
	ID         string `json:"listId"`
	Version    int    `json:"listVersion"`
	Name       string `json:"name"`
	Object     string `json:"objectTypeId"`
	Processing string `json:"processingType"`
	Status     string `json:"processingStatus"`
	Size       int    `json:"size"`
	CreatedAt  string `json:"createdAt"`
	UpdatedAt  string `json:"updatedAt"`
}

func (l *segment) show() listed {
	return listed{
		ID: l.id, Version: 1, Name: l.name, Object: l.object, Processing: l.processing, Status: "COMPLETE", Size: len(l.members),
		CreatedAt: moment(l.created), UpdatedAt: moment(l.created),
	}
}

// ids are the members in order.
func (l *segment) ids() []string {
	ids := make([]string, 0, len(l.members))
	for id := range l.members {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return ids
}

// listRoutes are the endpoints of lists.
// See https://developers.hubspot.com/docs/api-reference/2026-03/crm/lists/memberships/update-list-memberships.
func (s *Server) listRoutes() map[string]endpoint {
	return map[string]endpoint{
		"POST " + pathLists:            s.createList,
		"GET " + pathLists + "/{list}": s.getList,
		"GET " + pathLists + "/object-type-id/{listed}/name/{listName}": s.getListByName,
		"GET " + pathLists + "/{list}/memberships":                      s.members,
		"GET " + pathLists + "/records/{listed}/{record}/memberships":   s.listsOf,
		"PUT " + pathLists + "/{list}/memberships/add":                  s.addMembers,
		"PUT " + pathLists + "/{list}/memberships/remove":               s.removeMembers,
		"PUT " + pathLists + "/{list}/memberships/add-and-remove":       s.changeMembers,
	}
}

func (s *Server) createList(r *request) answer {
	var in struct {
		Name       string `json:"name"`
		Object     string `json:"objectTypeId"`
		Processing string `json:"processingType"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	l, refused := s.newList(in.Name, in.Object, in.Processing)
	if refused != nil {
		return refused.answer()
	}
	return answer{http.StatusOK, map[string]any{"list": l.show()}}
}

func (s *Server) newList(name, object, processing string) (*segment, *failure) {
	t, unknown := s.object(object)
	switch {
	case unknown != nil:
		f := badRequest("The objectTypeId %s provided for the list is not valid for this portal.", object)
		f.SubCategory = "ListError.INVALID_OBJECT_TYPE_FOR_LIST"
		return nil, f
	case name == "" || !slices.Contains([]string{"MANUAL", "SNAPSHOT", "DYNAMIC"}, processing):
		return nil, badRequest("Some required fields were not set: [name, objectTypeId, processingType]")
	}
	for _, other := range s.lists {
		if strings.EqualFold(other.name, name) {
			return nil, badRequest("A list with the name %s already exists", name)
		}
	}
	s.lastList++
	l := &segment{
		id: strconv.Itoa(s.lastList), name: name, object: t.id, processing: processing, created: s.tick(), members: map[string]time.Time{},
	}
	s.lists[l.id] = l
	return l, nil
}

func (s *Server) segment(id string) (*segment, *failure) {
	if l := s.lists[id]; l != nil {
		return l, nil
	}
	f := notFound("List with ID " + id + " does not exist.")
	f.SubCategory = "ListError.LIST_DOES_NOT_EXIST"
	return nil, f
}

func (s *Server) getList(r *request) answer {
	l, unknown := s.segment(r.PathValue("list"))
	if unknown != nil {
		return unknown.answer()
	}
	return answer{http.StatusOK, map[string]any{"list": l.show()}}
}

func (s *Server) getListByName(r *request) answer {
	for _, l := range s.lists {
		if l.name == r.PathValue("listName") && l.object == r.PathValue("listed") {
			return answer{http.StatusOK, map[string]any{"list": l.show()}}
		}
	}
	f := notFound("List with that name does not exist.")
	f.SubCategory = "ListError.LIST_DOES_NOT_EXIST"
	return f.answer()
}

// members pages through a list by record id.
func (s *Server) members(r *request) answer {
	l, unknown := s.segment(r.PathValue("list"))
	if unknown != nil {
		return unknown.answer()
	}
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 250 {
		limit = 100
	}
	ids := l.ids()
	from := 1 + slices.Index(ids, r.URL.Query().Get("after"))
	to := min(from+limit, len(ids))
	results := []map[string]string{}
	for _, id := range ids[from:to] {
		results = append(results, map[string]string{"recordId": id, "membershipTimestamp": moment(l.members[id])})
	}
	body := map[string]any{"results": results, "total": len(ids)}
	if to < len(ids) {
		body["paging"] = paging(ids[to-1])
	}
	return answer{http.StatusOK, body}
}

// listsOf are the lists that a record is on.
func (s *Server) listsOf(r *request) answer {
	results := []map[string]any{}
	for i := range s.lastList {
		l := s.lists[strconv.Itoa(i+1)]
		if at, on := l.members[r.PathValue("record")]; on && l.object == r.PathValue("listed") {
			results = append(results, map[string]any{
				"listId": l.id, "listVersion": 1, "firstAddedTimestamp": moment(at), "lastAddedTimestamp": moment(at),
			})
		}
	}
	return answer{http.StatusOK, map[string]any{"results": results, "total": len(results)}}
}

func (s *Server) addMembers(r *request) answer {
	var ids []string
	if f := r.decode(&ids); f != nil {
		return f.answer()
	}
	return s.setMembers(r, ids, nil)
}

func (s *Server) removeMembers(r *request) answer {
	var ids []string
	if f := r.decode(&ids); f != nil {
		return f.answer()
	}
	return s.setMembers(r, nil, ids)
}

func (s *Server) changeMembers(r *request) answer {
	var in struct {
		Add    []string `json:"recordIdsToAdd"`
		Remove []string `json:"recordIdsToRemove"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	return s.setMembers(r, in.Add, in.Remove)
}

// setMembers puts records onto a list and takes others off. Those that are there already, or not, are passed over; those
// that do not exist are told.
func (s *Server) setMembers(r *request, add, remove []string) answer {
	r.items = len(add) + len(remove)
	l, unknown := s.segment(r.PathValue("list"))
	if unknown != nil {
		return unknown.answer()
	}
	if l.processing == "DYNAMIC" {
		f := badRequest("Memberships of the list %s cannot be changed: its processingType is DYNAMIC", l.id)
		f.SubCategory = "ListError.INVALID_PROCESSING_TYPE"
		return f.answer()
	}
	added, removed, missing := []string{}, []string{}, []string{}
	t := s.types[l.object]
	for _, id := range add {
		_, on := l.members[id]
		if found, _ := t.find(id, ""); found == nil {
			missing = append(missing, id)
		} else if !on {
			l.members[id] = s.tick()
			added = append(added, id)
		}
	}
	for _, id := range remove {
		_, on := l.members[id]
		if found, _ := t.find(id, ""); found == nil {
			missing = append(missing, id)
		} else if on {
			delete(l.members, id)
			removed = append(removed, id)
		}
	}
	return answer{http.StatusOK, map[string]any{"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}}
}

// AddList makes a list of an object's records, as a person at the screen would, and returns its id.
func (s *Server) AddList(name, object, processing string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, refused := s.newList(name, object, processing)
	if refused != nil {
		return "", refused.err()
	}
	return l.id, nil
}

// SetMember puts a record onto a list or takes it off, as a person at the screen would.
func (s *Server) SetMember(listID, recordID string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch l := s.lists[listID]; {
	case l == nil:
	case on:
		l.members[recordID] = s.tick()
	default:
		delete(l.members, recordID)
	}
}

// Lists lists all lists, oldest first.
func (s *Server) Lists() []List {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []List{}
	for i := range s.lastList {
		if l := s.lists[strconv.Itoa(i+1)]; l != nil {
			all = append(all, List{l.id, l.name, s.types[l.object].path, l.processing, l.ids()})
		}
	}
	return all
}
