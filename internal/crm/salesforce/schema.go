package salesforce

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

// field is what a describe says of one.
type field struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Length     int    `json:"length"`
	Scale      int    `json:"scale"`
	Nillable   bool   `json:"nillable"`
	Createable bool   `json:"createable"`
	Updateable bool   `json:"updateable"`
	Defaulted  bool   `json:"defaultedOnCreate"`
	External   bool   `json:"externalId"`
	Unique     bool   `json:"unique"`
	Restricted bool   `json:"restrictedPicklist"`
	Options    []struct {
		Active bool   `json:"active"`
		Value  string `json:"value"`
	} `json:"picklistValues"`
	// ReferenceTo are the objects whose records it leads to.
	ReferenceTo []string `json:"referenceTo"`
}

// schema is an object's fields as Salesforce had them at a moment.
type schema struct {
	prefix string // of its records' ids
	fields map[string]field
	read   time.Time
}

// object is an object that is written to: its names, and its schema.
type object struct {
	Object
	name  string              // as mappings call it
	names map[string][]string // of its fields, as mappings call them, by those of Salesforce
	*schema
}

// known are Salesforce's own objects by the names that mappings use.
var known = map[string]string{
	"lead": "Lead", "contact": "Contact", "company": "Account", "account": "Account", "deal": "Opportunity",
	"opportunity": "Opportunity", "task": "Task", "note": "Task", "campaign_member": "CampaignMember", "campaign": "Campaign",
}

// knownLinks are the fields that hold the id of another record, by the names that mappings use, with those that Salesforce
// may call them; the first one that the object has is meant.
var knownLinks = map[string][]string{
	"company_id": {"AccountId", "WhatId"}, "contact_id": {"ContactId", "WhoId"}, "lead_id": {"LeadId", "WhoId"},
	"deal_id": {"OpportunityId", "WhatId"}, "campaign_id": {"CampaignId"},
}

// apiName is Salesforce's name of an object.
func (c *Connector) apiName(name string) string {
	return cmp.Or(c.config.Objects[name].Object, known[name], name)
}

// object finds an object and its schema. Salesforce is asked when the schema is older than maxAge.
func (c *Connector) object(ctx context.Context, name string, maxAge time.Duration) (*object, *crm.Call, *crm.Error) {
	o := &object{Object: c.config.Objects[name], name: name, names: map[string][]string{}}
	o.Object.Object = c.apiName(name)
	var call *crm.Call
	var failure *crm.Error
	if o.schema, call, failure = c.schema(ctx, o.Object.Object, maxAge); failure != nil {
		return o, call, failure
	}
	for _, field := range slices.Sorted(maps.Keys(o.Fields)) {
		o.names[o.Fields[field]] = append(o.names[o.Fields[field]], field)
	}
	for _, link := range slices.Sorted(maps.Keys(knownLinks)) {
		if name := o.property(link); name != link && o.Fields[link] == "" {
			o.names[name] = append(o.names[name], link)
		}
	}
	return o, call, nil
}

func (c *Connector) schema(ctx context.Context, name string, maxAge time.Duration) (*schema, *crm.Call, *crm.Error) {
	c.mu.Lock()
	s := c.schemas[name]
	c.mu.Unlock()
	if s != nil && c.config.Now().Sub(s.read) < maxAge {
		return s, nil, nil
	}
	// One caller asks; the others wait for what it hears.
	release, err := c.describing.Lock(ctx, []string{name})
	if err != nil {
		return nil, nil, wire.TransportFailure(ctx, err)
	}
	defer release()
	c.mu.Lock()
	newer := c.schemas[name]
	c.mu.Unlock()
	if newer != nil && newer != s {
		return newer, nil, nil
	}
	r, failure := c.wire.Do(ctx, "describe "+name, http.MethodGet, c.path("sobjects", name, "describe"), nil)
	if failure != nil {
		if failure.Status == http.StatusNotFound {
			failure = r.Fail(&crm.Error{Kind: crm.Misconfigured, Code: "unknown_object", Status: failure.Status, RequestID: failure.RequestID})
		}
		return nil, r.Call, failure
	}
	var answer struct {
		Prefix string  `json:"keyPrefix"`
		Fields []field `json:"fields"`
	}
	if failure := r.Read(&answer); failure != nil {
		return nil, r.Call, failure
	}
	s = &schema{prefix: answer.Prefix, fields: make(map[string]field, len(answer.Fields)), read: c.config.Now()}
	for _, f := range answer.Fields {
		s.fields[f.Name] = f
	}
	c.mu.Lock()
	c.schemas[name] = s
	c.mu.Unlock()
	return s, r.Call, nil
}

