package trial

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/screen"
)

// Print shows a trial section by section: what a person asks first comes first.
func (t Trial) Print(s *screen.Screen) {
	s.Title("%s@%s", t.Mapping, t.Version)
	s.Line("  form %s of source %s, read %s", t.Form, t.Source, t.Read)
	t.printProblems(s)
	written, not := t.written()
	title := "What would be written"
	if !t.OK() {
		title = "What would be written, were it not for the problems"
	}
	t.printDecisions(s, title, written)
	t.printDecisions(s, "What would not", not)
	t.printConsent(s)
	t.printDrift(s)
	t.printRecords(s)
	t.printRouting(s)
	t.printEnd(s)
}

func (t Trial) printProblems(s *screen.Screen) {
	if t.OK() {
		return
	}
	s.Title("%s", "Problems: a person must look before anything is written")
	rows := make([][]screen.Cell, len(t.Problems))
	for i, p := range t.Problems {
		rows[i] = []screen.Cell{{Text: p.Field, Style: screen.Name}, {Text: p.Code, Style: screen.Bad}, {Text: p.Expect}}
	}
	s.Table([]screen.Column{{Title: "answer"}, {Title: "problem"}, {Title: "expected", Share: 1}}, rows)
}

func (t Trial) printDecisions(s *screen.Screen, title string, decisions []mapping.Decision) {
	if len(decisions) == 0 {
		return
	}
	s.Title("%s", title)
	rows := make([][]screen.Cell, len(decisions))
	columns := []screen.Column{{Title: "field"}, {Title: "from"}, {Title: "value", Share: 5}, {Title: "rule"}, {Title: "why", Share: 3}}
	for i, d := range decisions {
		middle := screen.Cell{Text: Shown(d.Value), Style: screen.Good}
		if d.Value == nil {
			middle = screen.Cell{Text: d.Status, Style: styleOf(d.Status)}
			columns[2] = screen.Column{Title: "what happened"}
		}
		rows[i] = []screen.Cell{{Text: d.Target, Style: screen.Name}, {Text: d.From}, middle, {Text: place(d.Rule), Style: screen.Faint}, {Text: d.Reason}}
	}
	s.Table(columns, rows)
}

// styleOf draws the eye to what may be a mistake.
func styleOf(status mapping.Status) screen.Style {
	switch status {
	case mapping.StatusProblem:
		return screen.Bad
	case mapping.StatusOmitted, mapping.StatusNoConsent:
		return screen.Warning
	}
	return screen.Faint
}

func place(p mapping.Place) string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Shown is a value on one line, cut where it is long.
func Shown(value any) string {
	const longest = 200
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	text := strings.TrimSpace(b.String())
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest-1]) + "…"
	}
	return text
}

func (t Trial) printConsent(s *screen.Screen) {
	if len(t.Plan.Consent) == 0 {
		return
	}
	s.Title("Consent")
	for _, purpose := range t.purposes() {
		answer := t.Plan.Consent[purpose]
		style := screen.Warning
		if answer == mapping.Granted {
			style = screen.Good
		}
		s.Line("  %s: %s", purpose, s.In(style, "%s", answer))
	}
}

func (t Trial) printDrift(s *screen.Screen) {
	if len(t.Unknown) > 0 {
		s.Title("Answers that no rule reads: they are sent nowhere")
		s.Text(2, "%s", strings.Join(t.Unknown, ", "))
		s.Text(2, "%s", s.In(screen.Faint, "Map them, or name them under `ignore` if that is meant."))
	}
	if len(t.Vanished) > 0 {
		s.Title("Answers that rules read and that did not come")
		s.Text(2, "%s", strings.Join(t.Vanished, ", "))
	}
}

func (t Trial) printRecords(s *screen.Screen) {
	if len(t.Plan.Objects) == 0 {
		return
	}
	s.Title("Records, in the order of writing")
	rows := make([][]screen.Cell, len(t.Plan.Objects))
	for i, o := range t.Plan.Objects {
		destination := o.Destination
		if destination == "" {
			destination = t.Plan.Destination
		}
		rows[i] = []screen.Cell{{Text: o.Name, Style: screen.Name}, {Text: o.Object}, {Text: destination}, {Text: keys(o.Keys)}, {Text: manner(o)}}
	}
	s.Table([]screen.Column{{Title: "record"}, {Title: "object"}, {Title: "destination"}, {Title: "found by"}, {Title: "how", Share: 1}}, rows)
}

func keys(keys [][]string) string {
	alternatives := make([]string, len(keys))
	for i, key := range keys {
		alternatives[i] = strings.Join(key, " + ")
	}
	return strings.Join(alternatives, ", else ")
}

// manner tells how fields are written that are not simply written, as far as this plan has a value for them.
func manner(o mapping.Object) string {
	var parts []string
	for _, each := range []struct {
		what   string
		fields []string
	}{{"only when it is new", o.CreateOnly}, {"only when it exists", o.UpdateOnly}, {"only where blank", o.FillBlanks}} {
		fields := slices.DeleteFunc(slices.Clone(each.fields), func(f string) bool { _, has := o.Fields[f]; return !has })
		if len(fields) > 0 {
			parts = append(parts, each.what+": "+strings.Join(fields, ", "))
		}
	}
	for _, link := range o.Links {
		parts = append(parts, link.Field+" links to "+link.To)
	}
	return strings.Join(parts, "; ")
}

func (t Trial) printRouting(s *screen.Screen) {
	if t.Routing == nil {
		return
	}
	s.Title("Owner")
	s.Text(2, "%s", t.Routing.Explanation)
	if c := t.Plan.Customer; c != nil && t.Routing.Customer != nil {
		s.Text(2, "For a customer (%s of the %s), %s%s", conditions(c.When), c.Object, skipped(c.Skip), t.Routing.Customer.Explanation)
	}
	if len(t.Plan.Facts) > 0 {
		facts := make([]string, 0, len(t.Plan.Facts))
		for _, name := range slices.Sorted(maps.Keys(t.Plan.Facts)) {
			facts = append(facts, name+" = "+t.Plan.Facts[name])
		}
		s.Text(2, "%s", s.In(screen.Faint, "%s", "Decided by: "+strings.Join(facts, ", ")))
	}
}

func skipped(names []string) string {
	if len(names) == 0 {
		return "another rule decides. "
	}
	return "no " + strings.Join(names, " and no ") + " is written. "
}

func conditions(when map[string][]string) string {
	parts := make([]string, 0, len(when))
	for _, field := range slices.Sorted(maps.Keys(when)) {
		parts = append(parts, field+" is "+strings.Join(when[field], " or "))
	}
	return strings.Join(parts, ", ")
}

func (t Trial) printEnd(s *screen.Screen) {
	s.Line("")
	if t.OK() {
		s.Line("%s %d fields of %d records would be written. Nothing was.", s.In(screen.Good, "✓"), t.fields(), len(t.Plan.Objects))
		return
	}
	problems := "1 problem"
	if len(t.Problems) != 1 {
		problems = fmt.Sprintf("%d problems", len(t.Problems))
	}
	s.Line("%s %s: the submission would wait in review.", s.In(screen.Bad, "✗"), problems)
}

func (t Trial) fields() int {
	n := 0
	for _, o := range t.Plan.Objects {
		n += len(o.Fields)
	}
	return n
}
