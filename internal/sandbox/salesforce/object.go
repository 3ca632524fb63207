package salesforce

import (
	"regexp"
	"strings"
	"time"
)

// Field is a field of an object, as an administrator sets it up.
type Field struct {
	Name   string // with its __c when it is a custom one
	Type   string // as describe says: string, textarea, email, phone, url, picklist, multipicklist, boolean, double, …
	Length int    // of texts, in characters; 255 when zero
	// Unique holds values apart; ExternalID lets records be found and upserted by it.
	Unique, ExternalID bool
	Required           bool
	// Options are the values of a picklist; a custom picklist takes no others.
	Options []string
	// LeadsTo is the object whose records a reference leads to.
	LeadsTo string
}

// field is a field with what describe says beside.
type field struct {
	Field
	label        string
	references   []string
	relationship string
	readOnly     bool // set by the org alone
	createOnly   bool
	fallback     any // what a new record has when nothing is given
	defaulted    bool
	restricted   bool
	idLookup     bool
	precision    int
	digits       int // before the decimal point; any when zero
}

// object is a kind of record.
type object struct {
	name, label, prefix string
	readOnly            bool
	fields              []*field
	byName              map[string]*field  // lower case
	records             map[string]*record // by the first fifteen characters of the id
	order               []*record
	index               map[string]map[string][]*record // of fields that are unique or external ids, by value
	changed             time.Time                       // of the description
}

// record is what is stored. Its values have the types of JSON, times as the org writes them; nothing is absent.
type record struct {
	object  *object
	id      string
	values  map[string]any
	deleted bool
	at      time.Time // of the newest change
}

func newObject(name, prefix string, now time.Time) *object {
	o := &object{name: name, label: labelOf(name), prefix: prefix, byName: map[string]*field{}, records: map[string]*record{}, index: map[string]map[string][]*record{}, changed: now.UTC().Truncate(time.Second)}
	o.add(&field{Field: Field{Name: "Id", Type: "id", Length: 18, Required: true}, readOnly: true, defaulted: true, idLookup: true})
	o.add(&field{Field: Field{Name: "IsDeleted", Type: "boolean", Required: true}, readOnly: true, defaulted: true, fallback: false})
	for _, name := range []string{"CreatedDate", "LastModifiedDate", "SystemModstamp"} {
		o.add(&field{Field: Field{Name: name, Type: "datetime", Required: true}, readOnly: true, defaulted: true})
	}
	for _, name := range []string{"CreatedById", "LastModifiedById"} {
		o.add(&field{Field: Field{Name: name, Type: "reference", Length: 18, Required: true}, readOnly: true, defaulted: true, references: []string{"User"}, relationship: strings.TrimSuffix(name, "Id")})
	}
	return o
}

func (o *object) add(f *field) {
	if f.label == "" {
		f.label = labelOf(f.Name)
	}
	switch f.Type {
	case "string", "textarea", "picklist", "multipicklist", "email", "url", "phone", "combobox":
		if f.Length == 0 {
			f.Length = 255
		}
	}
	f.idLookup = f.idLookup || f.ExternalID
	if f.Unique || f.ExternalID {
		o.index[f.Name] = map[string][]*record{}
		for _, r := range o.order {
			o.note(r, f.Name, r.values[f.Name])
		}
	}
	if old := o.byName[strings.ToLower(f.Name)]; old != nil {
		*old = *f
		return
	}
	o.fields = append(o.fields, f)
	o.byName[strings.ToLower(f.Name)] = f
}

func (o *object) field(name string) *field { return o.byName[strings.ToLower(name)] }

// parent finds the reference that a relationship is of.
func (o *object) parent(relationship string) *field {
	for _, f := range o.fields {
		if f.relationship != "" && strings.EqualFold(f.relationship, relationship) {
			return f
		}
	}
	return nil
}

func (o *object) find(id string) *record {
	if len(id) < 15 {
		return nil
	}
	return o.records[id[:15]]
}

