package mapping

import (
	"slices"

	"handoff/internal/yamlfile"
)

// gather notes the answers that expressions can name as they are: those that something else in the mapping reads.
func (c *compiler) gather() {
	note := func(names ...string) {
		for _, name := range names {
			if name != "" && !slices.Contains(c.readable, name) {
				c.readable = append(c.readable, name)
			}
		}
	}
	for _, f := range c.rules {
		note(f.From...)
		note(f.Collect...)
	}
	if s := c.spec.Consent; s != nil {
		note(s.Only.From...)
		for _, name := range sortedKeys(s.Purposes) {
			note(s.Purposes[name].From...)
		}
	}
	note(c.spec.Ignore...)
}

// reading compiles where the value comes from: an answer, several answers, an expression, or the file itself.
func (c *compiler) reading(f placed, r *rule) {
	given := 0
	for _, key := range []string{"from", "value", "collect"} {
		if f.at.key(key).has() {
			given++
		}
	}
	expression := f.at.key("cel").has()
	switch {
	case expression && (f.at.key("value").has() || f.at.key("collect").has()):
		c.problem(f.at.key("cel"), "goes only with from, or alone")
	case given != 1 && !expression:
		c.problem(f.at, "want one of from, value, collect and cel")
	}
	switch {
	case f.at.key("from").has():
		c.sources(f.at.key("from"), f.From, "want the name of an answer", r)
	case f.at.key("collect").has():
		c.sources(f.at.key("collect"), f.Collect, "want the names of answers", r)
		r.collect, r.personal = true, true
	case f.at.key("value").has():
		r.constant = c.constant(f.at.key("value"), f.Value)
		switch v := r.constant.(type) {
		case string:
			r.about.kind, r.about.options = "string", []string{v}
		case bool:
			r.about.kind = "boolean"
		default:
			r.about.kind = "integer"
		}
		c.onlyConstant(f)
	}
	if expression {
		r.cel = c.expression(f.at.key("cel"), f.CEL, f)
		r.personal = r.personal || r.cel != nil && (len(r.cel.Reads()) > 0 || r.cel.ReadsAll())
		if r.asked == "" && r.cel != nil && len(r.cel.Reads()) > 0 {
			r.asked = r.cel.Reads()[0]
		}
	}
	c.combining(f, r)
}

// sources compiles the answers that a rule reads.
func (c *compiler) sources(here at, names []string, want string, r *rule) {
	if len(names) == 0 {
		c.problem(here, "%s", want)
		return
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			c.problem(here.entry(i), "%q is listed twice", name)
		}
		if s, ok := c.source(here.entry(i), name); ok {
			r.sources = append(r.sources, s)
		}
		r.personal = r.personal || personal(name)
	}
	r.asked, r.about.from = names[0], names
}

// onlyConstant reports what makes no sense with a fixed value.
func (c *compiler) onlyConstant(f placed) {
	for _, key := range append([]string{
		"split", "type", "transform", "required", "fallback", "join", "template", "upload",
	}, sortedKeys(f.Options)...) {
		if f.at.key(key).has() {
			c.problem(f.at.key(key), "does not go with a fixed value")
		}
	}
}

// combining compiles how several answers become one, and what is taken of a file.
func (c *compiler) combining(f placed, r *rule) {
	join, form := f.at.key("join"), f.at.key("template")
	for _, key := range []at{join, form, f.at.key("upload")} {
		if key.has() && (len(f.From) == 0 || r.cel != nil) {
			c.problem(key, "goes only with from")
			return
		}
	}
	switch {
	case join.has() && form.has():
		c.problem(form, "goes not with join; want one of them")
	case join.has():
		r.join = f.Join
	case form.has():
		r.template = c.template(form, f)
	}
	if f.at.key("upload").has() && !slices.Contains(uploadParts, f.Upload) {
		c.problem(f.at.key("upload"), "want url, name, size or type")
	}
}

func (c *compiler) template(here at, f placed) *template {
	t, unknown, err := parseTemplate(f.Template, f.From)
	if err != nil {
		c.problem(here, "%s", err)
		return nil
	}
	for _, name := range unknown {
		c.problem(here, "%s", yamlfile.Unknown("answer", name, f.From))
	}
	if len(unknown) > 0 {
		return nil
	}
	if len(t.parts) == 0 {
		c.problem(here, "want the answers of from in braces, such as {%s}", f.From[0])
		return nil
	}
	for i, name := range f.From {
		if !t.uses(i) {
			c.problem(f.at.key("from").entry(i), "%q is not in the template", name)
		}
	}
	return t
}
