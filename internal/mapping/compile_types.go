package mapping

import (
	"fmt"
	"slices"
	"strings"

	"handoff/internal/mapping/value"
	"handoff/internal/yamlfile"
)

// Limits on texts, in characters. A single line has one without being asked; free text must be given one.
const defaultCollectMax = 4000

// collected is the type of several answers together, which is not written out.
const collected = "collect"

// kind is the type that a rule has.
func (f *fieldSpec) kind() string {
	switch {
	case len(f.Collect) > 0:
		return collected
	case f.Type == "":
		return "string"
	}
	return f.Type
}

// optionNames are the keys of all types.
func optionNames() []string {
	var names []string
	for _, kind := range value.Types() {
		for _, option := range kind.Options {
			if !slices.Contains(names, option.Name) {
				names = append(names, option.Name)
			}
		}
	}
	return names
}

// understanding compiles how the text of an answer is read.
func (c *compiler) understanding(f placed, r *rule) {
	if len(f.Collect) > 0 {
		c.understandCollection(f, r)
		return
	}
	kind, ok := value.TypeNamed(f.kind())
	if !ok {
		c.problem(f.at.key("type"), "%s", yamlfile.Unknown("type", f.Type, value.TypeNames()))
		c.transforms(f, r)
		return
	}
	r.about.kind, r.about.pii = kind.Name, kind.PII
	if kind.Multiline {
		r.clean = value.Paragraphs
	}
	c.strangers(f, kind)
	options, inside := c.options(f, kind)
	reader, problems := kind.New(options)
	for _, p := range problems {
		c.problem(placeOf(f.at, p.Path, inside), "%s", p.Text)
	}
	r.reader = reader
	r.about.max, r.about.options = maxOf(kind, options), outputs(options)
	if f.Split != nil && kind.Name != "string" {
		c.problem(f.at.key("split"), "goes only with type: string")
	}
	c.computed(f, r)
	c.transforms(f, r)
}

func (c *compiler) understandCollection(f placed, r *rule) {
	for _, key := range append([]string{"type", "transform", "split"}, sortedKeys(f.Options)...) {
		if f.at.key(key).has() && key != "max" {
			c.problem(f.at.key(key), "does not go with collect")
		}
	}
	kind, _ := value.TypeNamed("text")
	options := value.Options{"max": defaultCollectMax}
	if given, ok := f.Options["max"]; ok {
		options["max"] = given
	}
	reader, problems := kind.New(options)
	for _, p := range problems {
		c.problem(f.at.below(p.Path), "%s", p.Text)
	}
	r.reader, r.clean = reader, value.Paragraphs
	r.about.kind, r.about.pii, r.about.max = "json", value.Identity, maxOf(kind, options)
}

// computed compiles what an expression's value is when the rule names no type: what it is.
func (c *compiler) computed(f placed, r *rule) {
	if r.cel == nil || f.Type != "" {
		return
	}
	r.asIs = true
	if kind := r.cel.Result(); kind != "string" {
		r.about.kind, r.about.max = kind, 0
		if kind == "strings" {
			r.about.kind = "multi-enum"
		}
		if kind != "any" {
			r.about.pii = value.None
		}
	}
}

// strangers reports keys of other types.
func (c *compiler) strangers(f placed, kind value.Type) {
	for _, name := range sortedKeys(f.Options) {
		if slices.ContainsFunc(kind.Options, func(o value.Option) bool { return o.Name == name }) {
			continue
		}
		var with []string
		for _, other := range value.Types() {
			if slices.ContainsFunc(other.Options, func(o value.Option) bool { return o.Name == name }) {
				with = append(with, other.Name)
			}
		}
		if len(with) > 0 {
			c.problem(f.at.key(name), "goes only with type: %s", alternatives(with))
		}
	}
}

