package hubspot

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// record is one record.
type record struct {
	id       string
	props    map[string]string
	created  time.Time
	updated  time.Time
	archived bool
	history  []snapshot // what the search index sees, oldest first
}

// snapshot is a record at one moment.
type snapshot struct {
	at      time.Time
	props   map[string]string
	deleted bool
}

// shown is a record as an answer holds it.
type shown struct {
	ID         string             `json:"id"`
	Properties map[string]*string `json:"properties"`
	CreatedAt  string             `json:"createdAt"`
	UpdatedAt  string             `json:"updatedAt"`
	Archived   bool               `json:"archived"`
	New        *bool              `json:"new,omitempty"`
	Trace      string             `json:"objectWriteTraceId,omitempty"`
	URL        string             `json:"url,omitempty"`
}

// show picks the properties that are asked for; those that a record has not are null.
func (t *objectType) show(r *record, properties []string) shown {
	out := shown{
		ID: r.id, Properties: map[string]*string{}, CreatedAt: moment(r.created), UpdatedAt: moment(r.updated), Archived: r.archived,
		URL: "https://app.hubspot.com/contacts/" + strconv.Itoa(portal) + "/record/" + t.id + "/" + r.id,
	}
	if len(properties) == 0 {
		properties = map[string][]string{
			"0-1": {"email", "firstname", "lastname"}, "0-2": {"name", "domain"}, "0-3": {"dealname", "dealstage", "pipeline", "amount", "closedate"},
		}[t.id]
	}
	for _, name := range append([]string{"createdate", t.changed, "hs_object_id"}, properties...) {
		if t.props[name] == nil {
			continue // what the object has not is passed over in silence
		}
		if value, has := r.props[name]; has {
			out.Properties[name] = &value
		} else {
			out.Properties[name] = nil
		}
	}
	return out
}

// showWritten is how a write is answered: what was written, and what HubSpot keeps itself.
func (t *objectType) showWritten(r *record, written map[string]string) shown {
	names := []string{}
	for name := range written {
		names = append(names, name)
	}
	for _, name := range []string{"email", "hs_email_domain", "lifecyclestage"} {
		if _, has := r.props[name]; has && t.id == "0-1" {
			names = append(names, name)
		}
	}
	out := t.show(r, append(names, "hs_object_id"))
	for name, value := range out.Properties {
		if value == nil {
			delete(out.Properties, name)
		}
	}
	return out
}

// find looks a record up by its id, or by a unique property.
func (t *objectType) find(id, idProperty string) (*record, *failure) {
	if idProperty == "" || idProperty == "hs_object_id" {
		if r := t.records[id]; r != nil && !r.archived {
			return r, nil
		}
		return nil, nil
	}
	index, unique := t.unique[idProperty]
	if !unique {
		if t.props[idProperty] == nil {
			return nil, validation([]invalid{doesNotExist(idProperty)})
		}
		return nil, badRequest("Property %s is non-unique and cannot be used as an idProperty", idProperty)
	}
	return t.records[index[uniqueForm(id)]], nil
}

func uniqueForm(value string) string { return strings.ToLower(strings.TrimSpace(value)) }

// store writes checked values to a record, which is new when r is nil.
func (s *Server) store(t *objectType, r *record, values map[string]string) *record {
	now := s.tick()
	if r == nil {
		s.nextID++
		r = &record{id: strconv.FormatInt(s.nextID, 10), props: map[string]string{}, created: now}
		r.props["createdate"], r.props["hs_object_id"] = moment(now), r.id
		if t.id == "0-1" {
			r.props["lifecyclestage"] = "lead"
		}
		t.records[r.id] = r
		t.ids = append(t.ids, r.id)
	}
	for name, value := range values {
		s.set(t, r, name, value)
	}
	r.updated = now
	r.props[t.changed] = moment(now)
	r.note(now)
	return r
}

func (s *Server) set(t *objectType, r *record, name, value string) {
	was := r.props[name]
	if index, unique := t.unique[name]; unique {
		if was != "" {
			delete(index, uniqueForm(was))
		}
		if value != "" {
			index[uniqueForm(value)] = r.id
		}
	}
	switch {
	case name == "lifecyclestage" && was != "" && value != "" && slices.Index(lifecycle, value) < slices.Index(lifecycle, was):
		return // a stage goes forward only
	case t.props[name].FieldType == "checkbox" && strings.HasPrefix(value, ";"):
		value = appended(was, value)
	case name == "hs_additional_emails":
		for _, address := range strings.Split(value, ";") {
			t.unique["email"][uniqueForm(address)] = r.id
		}
	case name == "email" && t.id == "0-1":
		value = strings.ToLower(strings.TrimSpace(value))
		if _, domain, ok := strings.Cut(value, "@"); ok {
			r.props["hs_email_domain"] = domain
		}
	}
	if value == "" {
		delete(r.props, name)
		return
	}
	r.props[name] = value
}

// appended adds choices to those that are there.
func appended(was, value string) string {
	var all []string
	for _, choice := range append(strings.Split(was, ";"), strings.Split(value, ";")...) {
		if choice != "" && !slices.Contains(all, choice) {
			all = append(all, choice)
		}
	}
	return strings.Join(all, ";")
}

// note keeps what the search index will see.
func (r *record) note(now time.Time) {
	copied := make(map[string]string, len(r.props))
	for name, value := range r.props {
		copied[name] = value
	}
	const kept = 50
	r.history = append(r.history, snapshot{at: now, props: copied, deleted: r.archived})
	if len(r.history) > kept {
		r.history = r.history[len(r.history)-kept:]
	}
}

// indexed is the record as the search index sees it, nil when it does not.
func (r *record) indexed(now time.Time, lag time.Duration) *snapshot {
	for _, s := range slices.Backward(r.history) {
		if lag == 0 || !s.at.Add(lag).After(now) {
			if s.deleted {
				return nil
			}
			return &s
		}
	}
	return nil
}

// remove archives a record.
func (s *Server) remove(t *objectType, r *record) {
	for name, index := range t.unique {
		if value := r.props[name]; value != "" {
			delete(index, uniqueForm(value))
		}
	}
	r.archived = true
	r.updated = s.tick()
	r.note(r.updated)
}

// Archive deletes a record as a person at the screen would.
func (s *Server) Archive(object, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, unknown := s.object(object); unknown == nil && t.records[id] != nil {
		s.remove(t, t.records[id])
	}
}

// Records lists an object's records with all their properties, oldest first.
func (s *Server) Records(object string) []map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, unknown := s.object(object)
	if unknown != nil {
		return nil
	}
	var all []map[string]string
	for _, id := range t.ids {
		if r := t.records[id]; !r.archived {
			copied := map[string]string{"id": id}
			for name, value := range r.props {
				copied[name] = value
			}
			all = append(all, copied)
		}
	}
	return all
}

// Put writes a record as a person at the screen would, and returns its id; with an id it changes that record. Values are
// not checked.
func (s *Server) Put(object, id string, values map[string]string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, unknown := s.object(object)
	if unknown != nil {
		return ""
	}
	r := t.records[id]
	if r == nil && id != "" { // an id of the caller's choice
		now := s.tick()
		r = &record{id: id, props: map[string]string{"createdate": moment(now), "hs_object_id": id}, created: now}
		t.records[id] = r
		t.ids = append(t.ids, id)
	}
	return s.store(t, r, values).id
}
