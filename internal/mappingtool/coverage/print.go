package coverage

import (
	"fmt"
	"strings"
	"time"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/screen"
)

// Print shows the forms one after the other, of each only where it and its mapping do not fit.
func (r Report) Print(s *screen.Screen) {
	s.Title("%s since %s", counted(r.Submissions, "submission"), r.Since.Format(time.DateTime+" MST"))
	if r.Skipped > 0 {
		s.Line("  %s", s.In(screen.Faint, "%d of them hold no answers (yet)", r.Skipped))
	}
	for _, f := range r.Forms {
		f.print(s)
	}
	if len(r.Silent) > 0 {
		s.Title("Mapped forms of which nothing came")
		for _, silent := range r.Silent {
			s.Line("  %s of %s (%s)", silent.Form, silent.Source, silent.Mapping)
		}
	}
	s.Line("")
	switch {
	case len(r.Forms) == 0:
		s.Line("%s Nothing came since then. Look further back with --since.", s.In(screen.Warning, "!"))
	case r.OK():
		s.Line("%s Forms and mappings fit together.", s.In(screen.Good, "✓"))
	default:
		s.Line("%s Forms and mappings have come apart. Map an answer, name it under `ignore`, or take a rule out.", s.In(screen.Warning, "!"))
	}
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (f Form) print(s *screen.Screen) {
	s.Title("Form %s of source %s: %s", f.Form, f.Source, counted(f.Submissions, "submission"))
	if f.Mapping == "" {
		s.Line("  %s no mapping serves it; begin with: handoff mappings init --from SAMPLE --source %s --form %s", s.In(screen.Bad, "✗"), f.Source, f.Form)
		return
	}
	if len(f.Unmapped)+len(f.Vanished)+len(f.Idle) == 0 {
		s.Line("  %s every answer is read by %s, and every rule has written something", s.In(screen.Good, "✓"), f.Mapping)
		return
	}
	f.printUnmapped(s)
	f.printVanished(s)
	f.printIdle(s)
}

func (f Form) printUnmapped(s *screen.Screen) {
	if len(f.Unmapped) == 0 {
		return
	}
	rows := make([][]screen.Cell, len(f.Unmapped))
	for i, u := range f.Unmapped {
		rows[i] = []screen.Cell{{Text: u.Answer, Style: screen.Warning}, {Text: fmt.Sprint(u.Count)}, {Text: day(u.First)}, {Text: day(u.Last)}}
	}
	s.Table([]screen.Column{{Title: "answer that no rule reads", Share: 1}, {Title: "came", Right: true}, {Title: "first"}, {Title: "last"}}, rows)
	if f.MoreNames > 0 {
		s.Line("  and %d more under other names", f.MoreNames)
	}
	s.Line("")
}

// printVanished tells answers that stopped coming, which somebody should look into, from those that never came, which may
// be alternatives that the mapping keeps for other forms.
func (f Form) printVanished(s *screen.Screen) {
	var rows [][]screen.Cell
	var never []string
	for _, v := range f.Vanished {
		if v.Count == 0 {
			never = append(never, v.Answer)
			continue
		}
		rows = append(rows, []screen.Cell{
			{Text: v.Answer, Style: screen.Bad}, {Text: fmt.Sprint(v.Count)}, {Text: v.Since.Format(time.DateTime)}, {Text: fmt.Sprint(v.Missing)},
		})
	}
	s.Table([]screen.Column{
		{Title: "answer that does not come any more", Share: 1}, {Title: "came", Right: true}, {Title: "last before"}, {Title: "missing since", Right: true},
	}, rows)
	if len(rows) > 0 {
		s.Line("")
	}
	if len(never) > 0 {
		s.Line("  %s", s.In(screen.Faint, "answers that rules read and that never came"))
		s.Text(4, "%s", strings.Join(never, ", "))
		s.Line("")
	}
}

func (f Form) printIdle(s *screen.Screen) {
	if len(f.Idle) == 0 {
		return
	}
	rows := make([][]screen.Cell, len(f.Idle))
	for i, rule := range f.Idle {
		rows[i] = []screen.Cell{
			{Text: fmt.Sprintf("%s:%d", rule.Rule.File, rule.Rule.Line), Style: screen.Faint}, {Text: strings.Join(rule.From, ", ")},
			{Text: strings.Join(rule.To, ", "), Style: screen.Name}, {Text: why(rule.Status)},
		}
	}
	s.Table([]screen.Column{{Title: "rule that never wrote"}, {Title: "reads", Share: 1}, {Title: "writes", Share: 1}, {Title: "most often", Share: 1}}, rows)
	s.Line("")
}

func why(status mapping.Status) string {
	switch status {
	case mapping.StatusEmpty:
		return "there was no answer"
	case mapping.StatusOmitted:
		return "the answer made no sense"
	case mapping.StatusProblem:
		return "the answer was a problem"
	case mapping.StatusCondition:
		return "its condition was not met"
	case mapping.StatusNoConsent:
		return "the person did not agree"
	case mapping.StatusSuperseded:
		return "an earlier rule had filled the field"
	}
	return string(status)
}

func day(at time.Time) string { return at.Format(time.DateOnly) }