// alternatives joins words as people do: a, b or c.
func alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// options are the keys of the type as the rule gives them, with tables in the place of their names, and where each of
// them stands.
func (c *compiler) options(f placed, kind value.Type) (value.Options, map[string]at) {
	options, inside := value.Options{}, map[string]at{}
	for _, option := range kind.Options {
		given, ok := f.Options[option.Name]
		here := f.at.key(option.Name)
		if ok && !c.unread[spot{here.file.Name(), here.path}] {
			options[option.Name], inside[option.Name] = c.option(here, option, given)
		}
	}
	return options, inside
}

// placeOf is where a problem stands that is said with a path below a rule: a table may be in another file.
func placeOf(here at, path string, inside map[string]at) at {
	for name, place := range inside {
		if rest, ok := strings.CutPrefix(path, yamlfile.Key("", name)); ok && (rest == "" || strings.ContainsAny(rest[:1], ".[")) {
			return place.below(rest)
		}
	}
	return here.below(path)
}

// option is one option of a type or a transform, and where it stands.
func (c *compiler) option(here at, option value.Option, given any) (any, at) {
	switch option.Kind {
	case value.KindTable:
		return c.tableOf(here, given)
	case value.KindAnswer:
		if name, ok := given.(string); ok {
			c.other(here, name)
		}
	}
	return given, here
}

// tableOf is a table that is written out, or one that is named as {table: name}, or as the name alone.
func (c *compiler) tableOf(here at, given any) (any, at) {
	switch v := given.(type) {
	case string:
		return c.table(here, v)
	case map[string]any:
		if name, ok := v["table"].(string); ok && len(v) == 1 {
			return c.table(here.key("table"), name)
		}
		return c.rows(here, v), here
	}
	return given, here
}

// maxOf is how many characters a value can have, 0 where that is not known.
func maxOf(kind value.Type, options value.Options) int {
	most := map[string]int{"string": value.DefaultMax, "text": value.DefaultMax, "email": value.MaxEmail}[kind.Name]
	if most == 0 {
		return 0
	}
	if n, ok := options["max"].(int64); ok {
		return int(n)
	}
	if n, ok := options["max"].(int); ok {
		return n
	}
	return most
}

// outputs are all values that a table can give, in its order.
func outputs(options value.Options) []string {
	table, ok := options["enum"].(value.Table)
	if !ok {
		return nil
	}
	var found []string
	note := func(given any) {
		if given == nil {
			return
		}
		if text := fmt.Sprint(given); !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	for _, row := range table {
		note(row.To)
	}
	note(options["default"])
	return found
}

func (c *compiler) transforms(f placed, r *rule) {
	for i, t := range f.Transform {
		here := f.at.key("transform").index(i)
		kind, ok := value.TransformNamed(t.name)
		if !ok {
			c.problem(here, "%s", yamlfile.Unknown("transform", t.name, value.TransformNames()))
			continue
		}
		if kind.Name == "truncate" && f.kind() != "string" && f.kind() != "text" && f.kind() != collected {
			c.problem(here, "truncate goes only with type: string or text")
			continue
		}
		options, inside := c.params(here, kind, t, r)
		step, problems := kind.New(options)
		for _, p := range problems {
			c.problem(placeOf(here.key(t.name), p.Path, inside), "%s", p.Text)
		}
		if step.Text != nil || step.List != nil {
			r.steps, r.makes = append(r.steps, step), r.makes || step.Always
		}
	}
}

// params are the parameters of a transform, and where each stands: by its name, or alone. Truncate without a number cuts
// to the rule's own limit.
func (c *compiler) params(here at, kind value.Transform, t transformSpec, r *rule) (value.Options, map[string]at) {
	options, inside := kind.Options(t.given), map[string]at{}
	if kind.Name == "truncate" && t.given == nil && r.about.max > 0 {
		return value.Options{"max": r.about.max}, inside
	}
	filled := value.Options{}
	for name, given := range options {
		filled[name] = given
		place := here.key(t.name)
		if named := place.key(name); named.has() && len(options) > 0 {
			if all, ok := t.given.(map[string]any); ok && all[name] != nil {
				place = named
			}
		}
		inside[name] = place
		for _, param := range kind.Params {
			if param.Name == name {
				filled[name], inside[name] = c.option(place, param, given)
			}
		}
	}
	return filled, inside
}
