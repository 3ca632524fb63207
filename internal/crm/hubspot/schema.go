package hubspot

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// property is what HubSpot says of one.
type property struct {
	Name       string `json:"name"`
	Type       string `json:"type"`      // string, number, date, datetime, enumeration, bool, phone_number, json …
	FieldType  string `json:"fieldType"` // text, checkbox, booleancheckbox …
	Calculated bool   `json:"calculated"`
	External   bool   `json:"externalOptions"`
	Unique     bool   `json:"hasUniqueValue"`
	Options    []struct {
		Value string `json:"value"`
	} `json:"options"`
	Modification struct {
		ReadOnlyValue bool `json:"readOnlyValue"`
	} `json:"modificationMetadata"`
}

// schema is an object's properties as HubSpot had them at a moment.
type schema struct {
	properties map[string]property
	read       time.Time
}

// object is an object that is written to: its names, and its schema.
type object struct {
	Object
	name    string // as mappings call it
	reverse map[string]string
	*schema
}

// known are HubSpot's own objects by the names that mappings use.
var known = map[string]string{
	"contact": "contacts", "company": "companies", "deal": "deals", "lead": "leads", "note": "notes", "task": "tasks", "ticket": "tickets",
}

// knownLinks are the fields that hold the id of another record, unless the configuration says otherwise.
var knownLinks = map[string]string{
	"contact_id": "contacts", "company_id": "companies", "deal_id": "deals", "lead_id": "leads", "ticket_id": "tickets",
}

// path is HubSpot's name of an object.
func (c *Connector) path(name string) string {
	return cmp.Or(c.config.Objects[name].Object, known[name], name)
}

// typeIDs are HubSpot's own objects by their ids, which may stand for their names.
var typeIDs = map[string]string{
	"0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-5": "tickets", "0-27": "tasks", "0-46": "notes", "0-136": "leads",
}

// standardName is the name of one of HubSpot's own objects, of its name or its id; others stay as they are.
func standardName(path string) string {
	path = strings.ToLower(path)
	return cmp.Or(typeIDs[path], path)
}

// object finds an object and its schema. HubSpot is asked when the schema is older than maxAge.
func (c *Connector) object(ctx context.Context, name string, maxAge time.Duration) (*object, *crm.Call, *crm.Error) {
	o := &object{Object: c.config.Objects[name], name: name, reverse: map[string]string{}}
	o.Object.Object = c.path(name)
	for field, property := range o.Fields {
		o.reverse[property] = field
	}
	var call *crm.Call
	var failure *crm.Error
	o.schema, call, failure = c.schema(ctx, o.Object.Object, maxAge)
	return o, call, failure
}

func (c *Connector) schema(ctx context.Context, path string, maxAge time.Duration) (*schema, *crm.Call, *crm.Error) {
	c.mu.Lock()
	s := c.schemas[path]
	c.mu.Unlock()
	if s != nil && c.config.Now().Sub(s.read) < maxAge {
		return s, nil, nil
	}
	// One caller asks; the others wait for what it hears.
	release, err := c.describing.Lock(ctx, []string{path})
	if err != nil {
		return nil, nil, wire.TransportFailure(ctx, err)
	}
	defer release()
	c.mu.Lock()
	newer := c.schemas[path]
	c.mu.Unlock()
	if newer != nil && newer != s {
		return newer, nil, nil
	}
	r, failure := c.wire.Do(ctx, "describe "+path, http.MethodGet, pathTo(areaProperties, path)+"?archived=false", nil)
	if failure != nil {
		if failure.Status == http.StatusNotFound {
			failure = r.Fail(&crm.Error{Kind: crm.Misconfigured, Code: "unknown_object", Status: failure.Status, RequestID: failure.RequestID})
		}
		return nil, r.Call, failure
	}
	var answer struct {
		Results []property `json:"results"`
	}
	if failure := r.Read(&answer); failure != nil {
		return nil, r.Call, failure
	}
	s = &schema{properties: make(map[string]property, len(answer.Results)), read: c.config.Now()}
	for _, p := range answer.Results {
		s.properties[p.Name] = p
	}
	c.mu.Lock()
	c.schemas[path] = s
	c.mu.Unlock()
	return s, r.Call, nil
}

