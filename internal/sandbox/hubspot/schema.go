package hubspot

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// objectType is one object with its properties and records.
type objectType struct {
	id       string // 0-1
	path     string // contacts
	singular string // CONTACT
	changed  string // the property of the last change
	required []string
	props    map[string]*property
	order    []string
	groups   []group
	records  map[string]*record
	ids      []string                     // of records, oldest first
	unique   map[string]map[string]string // property, value in lower case → record
}

// property is a property as the properties API shows it.
type property struct {
	UpdatedAt    string       `json:"updatedAt,omitempty"`
	CreatedAt    string       `json:"createdAt,omitempty"`
	Name         string       `json:"name"`
	Label        string       `json:"label"`
	Type         string       `json:"type"`
	FieldType    string       `json:"fieldType"`
	Description  string       `json:"description"`
	Group        string       `json:"groupName"`
	Options      []option     `json:"options"`
	Order        int          `json:"displayOrder"`
	Calculated   bool         `json:"calculated"`
	External     bool         `json:"externalOptions"`
	Unique       bool         `json:"hasUniqueValue"`
	Hidden       bool         `json:"hidden"`
	HubspotOwn   bool         `json:"hubspotDefined,omitempty"`
	Modification modification `json:"modificationMetadata"`
	FormField    bool         `json:"formField"`
	Sensitivity  string       `json:"dataSensitivity"`
	Referenced   string       `json:"referencedObjectType,omitempty"`
}

type option struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
	Order       int    `json:"displayOrder"`
	Hidden      bool   `json:"hidden"`
}

type modification struct {
	Archivable         bool  `json:"archivable"`
	ReadOnlyDefinition bool  `json:"readOnlyDefinition"`
	ReadOnlyValue      bool  `json:"readOnlyValue"`
	ReadOnlyOptions    *bool `json:"readOnlyOptions,omitempty"`
}

type group struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Order    int    `json:"displayOrder"`
	Archived bool   `json:"archived"`
}

// standard describes HubSpot's own objects: properties as name:type:fieldType, a ! for those that cannot be written.
var standard = []struct {
	id, path, singular, changed string
	required                    []string
	properties                  string
}{
	{"0-1", "contacts", "CONTACT", "lastmodifieddate", nil,
		"email firstname lastname phone mobilephone company website jobtitle address city state zip country message " +
			"hs_additional_emails:enumeration:checkbox hs_email_domain:string:text! numemployees:enumeration:select industry " +
			"date_of_birth hs_legal_basis:enumeration:checkbox hs_lead_status:enumeration:radio hs_language:enumeration:select " +
			"annualrevenue hs_all_contact_vids:string:text! hs_is_contact:bool:booleancheckbox!"},
	{"0-2", "companies", "COMPANY", "hs_lastmodifieddate", []string{"name|domain"},
		"name domain phone website address city state zip country industry:enumeration:select description:string:textarea " +
			"numberofemployees:number:number annualrevenue:number:number type:enumeration:radio lifecyclestage:enumeration:radio"},
	{"0-3", "deals", "DEAL", "hs_lastmodifieddate", []string{"dealname", "dealstage"},
		"dealname dealstage:enumeration:radio pipeline:enumeration:select amount:number:number closedate:datetime:date " +
			"deal_currency_code:enumeration:select description:string:textarea dealtype:enumeration:radio"},
	{"0-5", "tickets", "TICKET", "hs_lastmodifieddate", []string{"subject", "hs_pipeline_stage"},
		"subject content:string:textarea hs_pipeline:enumeration:select hs_pipeline_stage:enumeration:select " +
			"hs_ticket_priority:enumeration:select source_type:enumeration:select"},
	{"0-136", "leads", "LEAD", "hs_lastmodifieddate", []string{"hs_lead_name"},
		"hs_lead_name hs_lead_type:enumeration:select hs_lead_label:enumeration:select hs_pipeline:enumeration:select " +
			"hs_pipeline_stage:enumeration:select"},
	{"0-46", "notes", "NOTE", "hs_lastmodifieddate", []string{"hs_timestamp"},
		"hs_timestamp:datetime:date hs_note_body:string:html hs_attachment_ids"},
	{"0-27", "tasks", "TASK", "hs_lastmodifieddate", []string{"hs_timestamp"},
		"hs_timestamp:datetime:date hs_task_subject hs_task_body:string:html hs_task_status:enumeration:select " +
			"hs_task_priority:enumeration:select hs_task_type:enumeration:select"},
}

