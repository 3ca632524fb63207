// Package reference writes the reference of the mapping language as a page, from the code that reads mappings.
package reference

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"handoff/internal/mapping"
	"handoff/internal/mapping/value"
)

// Markdown is the page.
func Markdown(r mapping.Reference) []byte {
	p := &page{}
	p.line("# Mapping reference")
	p.line("")
	p.line("This page is generated from the code that reads mappings: `handoff mappings reference` prints it. The examples of types and")
	p.line("transforms are run by the tests. [The guide](mapping.md) explains how to work with mappings; `handoff mappings schema` prints")
	p.line("the JSON Schema that lets an editor complete them.")
	p.keys(r)
	p.types(r)
	p.transforms(r)
	p.names(r)
	p.groups(r)
	return []byte(p.String())
}

type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *page) heading(level int, format string, args ...any) {
	p.line("")
	p.line("%s %s", strings.Repeat("#", level), fmt.Sprintf(format, args...))
	p.line("")
}

// table writes rows of cells, whose text is Markdown already.
func (p *page) table(titles []string, rows [][]string) {
	p.line("| %s |", strings.Join(titles, " | "))
	p.line("|%s", strings.Repeat("---|", len(titles)))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = strings.ReplaceAll(strings.ReplaceAll(cell, "|", `\|`), "\n", " ")
		}
		p.line("| %s |", strings.Join(row, " | "))
	}
}

// code is a text as code, also where it has backticks.
func code(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

func codes(texts []string) string {
	written := make([]string, len(texts))
	for i, each := range texts {
		written[i] = code(each)
	}
	return strings.Join(written, ", ")
}

// sections are the parts of a mapping, by how their keys begin.
var sections = []struct{ title, about, prefix string }{
	{"A mapping", "One file per form, or for several forms that ask the same.", ""},
	{"Consent", "What the person was asked, and where the answer goes.", "consent."},
	{"Rules", "The entries of `fields`. Types add keys of their own.", "fields[]."},
	{"Objects", "The records, by the names that rules use.", "objects.<name>."},
	{"Region", "What the person's country decides.", "region."},
	{"Customer", "What is different for a customer that exists.", "customer."},
}

func (p *page) keys(r mapping.Reference) {
	p.heading(2, "Files")
	p.line("A folder of mappings holds one file per mapping, `routing.yaml`, shared files below it, and the cases of each mapping in")
	p.line("`cases/MAPPING/`.")
	for _, section := range sections {
		var keys []mapping.KeyInfo
		for _, k := range r.Keys {
			if sectionOf(k.Path) == section.prefix {
				keys = append(keys, k)
			}
		}
		p.heading(3, "%s", section.title)
		p.line("%s", section.about)
		p.line("")
		p.keyTable(keys, section.prefix)
	}
	p.heading(3, "Shared files")
	p.line("Tables and fragments that several mappings use, named under their `use`. The rules of a fragment have the keys of all rules.")
	p.line("")
	p.keyTable(slices.DeleteFunc(slices.Clone(r.Shared), func(k mapping.KeyInfo) bool { return strings.Contains(k.Path, "[]") }), "")
}

// sectionOf is the prefix of the section that a key belongs to.
func sectionOf(path string) string {
	for _, section := range sections[1:] {
		if strings.HasPrefix(path, section.prefix) {
			return section.prefix
		}
	}
	return ""
}

func (p *page) keyTable(keys []mapping.KeyInfo, prefix string) {
	rows := make([][]string, len(keys))
	for i, k := range keys {
		kind := k.Kind
		if len(k.Choices) > 0 {
			kind = codes(k.Choices)
		}
		if k.Required {
			kind += "; needed"
		}
		rows[i] = []string{code(strings.TrimPrefix(k.Path, prefix)), kind, k.Doc}
	}
	p.table([]string{"key", "value", "meaning"}, rows)
}

func (p *page) types(r mapping.Reference) {
	p.heading(2, "Types")
	p.line("How an answer is understood, with `type`. An answer that makes no sense as its type sends the submission to review, unless the")
	p.line("rule has a `fallback`.")
	for _, t := range r.Types {
		p.heading(3, "%s", t.Name)
		p.line("%s Personal data: %s, unless the rule says otherwise with `pii`.", t.Doc, t.PII)
		p.options(t.Options, "key")
		p.examples(t.Examples)
	}
}

func (p *page) transforms(r mapping.Reference) {
	p.heading(2, "Transforms")
	p.line("What changes a text before it is understood, in the order of `transform`. One that has parameters is written as a map, such as")
	p.line("`{truncate: 120}`: the first parameter may stand alone.")
	for _, t := range r.Transforms {
		p.heading(3, "%s", t.Name)
		p.line("%s", t.Doc)
		p.options(t.Params, "parameter")
		p.examples(t.Examples)
	}
}

func (p *page) options(options []value.Option, title string) {
	if len(options) == 0 {
		return
	}
	rows := make([][]string, len(options))
	for i, o := range options {
		kind := string(o.Kind)
		if len(o.Choices) > 0 {
			kind = codes(o.Choices)
		}
		if o.Required {
			kind += "; needed"
		}
		rows[i] = []string{code(o.Name), kind, o.Doc}
	}
	p.line("")
	p.table([]string{title, "value", "meaning"}, rows)
}

func (p *page) examples(examples []value.Example) {
	if len(examples) == 0 {
		return
	}
	rows := make([][]string, len(examples))
	for i, e := range examples {
		out := written(e.Out)
		if e.Fault != "" {
			out = "problem " + code(e.Fault)
		}
		rows[i] = []string{written(e.In), with(e), out, e.Why}
	}
	p.line("")
	p.table([]string{"answer", "with", "becomes", ""}, rows)
}

func written(v any) string {
	if v == nil {
		return "nothing"
	}
	return code(encoded(v))
}

func encoded(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}

// with is what an example depends on beside the answer.
func with(e value.Example) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(e.Options)) {
		parts = append(parts, code(name+": "+encoded(e.Options[name])))
	}
	for _, name := range slices.Sorted(maps.Keys(e.Answers)) {
		parts = append(parts, fmt.Sprintf("%s answered %s", code(name), code(encoded(e.Answers[name]))))
	}
	return strings.Join(parts, ", ")
}

func (p *page) names(r mapping.Reference) {
	for _, list := range []struct {
		title, about, column string
		names                []mapping.NameInfo
	}{
		{"What rules can read beside answers", "In `from`, and in `routing`.", "name", r.Facts},
		{"Expressions", "`cel` and `when` are expressions in [CEL](https://cel.dev). They can use:", "name", r.Names},
		{"Problems", "Codes of the problems that send a submission to review. Those of types are in their examples above.", "code", r.Codes},
	} {
		p.heading(2, "%s", list.title)
		p.line("%s", list.about)
		p.line("")
		rows := make([][]string, len(list.names))
		for i, n := range list.names {
			rows[i] = []string{code(n.Name), n.Doc}
		}
		p.table([]string{list.column, "meaning"}, rows)
	}
}

func (p *page) groups(r mapping.Reference) {
	p.heading(2, "Groups of countries")
	p.line("In `region` and in routing territories.")
	p.line("")
	rows := make([][]string, 0, len(r.Groups))
	for _, name := range slices.Sorted(maps.Keys(r.Groups)) {
		rows = append(rows, []string{code(name), strings.Join(r.Groups[name], " ")})
	}
	p.table([]string{"group", "countries"}, rows)
}
