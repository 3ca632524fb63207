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
	c.lists(path, o)
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
		names := []string{"id"}
		if o.Version != "" {
			names = append(names, "version")
			if !o.Update.UsesVersion() {
				c.add(path+".update", "want {version} in its path, query, headers, body or item")
			}
		}
		c.write(path+".update", *o.Update, names)
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
	if o.Describe != nil {
		c.describe(path+".describe", *o.Describe)
	}
}

func (c *checker) describe(path string, d Describe) {
	c.request(path, d.Request, paging)
	c.page(path+".page", d.Page, d.Request)
	for _, vendor := range slices.Sorted(maps.Keys(d.Types)) {
		c.oneOf(yamlfile.Key(path+".types", vendor), "type", d.Types[vendor], Types())
	}
	if len(d.RequiredIs) > 0 && d.Required == "" {
		c.add(path+".required", "missing; want the path of what required_is is about")
	}
	if len(d.ReadOnlyIs) > 0 && d.ReadOnly == "" {
		c.add(path+".read_only", "missing; want the path of what read_only_is is about")
	}
	for i, also := range d.Also {
		c.describe(yamlfile.Index(path+".also", i), also)
	}
}

// lists looks at fields that are entries of lists: two of one list would overwrite each other.
func (c *checker) lists(path string, o Object) {
	first := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
		f := o.Fields[name]
		if f.Entry == nil {
			continue
		}
		if other, taken := first[f.At]; taken && f.At != "" {
			c.add(yamlfile.Key(path+".fields", name)+".at", "want another list: %s is an entry of this one", other)
			continue
		}
		first[f.At] = name
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
	c.entry(path, f)
	if f.Closed && len(f.Choices)+len(f.Options) == 0 {
		c.add(path+".closed", "want choices or options too: what may be written?")
	}
	if f.HTML && f.Type != "" && f.Type != "string" {
		c.add(path+".html", "no use with type %s", f.Type)
	}
	if f.MaxLength < 0 {
		c.add(path+".max_length", "want more than zero")
	}
}

func (c *checker) entry(path string, f Field) {
	switch {
	case f.Entry == nil && f.Others == nil:
		return
	case f.Entry == nil:
		c.add(path+".others", "no use without entry")
		return
	case f.As != nil:
		c.add(path+".entry", "want one of as and entry")
	case f.At == "" || f.Path == "":
		c.add(path+".at", "missing; want the list that has the entry, and path for where the value is read")
	}
	c.holes(path+".entry", f.Entry, []string{"value"})
	if f.ValueOfEntry() == "" {
		c.add(path+".entry", `want one name whose value is "{value}"`)
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
	known := slices.Concat(f.By, f.With)
	if len(f.With) > 0 {
		c.by(path+".with", o, f.With)
		c.uses(path, f.Request, f.With...)
		if f.Max > 1 {
			c.add(path+".with", "no use with max: several records are looked for at once")
		}
	}
	if f.Max > 1 {
		known = []string{"values"}
		if len(f.By) > 1 {
			c.add(path+".max", "want one field in by: several records are found by one value each")
		}
	}
	c.most(path+".max", f.Max)
	c.request(path, f.Request, known)
	if f.Max > 1 || len(f.By) == 1 && len(f.With) == 0 {
		c.uses(path, f.Request, known...)
	} else if len(f.With) == 0 && !slices.ContainsFunc(f.By, f.Uses) {
		c.add(path, "want one of the key's fields in its path, query or body; the others are compared")
	}
	if f.Unless != nil {
		c.when(path+".unless", *f.Unless)
	}
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
