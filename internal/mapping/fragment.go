package mapping

import (
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// placed is a rule where it stands: in the mapping, or in a fragment of a shared file.
type placed struct {
	*fieldSpec
	at     at
	rename map[string]string // what the fragment's objects are called here
	owner  string            // of the shared file
}

// target is a target as the mapping calls it.
func (p placed) target(target string) string {
	object, field, ok := splitTarget(target)
	if called, renamed := p.rename[object]; ok && renamed {
		return called + "." + field
	}
	return target
}

// expand puts the rules of fragments where they are named.
func (c *compiler) expand(list []fieldSpec, here at, rename map[string]string, owner string, within []string) []placed {
	var rules []placed
	for i := range list {
		f, entry := &list[i], here.index(i)
		if !entry.key("fragment").has() {
			if entry.key("with").has() {
				c.problem(entry.key("with"), "goes only with fragment")
			}
			rules = append(rules, placed{f, entry, rename, owner})
			continue
		}
		rules = append(rules, c.fragment(f, entry, rename, within)...)
	}
	return rules
}

func (c *compiler) fragment(f *fieldSpec, here at, outer map[string]string, within []string) []placed {
	c.alone(here)
	name := f.Fragment
	if slices.Contains(within, name) {
		c.problem(here.key("fragment"), "includes itself: %s", strings.Join(append(within, name), ", "))
		return nil
	}
	var known []string
	for _, file := range c.used {
		fields, ok := file.spec.Fragments[name]
		if !ok {
			known = append(known, sortedKeys(file.spec.Fragments)...)
			continue
		}
		file.usedFragments[name], c.taken[file] = true, true
		inside := at{file.file, yamlfile.Root}.key("fragments").key(name)
		if len(fields) == 0 {
			c.problem(inside, "want at least one rule")
			return nil
		}
		names, ok := c.with(f, here, fields, outer)
		if !ok {
			return nil
		}
		return c.expand(fields, inside, names, file.spec.Owner, append(slices.Clone(within), name))
	}
	switch {
	case c.unreadable():
	case len(c.used) == 0:
		c.problem(here.key("fragment"), "unknown fragment %q; name the file that holds it under use", name)
	default:
		c.problem(here.key("fragment"), "%s", yamlfile.Unknown("fragment", name, known))
	}
	return nil
}

// alone reports what stands beside a fragment.
func (c *compiler) alone(here at) {
	for _, key := range append(fieldKeys(), optionNames()...) {
		if key != "fragment" && key != "with" && here.key(key).has() {
			c.problem(here.key(key), "does not go with fragment, whose rules have their own")
		}
	}
}

// with is what the objects of a fragment are called here.
func (c *compiler) with(f *fieldSpec, here at, fields []fieldSpec, outer map[string]string) (map[string]string, bool) {
	before := len(c.problems)
	var objects []string
	note := func(target string) {
		if object, _, ok := splitTarget(target); ok && !slices.Contains(objects, object) {
			objects = append(objects, object)
		}
	}
	for i := range fields {
		for _, target := range fields[i].targets() {
			note(target)
		}
		for _, object := range fields[i].With {
			note(object + ".x")
		}
	}
	names := map[string]string{}
	for _, from := range sortedKeys(f.With) {
		to := f.With[from]
		if called, ok := outer[to]; ok {
			to = called
		}
		entry := here.key("with").key(from)
		switch {
		case !slices.Contains(objects, from):
			c.problem(entry, "%s", yamlfile.Unknown("object of the fragment", from, objects))
		case !c.objectNamed(to):
			c.problem(entry, "%s", yamlfile.Unknown("object", to, c.objectNames))
		}
		names[from] = to
	}
	for from, to := range outer {
		if _, ok := names[from]; !ok {
			names[from] = to
		}
	}
	return names, len(c.problems) == before
}

// targets are all targets that a rule names.
func (f *fieldSpec) targets() []string {
	targets := slices.Clone([]string(f.To))
	if f.Split != nil {
		targets = append(targets, f.Split.First, f.Split.Last)
	}
	if to, ok := f.Options["currency_to"].(string); ok {
		targets = append(targets, to)
	}
	return targets
}