// choices are the options of HubSpot's own picklists; those that are not here take any value, as pipelines' do.
var choices = map[string][]string{
	"lifecyclestage":     lifecycle,
	"hs_lead_status":     {"NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING"},
	"hs_legal_basis":     {"Legitimate interest – prospect/lead", "Legitimate interest – existing customer", "Legitimate interest - other", "Performance of a contract", "Freely given consent from contact", "Not applicable"},
	"hs_lead_type":       {"NEW_BUSINESS", "UPSELL", "RE_ATTEMPTING"},
	"hs_lead_label":      {"HOT", "WARM", "COLD"},
	"hs_ticket_priority": {"LOW", "MEDIUM", "HIGH", "URGENT"},
	"hs_task_status":     {"NOT_STARTED", "IN_PROGRESS", "COMPLETED", "WAITING", "DEFERRED"},
	"hs_task_priority":   {"NONE", "LOW", "MEDIUM", "HIGH"},
	"dealtype":           {"newbusiness", "existingbusiness"},
}

var lifecycle = []string{
	"subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other",
}

func standardNames() map[string]string {
	names := map[string]string{}
	for _, t := range standard {
		names[t.id], names[t.path], names[strings.ToLower(t.singular)] = t.path, t.path, t.path
	}
	return names
}

func standardTypes(now time.Time) (map[string]*objectType, map[string]string) {
	types, names := map[string]*objectType{}, map[string]string{}
	for _, d := range standard {
		t := newType(d.id, d.path, d.singular, d.changed, now)
		t.required = d.required
		for _, text := range strings.Fields(d.properties) {
			text, readOnly := strings.CutSuffix(text, "!")
			parts := append(strings.Split(text, ":"), "string", "text")
			if len(parts) > 3 {
				parts = parts[:3]
			}
			t.own(parts[0], parts[1], parts[2], readOnly, now)
		}
		if d.path == "contacts" {
			t.own("lifecyclestage", "enumeration", "radio", false, now)
		}
		types[d.id] = t
		names[d.id], names[d.path], names[strings.ToLower(d.singular)] = d.id, d.id, d.id
	}
	return types, names
}

func newType(id, path, singular, changed string, now time.Time) *objectType {
	t := &objectType{
		id: id, path: path, singular: singular, changed: changed, props: map[string]*property{},
		records: map[string]*record{}, unique: map[string]map[string]string{},
		groups: []group{{Name: strings.ToLower(singular) + "information", Label: "Information", Order: -1}},
	}
	t.own("createdate", "datetime", "date", true, now)
	t.own(changed, "datetime", "date", true, now)
	t.own("hs_object_id", "number", "number", true, now)
	t.own("hubspot_owner_id", "enumeration", "select", false, now)
	t.props["hubspot_owner_id"].Referenced = "OWNER"
	return t
}

// own adds a property of HubSpot's own.
func (t *objectType) own(name, kind, fieldType string, readOnly bool, now time.Time) {
	p := &property{
		UpdatedAt: moment(now), CreatedAt: moment(now), Name: name, Label: strings.ReplaceAll(name, "_", " "), Type: kind,
		FieldType: fieldType, Group: t.groups[0].Name, Options: []option{}, Order: -1, HubspotOwn: true, FormField: !readOnly,
		Sensitivity: "non_sensitive", Modification: modification{ReadOnlyDefinition: true, ReadOnlyValue: readOnly},
	}
	for i, value := range choices[name] {
		p.Options = append(p.Options, option{Label: value, Value: value, Order: i})
	}
	p.External = kind == "enumeration" && len(p.Options) == 0
	t.add(p)
}

func (t *objectType) add(p *property) {
	t.props[p.Name] = p
	t.order = append(t.order, p.Name)
	if p.Unique || p.Name == "email" && t.id == "0-1" {
		t.unique[p.Name] = map[string]string{}
	}
}

// AddObject adds a custom object with an id such as 2-101.
func (s *Server) AddObject(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.types[id] = newType(id, name, strings.ToUpper(name), "hs_lastmodifieddate", s.options.Now())
	s.names[id], s.names[strings.ToLower(name)] = id, id
}

// AddProperty adds a custom property; options make it a picklist. Its type and field type are HubSpot's.
func (s *Server) AddProperty(object, name, kind, fieldType string, unique bool, options ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.types[s.names[strings.ToLower(object)]]
	if t == nil {
		return
	}
	t.own(name, kind, fieldType, false, s.options.Now())
	p := t.props[name]
	p.HubspotOwn, p.Unique, p.External, p.Modification = false, unique, false, modification{Archivable: true}
	for i, value := range options {
		p.Options = append(p.Options, option{Label: value, Value: value, Order: i})
	}
	if unique {
		t.unique[name] = map[string]string{}
	}
}