// matching are the records that have a value in a field.
func (o *object) matching(f *field, value any) []*record {
	var found []*record
	candidates := o.order
	if index := o.index[f.Name]; index != nil {
		candidates = index[keyOf(value)]
	}
	for _, r := range candidates {
		if !r.deleted && same(f, r.values[f.Name], value) {
			found = append(found, r)
		}
	}
	return found
}

// same compares two values as the org does: texts without regard to case, ids by their first fifteen characters.
func same(f *field, a, b any) bool {
	x, isText := a.(string)
	y, alsoText := b.(string)
	if !isText || !alsoText {
		return a == b && a != nil
	}
	if f.Type == "id" || f.Type == "reference" {
		return len(x) >= 15 && len(y) >= 15 && x[:15] == y[:15]
	}
	return strings.EqualFold(x, y)
}

var words = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// labelOf is what the org calls a field when nobody says otherwise.
func labelOf(name string) string {
	if custom, ok := strings.CutSuffix(name, "__c"); ok {
		return strings.ReplaceAll(custom, "_", " ")
	}
	label := words.ReplaceAllString(name, "$1 $2")
	if reference, ok := strings.CutSuffix(label, " Id"); ok {
		label = reference + " ID"
	}
	return label
}

// longestOfActivity is how long a text of an activity may be: these have no long text areas.
// See https://help.salesforce.com/s/articleView?id=platform.custom_field_types.htm.
const longestOfActivity = 255

// AddField sets up a field; one of tasks is set up on Activity. It does nothing when there is no such object, or when the
// object cannot have the field.
func (s *Server) AddField(object string, f Field) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.object(object)
	if strings.EqualFold(object, "Activity") {
		if o = s.object("Task"); f.Type == "textarea" && f.Length > longestOfActivity {
			return
		}
	} else if o != nil && o.name == "Task" {
		return
	}
	if o == nil {
		return
	}
	made := &field{Field: f, restricted: len(f.Options) > 0}
	if f.Type == "boolean" {
		made.fallback, made.defaulted = false, true
	}
	if f.Type == "double" || f.Type == "currency" || f.Type == "percent" {
		made.precision = 18
	}
	if f.LeadsTo != "" {
		made.references, made.relationship = []string{f.LeadsTo}, strings.TrimSuffix(f.Name, "__c")+"__r"
	}
	o.add(made)
	o.changed = s.options.Now().UTC().Truncate(time.Second)
}

// AddObject sets up a custom object whose ids begin with a prefix of three characters.
func (s *Server) AddObject(name, keyPrefix string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := newObject(name, keyPrefix, s.options.Now())
	o.add(&field{Field: Field{Name: "Name", Type: "string", Length: 80}, label: o.label + " Name", idLookup: true})
	o.add(ownerField("User", "Group"))
	s.objects[strings.ToLower(name)] = o
}

// Restrict has a picklist take its own values only, or no longer.
func (s *Server) Restrict(object, name string, restricted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.object(object); o != nil && o.field(name) != nil {
		o.field(name).restricted = restricted
		o.changed = s.options.Now().UTC().Truncate(time.Second)
	}
}

// RemoveField takes a field away, as its deletion or field-level security does.
func (s *Server) RemoveField(object, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.object(object)
	if o == nil {
		return
	}
	for i, f := range o.fields {
		if strings.EqualFold(f.Name, name) {
			o.fields = append(append([]*field(nil), o.fields[:i]...), o.fields[i+1:]...)
			delete(o.byName, strings.ToLower(name))
			o.changed = s.options.Now().UTC().Truncate(time.Second)
			return
		}
	}
}

func (s *Server) object(name string) *object { return s.objects[strings.ToLower(name)] }

// owning is the object that an id is of, by its prefix.
func (s *Server) owning(id string) *object {
	if len(id) < 3 {
		return nil
	}
	for _, o := range s.objects {
		if o.prefix == id[:3] {
			return o
		}
	}
	return nil
}