// property is Salesforce's name of a field.
func (o *object) property(name string) string {
	if name == crm.FieldOwner {
		return ownerField
	}
	if own := o.Fields[name]; own != "" {
		return own
	}
	if _, there := o.fields[name]; !there {
		for _, link := range knownLinks[name] {
			if _, has := o.fields[link]; has {
				return link
			}
		}
	}
	return name
}

// propertyFor is where a value goes. A lead that was converted is a contact, and members of a campaign are either.
func (o *object) propertyFor(name string, value any) string {
	property := o.property(name)
	if id, _ := value.(string); property == "LeadId" && strings.HasPrefix(id, "003") && aRecordID.MatchString(id) {
		if _, there := o.fields["ContactId"]; there {
			return "ContactId"
		}
	}
	return property
}

// field is what mappings call one of Salesforce's fields; the first of several names.
func (o *object) field(name string) string { return o.namesOf(name)[0] }

// namesOf are all that mappings may call one of Salesforce's fields: a task's WhoId is the id of a lead or of a contact.
func (o *object) namesOf(name string) []string {
	if name == ownerField {
		return []string{crm.FieldOwner}
	}
	if names := o.names[name]; len(names) > 0 {
		return names
	}
	return []string{name}
}

// has says that a field can be written: one of the object's that is not Handoff's own.
func (o *object) has(name string) bool {
	_, there := o.fields[o.property(name)]
	return there && o.property(name) != StateField && name != crm.FieldOwner
}

// readable says that a field can be read.
func (o *object) readable(name string) bool { return name == crm.FieldOwner || o.has(name) }

// unique says that Salesforce keeps a field's values apart, and that records can be upserted by it.
func (o *object) unique(name string) bool { return o.fields[name].Unique && o.fields[name].External }

// owned says that records of the object have an owner of their own.
func (o *object) owned() bool {
	_, there := o.fields[ownerField]
	return there
}

// Describe tells the object's fields as Salesforce has them now, in the names of mappings, and which of Handoff's own are missing.
func (c *Connector) Describe(ctx context.Context, name string) ([]crm.Property, error) {
	o, _, failure := c.object(ctx, name, 0)
	if failure != nil {
		return nil, failure
	}
	var all []crm.Property
	missing := o.notSetUp()
	for _, name := range missing {
		all = append(all, crm.Property{Name: o.field(name), Type: "string", Missing: true})
	}
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		if name == StateField || slices.Contains(missing, name) {
			continue
		}
		for _, field := range o.namesOf(name) {
			all = append(all, o.fields[name].describe(field))
		}
	}
	return all, nil
}

func (f field) describe(name string) crm.Property {
	described := crm.Property{
		Name: name, Type: f.kind(), Required: !f.Nillable && !f.Defaulted && f.Createable, ReadOnly: !f.Createable && !f.Updateable,
		Unique: f.Unique,
	}
	if described.Type == "string" {
		described.MaxLength = f.Length
	}
	if described.Type == "enum" || described.Type == "multi-enum" {
		for _, option := range f.Options {
			if option.Active {
				described.Options = append(described.Options, option.Value)
			}
		}
	}
	return described
}

// kind is the type in the port's words. A list that takes other values too is a text.
func (f field) kind() string {
	switch f.Type {
	case "int":
		return "integer"
	case "double", "currency", "percent":
		if f.Scale == 0 && f.Type == "double" {
			return "integer"
		}
		return "decimal"
	case "boolean", "date", "datetime":
		return f.Type
	case "picklist":
		if f.Restricted {
			return "enum"
		}
	case "multipicklist":
		if f.Restricted {
			return "multi-enum"
		}
	}
	return "string"
}
