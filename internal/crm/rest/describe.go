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
	var there map[string]gjson.Result
	if o.Object.Describe != nil {
		var failure *crm.Error
		if there, failure = c.describe(ctx, o); failure != nil {
			return nil, failure
		}
	}
	var properties []crm.Property
	for _, field := range slices.Sorted(maps.Keys(o.Fields)) {
		f := o.fields[field]
		p := crm.Property{
			Name: field, Type: f.Type, Required: f.Required, ReadOnly: f.ReadOnly, Unique: o.way([]string{field}) != nil, MaxLength: f.MaxLength,
			Options: slices.Clone(f.Options),
		}
		if len(p.Options) == 0 {
			p.Options = slices.Sorted(maps.Keys(f.Choices))
		}
		if there != nil {
			told, found := lookupProperty(there, f)
			if !found {
				continue
			}
			o.told(&p, f, told)
		}
		properties = append(properties, p)
	}
	return properties, nil
}

// describe reads what the CRM has, by its own name.
func (c *Connector) describe(ctx context.Context, o *object) (map[string]gjson.Result, *crm.Error) {
	d := o.Object.Describe
	there := map[string]gjson.Result{}
	failure := c.pages(ctx, "describe "+o.name, d.Request, d.Page, d.List, map[string]any{}, func(body []byte) bool {
		for _, one := range at(body, d.List).Array() {
			there[one.Get(or(d.Name, "name")).String()] = one
		}
		return len(there) < mostRead
	})
	if failure != nil && failure.Status == http.StatusNotFound {
		failure.Kind, failure.Code = crm.Misconfigured, "unknown_object"
	}
	return there, failure
}

// lookupProperty finds a field among the CRM's properties: by where it is written, or by the last or first name of that.
func lookupProperty(there map[string]gjson.Result, f restapi.Field) (gjson.Result, bool) {
	names := restapi.Names(f.At)
	for _, name := range []string{strings.Join(names, "."), names[len(names)-1], names[0]} {
		if told, found := there[name]; found {
			return told, true
		}
	}
	return gjson.Result{}, false
}

// told fills in what the CRM says of a property.
func (o *object) told(p *crm.Property, f restapi.Field, told gjson.Result) {
	d := o.Object.Describe
	if d.Type != "" {
		if known, is := d.Types[told.Get(d.Type).String()]; is {
			p.Type = known
		}
	}
	if d.Required != "" {
		p.Required = told.Get(d.Required).Bool()
	}
	if d.ReadOnly != "" {
		p.ReadOnly = told.Get(d.ReadOnly).Bool()
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
