package salesforce

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const momentLayout = "2006-01-02T15:04:05.000+0000"

// moment is a time as the org writes it: to the second.
func moment(t time.Time) string { return t.UTC().Truncate(time.Second).Format(momentLayout) }

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// newID gives out an id of eighteen characters.
func (s *Server) newID(prefix string) string {
	s.sequence++
	short := prefix + "dL00000"
	number, tail := s.sequence, ""
	for range 5 {
		tail = string(digits[number%62]) + tail
		number /= 62
	}
	return checked(short + tail)
}

// checked adds the three characters that tell ids apart where case does not count.
func checked(short string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	id := short
	for chunk := 0; chunk < 15; chunk += 5 {
		sum := 0
		for i := range 5 {
			if c := short[chunk+i]; c >= 'A' && c <= 'Z' {
				sum |= 1 << i
			}
		}
		id += string(alphabet[sum])
	}
	return id
}

// isID says whether a text can be an id.
func isID(text string) bool {
	if len(text) != 15 && len(text) != 18 {
		return false
	}
	return strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune(digits, c) }) < 0
}

// store writes values over a record, or makes one when there is none. An id is given out when there is none.
func (s *Server) store(o *object, r *record, id string, values map[string]any) *record {
	now := s.options.Now()
	next := map[string]any{}
	if r == nil {
		if id == "" {
			id = s.newID(o.prefix)
		}
		if len(id) == 15 {
			id = checked(id)
		}
		for _, f := range o.fields {
			if f.fallback != nil {
				next[f.Name] = f.fallback
			}
		}
		next["Id"], next["CreatedDate"], next["CreatedById"] = id, moment(now), IntegrationUser
		if o.field("OwnerId") != nil {
			next["OwnerId"] = IntegrationUser
		}
		r = &record{object: o, id: id, values: map[string]any{}}
		o.records[id[:15]] = r
		o.order = append(o.order, r)
		made := r
		s.undo = append(s.undo, func() {
			o.set(made, map[string]any{})
			delete(o.records, id[:15])
			o.order = slices.DeleteFunc(o.order, func(other *record) bool { return other == made })
		})
	} else {
		old, at := r.values, r.at
		s.undo = append(s.undo, func() { o.set(r, old); r.at = at })
		maps.Copy(next, r.values)
	}
	maps.Copy(next, values)
	next["LastModifiedDate"], next["SystemModstamp"], next["LastModifiedById"] = moment(now), moment(now), IntegrationUser
	if o.field("LastName") != nil && o.field("Name") != nil && o.field("Name").readOnly {
		next["Name"] = strings.TrimSpace(textOf(next["FirstName"]) + " " + textOf(next["LastName"]))
	}
	o.set(r, next)
	r.at = now
	s.follow(r)
	return r
}

func textOf(value any) string {
	text, _ := value.(string)
	return text
}

// set gives a record its values and keeps the indexes.
func (o *object) set(r *record, values map[string]any) {
	for name := range o.index {
		if old := r.values[name]; old != nil {
			key := keyOf(old)
			o.index[name][key] = slices.DeleteFunc(o.index[name][key], func(other *record) bool { return other == r })
		}
		o.note(r, name, values[name])
	}
	r.values = values
}

func (o *object) note(r *record, name string, value any) {
	if value != nil {
		o.index[name][keyOf(value)] = append(o.index[name][keyOf(value)], r)
	}
}

func keyOf(value any) string { return strings.ToLower(fmt.Sprint(value)) }

// follow does what the org does by itself after a change.
func (s *Server) follow(r *record) {
	switch r.object.name {
	case "Campaign":
		members := s.object("CampaignMemberStatus")
		if len(members.matching(members.field("CampaignId"), r.id)) == 0 {
			s.store(members, nil, "", map[string]any{"CampaignId": r.id, "Label": "Sent", "IsDefault": true, "SortOrder": 3.0})
			s.store(members, nil, "", map[string]any{"CampaignId": r.id, "Label": "Responded", "HasResponded": true, "SortOrder": 4.0})
		}
	case "CampaignMember":
		for _, status := range s.memberStatuses(textOf(r.values["CampaignId"])) {
			if r.values["Status"] == nil && status.values["IsDefault"] == true {
				r.values["Status"] = status.values["Label"]
			}
			if same(r.object.field("Status"), r.values["Status"], status.values["Label"]) {
				r.values["HasResponded"] = status.values["HasResponded"]
			}
		}
	}
}

func (s *Server) memberStatuses(campaign string) []*record {
	members := s.object("CampaignMemberStatus")
	return members.matching(members.field("CampaignId"), campaign)
}

// rollBack takes back the changes that were made since a mark.
func (s *Server) rollBack(mark int) {
	for i := len(s.undo) - 1; i >= mark; i-- {
		s.undo[i]()
	}
	s.undo = s.undo[:mark]
}

// remove puts a record into the recycle bin.
func (s *Server) remove(r *record) {
	old, at := r.values, r.at
	s.undo = append(s.undo, func() { r.deleted, r.values, r.at = false, old, at })
	r.deleted, r.at = true, s.options.Now()
	r.values = maps.Clone(r.values)
	r.values["IsDeleted"], r.values["SystemModstamp"] = true, moment(r.at)
}

// Put writes a record as it is, without asking rules, and returns its id: the one given, or a new one. It does nothing and
// returns nothing when there is no such object.
func (s *Server) Put(object, id string, values map[string]any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(object, id, values)
}

func (s *Server) put(object, id string, values map[string]any) string {
	o := s.object(object)
	if o == nil || (id != "" && !isID(id)) {
		return ""
	}
	defer func() { s.undo = nil }()
	plain := map[string]any{}
	for name, value := range values {
		if f := o.field(name); f != nil {
			name = f.Name
		}
		switch v := value.(type) {
		case int:
			value = float64(v)
		case int64:
			value = float64(v)
		case time.Time:
			value = moment(v)
		}
		plain[name] = value
	}
	return s.store(o, o.find(id), id, plain).id
}

// Records lists what there is of an object, oldest first, without what was deleted and without values that are not set.
func (s *Server) Records(object string) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.object(object)
	if o == nil {
		return nil
	}
	all := []map[string]any{}
	for _, r := range o.order {
		if r.deleted {
			continue
		}
		seen := map[string]any{}
		for name, value := range r.values {
			if value != nil {
				seen[name] = value
			}
		}
		all = append(all, seen)
	}
	return all
}

// converted is the status of leads that have become a contact.
const converted = "Closed - Converted"

// Convert makes an account and a contact of a lead, as a person does in the org, and returns their ids; they are empty when
// there is no such lead.
func (s *Server) Convert(leadID string) (contactID, accountID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lead := s.object("Lead").find(leadID)
	if lead == nil {
		return "", ""
	}
	v := lead.values
	accountID = s.put("Account", "", map[string]any{"Name": v["Company"], "Phone": v["Phone"], "Website": v["Website"]})
	contactID = s.put("Contact", "", map[string]any{
		"FirstName": v["FirstName"], "LastName": v["LastName"], "Email": v["Email"], "Phone": v["Phone"], "Title": v["Title"],
		"LeadSource": v["LeadSource"], "AccountId": accountID,
	})
	s.put("Lead", leadID, map[string]any{
		"IsConverted": true, "Status": converted, "ConvertedContactId": contactID, "ConvertedAccountId": accountID,
		"ConvertedDate": s.options.Now().UTC().Format(time.DateOnly),
	})
	return contactID, accountID
}