// RemoveProperty deletes a property, as a person at the screen may.
func (s *Server) RemoveProperty(object, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, unknown := s.object(object); unknown == nil {
		delete(t.props, name)
		delete(t.unique, name)
		t.order = slices.DeleteFunc(t.order, func(other string) bool { return other == name })
	}
}

// object finds the object that a path names, in any of its spellings.
func (s *Server) object(name string) (*objectType, *failure) {
	t, known := s.types[s.names[strings.ToLower(name)]]
	if !known {
		return nil, unknownType(name)
	}
	return t, nil
}

func (s *Server) listProperties(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	all := make([]*property, 0, len(t.order))
	for _, name := range t.order {
		all = append(all, t.props[name])
	}
	return answer{http.StatusOK, map[string]any{"results": all}}
}

func (s *Server) getProperty(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	p, known := t.props[r.PathValue("name")]
	if !known {
		return notFound("Property not found").answer()
	}
	return answer{http.StatusOK, p}
}

func (s *Server) listGroups(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	return answer{http.StatusOK, map[string]any{"results": t.groups}}
}

func (s *Server) createGroup(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	var g struct {
		Name  string `json:"name"`
		Label string `json:"label"`
		Order int    `json:"displayOrder"`
	}
	if f := r.decode(&g); f != nil {
		return f.answer()
	}
	if slices.ContainsFunc(t.groups, func(o group) bool { return o.Name == g.Name }) {
		return exists("Property group", g.Name).answer()
	}
	t.groups = append(t.groups, group{Name: g.Name, Label: g.Label, Order: g.Order})
	return answer{http.StatusCreated, t.groups[len(t.groups)-1]}
}

func exists(what, name string) *failure {
	return &failure{
		Status: http.StatusConflict, Category: "OBJECT_ALREADY_EXISTS", Message: what + " '" + name + "' already exists",
	}
}

// fieldTypes are what may be shown for each type of value.
var fieldTypes = map[string][]string{
	"bool": {"booleancheckbox", "calculation_equation"}, "date": {"date"}, "datetime": {"date"},
	"enumeration": {"booleancheckbox", "checkbox", "radio", "select"}, "number": {"number"}, "phone_number": {"phonenumber"},
	"string": {"text", "textarea", "html", "file", "phonenumber"},
}

// newProperty is what may be said of a property that is to be made.
type newProperty struct {
	Name        string   `json:"name"`
	Label       string   `json:"label"`
	Type        string   `json:"type"`
	FieldType   string   `json:"fieldType"`
	Description string   `json:"description"`
	Group       string   `json:"groupName"`
	Options     []option `json:"options"`
	Order       int      `json:"displayOrder"`
	External    bool     `json:"externalOptions"`
	Unique      bool     `json:"hasUniqueValue"`
	Hidden      bool     `json:"hidden"`
	FormField   bool     `json:"formField"`
}

// maxUnique is how many unique properties an object may have.
const maxUnique = 10

func (s *Server) createProperty(r *request) answer {
	t, unknown := s.object(r.PathValue("object"))
	if unknown != nil {
		return unknown.answer()
	}
	var n newProperty
	if f := r.decode(&n); f != nil {
		return f.answer()
	}
	uniques := 0
	for p := range maps.Values(t.props) {
		if p.Unique {
			uniques++
		}
	}
	switch {
	case n.Name == "" || n.Label == "" || n.Group == "":
		return badRequest("name, label and groupName are required").answer()
	case t.props[n.Name] != nil:
		return exists("Property", n.Name).answer()
	case !slices.Contains(fieldTypes[n.Type], n.FieldType):
		return badRequest("fieldType %s is not allowed for type %s", n.FieldType, n.Type).answer()
	case !slices.ContainsFunc(t.groups, func(g group) bool { return g.Name == n.Group }):
		return badRequest("Property group %s does not exist", n.Group).answer()
	case n.Unique && (n.Type != "string" && n.Type != "number" || uniques >= maxUnique):
		return badRequest("hasUniqueValue is not allowed for this property").answer()
	}
	if n.Options == nil {
		n.Options = []option{}
	}
	now := moment(s.tick())
	p := &property{
		UpdatedAt: now, CreatedAt: now, Name: n.Name, Label: n.Label, Type: n.Type, FieldType: n.FieldType,
		Description: n.Description, Group: n.Group, Options: n.Options, Order: n.Order, External: n.External, Unique: n.Unique,
		Hidden: n.Hidden, FormField: n.FormField, Sensitivity: "non_sensitive", Modification: modification{Archivable: true},
	}
	t.add(p)
	return answer{http.StatusCreated, p}
}