// property is HubSpot's name of a field.
func (o *object) property(field string) string {
	if field == crm.FieldOwner {
		return ownerProperty
	}
	return cmp.Or(o.Fields[field], field)
}

// field is what mappings call a property.
func (o *object) field(property string) string {
	if property == ownerProperty {
		return crm.FieldOwner
	}
	return cmp.Or(o.reverse[property], property)
}

// link says whether a field holds the id of another record, and of which object.
func (o *object) link(field string) (Link, bool) {
	if link, named := o.Links[field]; named {
		return link, true
	}
	if _, isProperty := o.properties[o.property(field)]; isProperty {
		return Link{}, false
	}
	to, ok := knownLinks[field]
	return Link{Object: to}, ok
}

// has says that a field can be written: it is a property that is not Handoff's own, or a link.
func (o *object) has(field string) bool {
	if _, isLink := o.link(field); isLink {
		return true
	}
	_, ok := o.properties[o.property(field)]
	return ok && o.property(field) != StateProperty && field != crm.FieldOwner
}

// readable says that a field can be read.
func (o *object) readable(field string) bool { return field == crm.FieldOwner || o.has(field) }

// unique says that HubSpot keeps a property's values apart.
func (o *object) unique(property string) bool {
	return o.properties[property].Unique || property == "email" && o.isContacts()
}

func (o *object) isContacts() bool {
	return o.Object.Object == "contacts" || o.Object.Object == "0-1" || o.Object.Object == "contact"
}

// changed is the property of the last change.
func (o *object) changed() string {
	if o.isContacts() {
		return "lastmodifieddate"
	}
	return "hs_lastmodifieddate"
}

// required are properties without which HubSpot creates no record of an object. Its description of properties does not name them, its
// guides do, such as https://developers.hubspot.com/docs/api-reference/2026-03/crm/objects/deals/guide. A lead's name is not among them:
// it is put together from answers, each of which a form may leave out, and a check can only take on trust that one is there.
var required = map[string][]string{"deals": {"dealname", "dealstage"}, "tickets": {"subject", "hs_pipeline_stage"}}

// Describe tells the object's fields as HubSpot has them now, in the names of mappings, and which of Handoff's own are missing. HubSpot does not say how long a text may be.
func (c *Connector) Describe(ctx context.Context, name string) ([]crm.Property, error) {
	if kind := c.beside(name); kind != nil {
		fields, failure := kind.describe(ctx)
		return fields, asError(failure)
	}
	o, _, failure := c.object(ctx, name, 0)
	if failure != nil {
		return nil, failure
	}
	var all []crm.Property
	missing := o.notSetUp()
	for _, property := range missing {
		all = append(all, crm.Property{Name: o.field(property), Type: "string", Missing: true})
	}
	for _, property := range slices.Sorted(maps.Keys(o.properties)) {
		if property != StateProperty && !slices.Contains(missing, property) {
			described := o.properties[property].describe(o.field(property), o.unique(property))
			described.Required = slices.Contains(required[standardName(o.Object.Object)], property)
			all = append(all, described)
		}
	}
	links := maps.Clone(o.Links)
	if links == nil {
		links = map[string]Link{}
	}
	for field := range knownLinks {
		if link, ok := o.link(field); ok {
			links[field] = link
		}
	}
	for _, field := range slices.Sorted(maps.Keys(links)) {
		all = append(all, crm.Property{Name: field, Type: "string"})
	}
	return all, nil
}

func (p property) describe(field string, unique bool) crm.Property {
	described := crm.Property{Name: field, Type: p.kind(), ReadOnly: p.Modification.ReadOnlyValue || p.Calculated, Unique: unique}
	if described.Type == "enum" || described.Type == "multi-enum" {
		for _, option := range p.Options {
			described.Options = append(described.Options, option.Value)
		}
	}
	return described
}

// kind is the type in the port's words. A list that is kept elsewhere, such as of owners or stages, is a text here.
func (p property) kind() string {
	switch p.Type {
	case "number":
		return "decimal"
	case "bool":
		return "boolean"
	case "date", "datetime", "json":
		return p.Type
	case "enumeration":
		switch {
		case p.FieldType == "booleancheckbox":
			return "boolean"
		case p.FieldType == "checkbox":
			return "multi-enum"
		case p.External && len(p.Options) == 0:
			return "string"
		}
		return "enum"
	}
	return "string"
}
