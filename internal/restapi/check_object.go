package restapi

import (
	"maps"
	"regexp"
	"slices"

	"handoff/internal/yamlfile"
)

func (c *checker) object(path string, o Object) {
	if len(o.Fields) == 0 {
		c.add(path+".fields", "want at least one field")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
		at := yamlfile.Key(path+".fields", name)
		if !fieldName.MatchString(name) || name == "owner" {
			c.add(at, "want a name of a-z, 0-9 and _, and not owner")
		}
		c.field(at, o.Fields[name])
	}
	if o.Owner != nil {
		c.field(path+".owner", *o.Owner)
		if o.Read == nil || o.Update == nil {
			c.add(path+".owner", "want read and update too: who has an owner keeps it")
		}
	}
	switch {
	case len(o.Find) == 0 && o.Upsert == nil:
		c.add(path+".find", "want at least one way to find records")
	case len(o.Find) == 0 && o.State != "":
		c.add(path+".find", "want at least one way to find records: with state, they are read before they are written")
	}
	for i, find := range o.Find {
		c.find(yamlfile.Index(path+".find", i), o, find)
	}
	if o.Create == nil && o.Upsert == nil {
		c.add(path+".create", "missing; want create or upsert")
	}
	if o.Update == nil && o.Upsert == nil {
		c.add(path+".update", "missing; want update or upsert")
	}
	if o.Read != nil {
		c.request(path+".read", o.Read.Request, []string{"id"})
	}
	if o.Create != nil {
		c.write(path+".create", *o.Create, nil)
	}
	if o.Update != nil {
		c.write(path+".update", *o.Update, []string{"id"})
	}
	if o.Upsert != nil {
		c.by(path+".upsert.by", o, o.Upsert.By)
		for i, field := range o.Upsert.By {
			if slices.Contains([]string{"id", "record", "records"}, field) {
				c.add(yamlfile.Index(path+".upsert.by", i), "want another name: {%s} means something else in an upsert", field)
			}
		}
		c.write(path+".upsert", *o.Upsert, o.Upsert.By)
	}
	if l := o.ChangedSince; l != nil {
		c.request(path+".changed_since", l.Request, append([]string{"since", "since_seconds", "since_milliseconds"}, paging...))
		c.page(path+".changed_since.page", l.Page, l.Request)
		if o.Changed == "" {
			c.add(path+".changed", "missing; want the path of the moment of a record's last change, for changed_since")
		}
	}
	if d := o.Describe; d != nil {
		c.request(path+".describe", d.Request, paging)
		c.page(path+".describe.page", d.Page, d.Request)
		for _, vendor := range slices.Sorted(maps.Keys(d.Types)) {
			c.oneOf(yamlfile.Key(path+".describe.types", vendor), "type", d.Types[vendor], Types())
		}
	}
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func (c *checker) field(path string, f Field) {
	if f.Type != "" {
		c.oneOf(path+".type", "type", f.Type, Types())
	}
	if f.Time != "" {
		c.oneOf(path+".time", "way to write moments", f.Time, Times())
	}
	if at := f.At; at != "" && slices.Contains(Names(at), "") {
		c.add(path+".at", "want names, separated by dots")
	}
	c.holes(path+".as", f.As, []string{"value"})
	if f.As != nil && !slices.Contains(Holes(f.As), "value") {
		c.add(path+".as", `want "{value}" in it`)
	}
	if f.As != nil && f.At == "" {
		c.add(path+".at", "missing; want where the value of as is written")
	}
	if f.MaxLength < 0 {
		c.add(path+".max_length", "want more than zero")
	}
}

func (c *checker) by(path string, o Object, by []string) {
	if len(by) == 0 {
		c.add(path, "want at least one field")
	}
	for i, field := range by {
		if _, known := o.Fields[field]; !known {
			c.add(yamlfile.Index(path, i), "%s", yamlfile.Unknown("field", field, slices.Sorted(maps.Keys(o.Fields))))
		}
	}
}

func (c *checker) find(path string, o Object, f Find) {
	c.by(path+".by", o, f.By)
	known := f.By
	if f.Max > 1 {
		known = []string{"values"}
		if len(f.By) > 1 {
			c.add(path+".max", "want one field in by: several records are found by one value each")
		}
	}
	c.most(path+".max", f.Max)
	c.request(path, f.Request, known)
	c.uses(path, f.Request, known...)
	if f.Reread && o.Read == nil {
		c.add(path+".reread", "want read too")
	}
}

func (c *checker) most(path string, most int) {
	if most < 0 || most > 1000 {
		c.add(path, "want 1 to 1000")
	}
}

func (c *checker) write(path string, w Write, names []string) {
	c.most(path+".max", w.Max)
	if w.Max <= 1 {
		c.request(path, w.Request, append([]string{"record"}, names...))
		return
	}
	c.request(path, w.Request, []string{"records"})
	c.uses(path, w.Request, "records")
	c.holes(path+".item", w.Item, append([]string{"record"}, names...))
	if slices.Contains(names, "id") && w.IDAt == "" && !slices.Contains(Holes(w.Item), "id") {
		c.add(path+".id_at", `missing; want where the record's id goes, or item with "{id}" in it`)
	}
}
