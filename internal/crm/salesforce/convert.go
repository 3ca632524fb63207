package salesforce

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/merge"
)

// becomes are the fields of a contact that a lead's become where they have another name. What a lead has and a contact has
// not, such as its status and its company, says nothing of a customer and stays as it is.
var becomes = map[string]string{
	"Street": "MailingStreet", "City": "MailingCity", "State": "MailingState", "StateCode": "MailingStateCode",
	"PostalCode": "MailingPostalCode", "Country": "MailingCountry", "CountryCode": "MailingCountryCode",
}

// redirect has the items whose lead was converted write its contact. A converted lead cannot be edited.
func (c *Connector) redirect(ctx context.Context, items []*item) []*item {
	byContact := map[string][]*item{}
	for _, it := range items {
		if converted, _ := it.found["IsConverted"].(bool); converted {
			byContact[long(it.found.text("ConvertedContactId"))] = append(byContact[long(it.found.text("ConvertedContactId"))], it)
		}
	}
	if len(byContact) == 0 {
		return items
	}
	contact, call, failure := c.object(ctx, "Contact", schemaLasts)
	if failure == nil && len(contact.notSetUp()) > 0 {
		failure = &crm.Error{Kind: crm.Misconfigured, Code: "not_set_up", Fields: contact.notSetUp()}
	}
	rows := map[string]row{}
	if failure == nil {
		rows, call, failure = c.contacts(ctx, contact, byContact)
	}
	for id, converted := range byContact {
		for _, it := range converted {
			switch r := rows[id]; {
			case failure != nil:
				it.refuse(failure, call)
			case r == nil: // deleted since
				it.refuse(&crm.Error{Kind: crm.Conflict, Code: "CANNOT_UPDATE_CONVERTED_LEAD"}, call)
			default:
				it.moveTo(contact, r)
			}
		}
	}
	return slices.DeleteFunc(items, func(it *item) bool { return it.result.Err != nil })
}

// contacts reads the contacts that leads have become.
func (c *Connector) contacts(ctx context.Context, contact *object, byContact map[string][]*item) (map[string]row, *crm.Call, *crm.Error) {
	where := &conditions{in: map[string][]string{}}
	var names []string
	for id, items := range byContact {
		if aRecordID.MatchString(id) {
			where.in["Id"] = append(where.in["Id"], quote(id))
		}
		for _, it := range items {
			names = append(names, slices.Collect(maps.Values(renamed(it, contact)))...)
		}
	}
	if len(where.in["Id"]) == 0 {
		return nil, nil, nil
	}
	names = append(names, "Id", StateField, KeyField)
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
	rows, call, failure := c.queryAll(ctx, "read contact of lead", "SELECT "+join(names)+" FROM Contact WHERE "+where.String(), maxFound)
	byID := map[string]row{}
	for _, r := range rows {
		byID[r.id()] = r
	}
	return byID, call, failure
}

// renamed are the contact's fields by those of an item's write: "" where a contact has none that can be written.
func renamed(it *item, contact *object) map[string]string {
	names := map[string]string{}
	for _, field := range it.write.Read {
		names[field] = it.to.o.property(field)
	}
	for name, field := range it.fieldOf {
		names[field] = name
	}
	for field, name := range names {
		names[field] = contact.fromLead(name)
	}
	return names
}

// fromLead is the contact's field by that of a lead: "" where it has none.
func (o *object) fromLead(name string) string {
	name = cmp.Or(becomes[name], name)
	if _, there := o.fields[name]; !there {
		return ""
	}
	return name
}

// moveTo makes the item one of a contact.
func (it *item) moveTo(contact *object, r row) {
	names := renamed(it, contact)
	values, fieldOf := map[string]any{}, map[string]string{}
	for name, value := range it.values {
		field := it.fieldOf[name]
		if _, identifies := it.by.values[name]; identifies {
			continue // whoever was found by it has it, or had it when they were a lead
		}
		if to := names[field]; to != "" && contact.fields[to].Updateable {
			values[to], fieldOf[to] = value, field
		}
	}
	r = maps.Clone(r) // others may have become this contact too
	r[StateField] = contact.inherited(r.text(StateField), it.found.text(StateField))
	it.to = target{o: contact, renamed: names}
	it.values, it.fieldOf, it.found = values, fieldOf, r
}

// inherited is the state of a contact with what only the lead remembers: the conversion copies fields and no state.
func (o *object) inherited(own, leads string) string {
	s, lead := merge.ReadState(own), merge.ReadState(leads)
	s.By = cmp.Or(s.By, lead.By)
	for name, at := range lead.At {
		if name != anyField {
			name = o.fromLead(name)
		}
		if _, answered := s.At[name]; !answered && name != "" {
			s.At[name] = at
		}
	}
	return s.Encode()
}
