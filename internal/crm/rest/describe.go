package rest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"handoff/internal/crm"
	"handoff/internal/restapi"
)

// Describe tells the object's properties: those of the description that the CRM has, with what the CRM says of them, or as
// described where it is not asked.
func (c *Connector) Describe(ctx context.Context, name string) ([]crm.Property, error) {
	o := c.objects[name]
	if o == nil {
		return nil, unknownObject()
	}
	var there map[string][]said
	if o.Object.Describe != nil {
		there = map[string][]said{}
		if failure := c.describe(ctx, o, *o.Object.Describe, there); failure != nil {
			return nil, failure
		}
	}
	var properties []crm.Property
	for _, field := range slices.Sorted(maps.Keys(o.Fields)) {
		f := o.fields[field]
		p := crm.Property{
			Name: field, Type: f.Type, Required: f.Required, ReadOnly: f.ReadOnly, Unique: o.way([]string{field}, nil) != nil, MaxLength: f.MaxLength,
			Options: slices.Clone(f.Options),
		}
		if len(p.Options) == 0 {
			p.Options = slices.Sorted(maps.Keys(f.Choices))
		}
		if there != nil {
			all := lookupProperty(there, f)
			if len(all) == 0 {
				continue
			}
			for _, one := range all {
				one.tell(&p, f)
			}
		}
		properties = append(properties, p)
	}
	return properties, nil
}

// said is what one list of the CRM's says of a property.
type said struct {
	by    restapi.Describe
	types map[string]string // of the whole API
	json  gjson.Result
}

// describe reads what the CRM has, by its own name: a first list, and others that say more of what is on it.
func (c *Connector) describe(ctx context.Context, o *object, d restapi.Describe, there map[string][]said) *crm.Error {
	further := len(there) > 0
	failure := c.pages(ctx, "describe "+o.name, d.Request, d.Page, d.List, map[string]any{}, func(body []byte) bool {
		for _, one := range at(body, d.List).Array() {
			name := one.Get(or(d.Name, "name")).String()
			if before := there[name]; !further || len(before) > 0 {
				there[name] = append(before, said{d, c.config.API.Types, one})
			}
		}
		return len(there) < mostRead
	})
	if failure != nil {
		if failure.Status == http.StatusNotFound {
			failure.Kind, failure.Code = crm.Misconfigured, "unknown_object"
		}
		return failure
	}
	for _, also := range d.Also {
		if failure := c.describe(ctx, o, also, there); failure != nil {
			return failure
		}
	}
	return nil
}

// lookupProperty finds a field among the CRM's properties: by what it is said to be called, by where it is written, or by the
// last or first name of that.
func lookupProperty(there map[string][]said, f restapi.Field) []said {
	names := restapi.Names(f.At)
	for _, name := range []string{f.Property, strings.Join(names, "."), names[len(names)-1], names[0]} {
		if found := there[name]; name != "" && len(found) > 0 {
			return found
		}
	}
	return nil
}

// tell fills in what is said of a property.
func (s said) tell(p *crm.Property, f restapi.Field) {
	d, told := s.by, s.json
	if d.Type != "" {
		if known := or(d.Types[told.Get(d.Type).String()], s.types[told.Get(d.Type).String()]); known != "" {
			p.Type = known
		}
	}
	if d.Required != "" {
		p.Required = isSo(told.Get(d.Required), d.RequiredIs)
	}
	if d.ReadOnly != "" {
		p.ReadOnly = isSo(told.Get(d.ReadOnly), d.ReadOnlyIs)
	}
	if d.MaxLength != "" {
		p.MaxLength = int(told.Get(d.MaxLength).Int())
	}
	if d.Options == "" {
		return
	}
	var options []string
	for _, option := range told.Get(d.Options).Array() {
		options = append(options, chosen(f, plain(option)))
	}
	if len(options) > 0 {
		p.Options = options
	}
}

// isSo says that a value is true, or one of some texts where it is not a matter of true and false.
func isSo(value gjson.Result, texts []string) bool {
	if len(texts) > 0 {
		return value.Exists() && slices.Contains(texts, plain(value))
	}
	return value.Bool()
}
