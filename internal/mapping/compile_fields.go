package mapping

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"handoff/internal/yamlfile"
)

// Limits on texts, in characters. A single line has one without being asked; free text must be given one.
const (
	defaultMax        = 255
	defaultCollectMax = 4000
)

// fields compiles the rules. Every one gives a rule, so that a rule has the index of its field, also when it is broken.
func (c *compiler) fields() {
	if len(c.spec.Fields) == 0 {
		c.problem("$.fields", "want at least one rule, such as {from: email, to: contact.email, type: email}")
	}
	for i := range c.spec.Fields {
		c.m.rules = append(c.m.rules, c.field(yamlfile.Index("$.fields", i), &c.spec.Fields[i]))
	}
}

func (c *compiler) field(path string, f *fieldSpec) rule {
	r := rule{
		required: f.Required, otherwise: f.Otherwise, text: line, place: c.place(path), owner: cmp.Or(f.Owner, c.spec.Owner), pii: "none",
		from: append(slices.Clone(f.From), f.Collect...),
	}
	c.source(path, f, &r)
	if f.Required && f.Fallback != nil && (f.Fallback.omit || f.Fallback.value != nil) {
		c.problem(path+".fallback", "a required answer has no fallback but review")
	}
	if f.Required && f.Otherwise {
		c.problem(path+".otherwise", "a required answer cannot be an alternative")
	}
	if f.Value == nil {
		c.keysOfType(path, f)
		c.understanding(path, f, &r)
		c.fallback(path, f, &r)
	}
	c.destination(path, f, &r)
	return r
}

// source compiles where the value comes from: an answer, several answers, or the file itself.
func (c *compiler) source(path string, f *fieldSpec, r *rule) {
	given := 0
	for _, key := range []string{"from", "value", "collect"} {
		if c.file.Has(path + "." + key) {
			given++
		}
	}
	if given != 1 {
		c.problem(path, "want one of from, value and collect")
	}
	switch {
	case len(f.From) > 0:
		at := c.targetPath(path + ".from")
		for i, name := range f.From {
			c.readable(at(i), name)
			r.personal = r.personal || personal(name)
		}
		r.asked, r.read = f.From[0], firstAnswer(f.From)
	case len(f.Collect) > 0:
		c.names(path+".collect", f.Collect, "")
		c.mention(f.Collect...)
		r.asked, r.read, r.personal = f.Collect[0], collect(f.Collect), true
	case f.Value != nil:
		r.constant = c.constant(path+".value", f.Value)
		for _, key := range []string{
			"split", "type", "transform", "max", "enum", "true_words", "false_words", "region", "region_from", "order",
			"required", "fallback",
		} {
			if c.file.Has(path + "." + key) {
				c.problem(path+"."+key, "does not go with a fixed value")
			}
		}
	case given == 1 && c.file.Has(path+".from"):
		c.problem(path+".from", "want the name of an answer")
	case given == 1 && c.file.Has(path+".collect"):
		c.problem(path+".collect", "want the names of answers")
	}
}

// constant turns a value of the file into one for a record.
func (c *compiler) constant(path string, value any) any {
	switch v := value.(type) {
	case bool:
		return v
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case string:
		if text := line(v); text != "" {
			return text
		}
	}
	c.problem(path, "want a text, true or false, or a whole number")
	return nil
}

// keysOfType reports keys that mean nothing for the field's type.
func (c *compiler) keysOfType(path string, f *fieldSpec) {
	for _, key := range []struct {
		name  string
		types []string
	}{
		{"max", []string{"string", "text", collected}},
		{"enum", []string{"enum"}},
		{"true_words", []string{"boolean"}},
		{"false_words", []string{"boolean"}},
		{"region", []string{"phone"}},
		{"region_from", []string{"phone"}},
		{"order", []string{"date"}},
		{"split", []string{"string"}},
	} {
		if !c.file.Has(path+"."+key.name) || slices.Contains(key.types, typeOf(f)) {
			continue
		}
		switch {
		case typeOf(f) == collected:
			c.problem(path+"."+key.name, "does not go with collect")
		case slices.Contains(types, typeOf(f)):
			c.problem(path+"."+key.name, "goes only with type: %s", key.types[0])
		}
	}
	if len(f.Collect) > 0 {
		for _, key := range []string{"type", "transform"} {
			if c.file.Has(path + "." + key) {
				c.problem(path+"."+key, "does not go with collect")
			}
		}
	}
}

// collected is the type of several answers together, which is not written out.
const collected = "collect"

// typeOf is the type that a field has.
func typeOf(f *fieldSpec) string {
	switch {
	case len(f.Collect) > 0:
		return collected
	case f.Type == "":
		return "string"
	}
	return f.Type
}

// fallback compiles what stands in for an answer. A value must be one that the type itself would give.
func (c *compiler) fallback(path string, f *fieldSpec, r *rule) {
	if f.Fallback == nil {
		return
	}
	r.omit = f.Fallback.omit
	if f.Fallback.value == nil {
		return
	}
	at := path + ".fallback"
	if inner := at + ".value"; c.file.Has(inner) {
		at = inner
	}
	value := c.constant(at, f.Fallback.value)
	if value == nil || r.convert == nil {
		return
	}
	wanted := map[string]string{"boolean": "true or false", "integer": "a whole number"}[typeOf(f)]
	switch v := value.(type) {
	case bool:
		if typeOf(f) == "boolean" {
			r.fallback = v
			return
		}
	case json.Number:
		if typeOf(f) == "integer" {
			r.fallback = v
			return
		}
	case string:
		if typeOf(f) == "enum" || typeOf(f) == collected {
			r.fallback = v
			return
		}
		if wanted == "" {
			converted, problem := r.convert(v, &Input{})
			if !problem.found() && converted == v {
				r.fallback = v
				return
			}
			wanted = problem.expect
			if converted != nil {
				wanted = "the value as it is written into the record"
			}
		}
	}
	if wanted == "" {
		wanted = "a text"
	}
	c.problem(at, "want %s, as the type is %s", wanted, typeOf(f))
}

// destination compiles where the value goes.
func (c *compiler) destination(path string, f *fieldSpec, r *rule) {
	if f.Split == nil {
		if len(f.To) == 0 {
			c.problem(path+".to", "want the field that the value goes to, such as contact.email")
		}
		r.slots = c.targets(path, f.To, r.asked, f.Otherwise, c.targetPath(path+".to"))
		return
	}
	if len(f.To) > 0 {
		c.problem(path+".to", "a name that is split goes to split.first and split.last")
	}
	r.split = true
	for _, part := range []struct{ key, target string }{{".split.first", f.Split.First}, {".split.last", f.Split.Last}} {
		if part.target == "" {
			c.problem(path+part.key, "want the field for this part of the name, such as contact.first_name")
			continue
		}
		at := func(int) string { return path + part.key }
		r.slots = append(r.slots, c.targets(path, []string{part.target}, r.asked, f.Otherwise, at)...)
	}
}
