package change

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/mappingtool/screen"
	"handoff/internal/submission"
)

// Print shows what would change, mapping by mapping: first what concerns whole submissions, then field by field.
func (r Report) Print(s *screen.Screen) {
	s.Title("What would change, compared with %s", r.Against)
	s.Line("  %s since %s", counted(r.Submissions, "submission"), r.Since.Format(time.DateTime+" MST"))
	for _, why := range slices.Sorted(maps.Keys(r.Skipped)) {
		s.Line("  %s", s.In(screen.Faint, "%d not compared: %s", r.Skipped[why], why))
	}
	for _, m := range r.Mappings {
		m.print(s)
	}
	s.Line("")
	switch {
	case r.Compared == 0:
		s.Line("%s There is nothing to compare: no submission since then is of these forms. Look further back with --since.", s.In(screen.Warning, "!"))
	case r.OK():
		s.Line("%s %s would come out the same.", s.In(screen.Good, "✓"), all(r.Compared))
	default:
		s.Line("%s %s would come out otherwise. Nothing was changed.", s.In(screen.Warning, "!"), of(r.Changed, r.Compared))
	}
}

func all(n int) string {
	if n == 1 {
		return "The 1 submission"
	}
	return fmt.Sprintf("All %s submissions", number(n))
}

func of(n, total int) string {
	return fmt.Sprintf("%s of %s (%s)", number(n), counted(total, "submission"), percent(n, total))
}

func percent(n, total int) string {
	share := 100 * float64(n) / float64(max(1, total))
	if n > 0 && share < 0.1 {
		return "less than 0.1%"
	}
	return strconv.FormatFloat(share, 'f', 1, 64) + "%"
}

// number separates thousands.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

func (m Mapping) print(s *screen.Screen) {
	version := ""
	switch {
	case m.Was != "" && m.Is != "" && m.Was != m.Is:
		version = " " + m.Was + " → " + m.Is
	case m.Is != "":
		version = " " + m.Is
	}
	s.Title("%s%s", m.Mapping, version)
	if m.Changed == 0 {
		s.Line("  %s %s, no difference", s.In(screen.Good, "✓"), counted(m.Submissions, "submission"))
		return
	}
	s.Line("  %s differ", of(m.Changed, m.Submissions))
	m.printReviews(s)
	m.printMoves(s)
	m.printFields(s)
}

func (m Mapping) printReviews(s *screen.Screen) {
	if len(m.Reviews) == 0 {
		return
	}
	s.Line("")
	rows := make([][]screen.Cell, len(m.Reviews))
	for i, r := range m.Reviews {
		style := screen.Bad
		if r.Change == "no longer in review" {
			style = screen.Good
		}
		why := r.Problems
		if why == "" {
			why = "the reason was not recorded"
		}
		if r.Before != "" {
			why += " (was: " + r.Before + ")"
		}
		rows[i] = []screen.Cell{{Text: number(r.Count), Style: style}, {Text: r.Change, Style: style}, {Text: why}, {Text: shown(r.Examples), Style: screen.Faint}}
	}
	s.Table([]screen.Column{{Title: "count", Right: true}, {Title: "review"}, {Title: "because of", Share: 3}, {Title: "such as", Share: 2}}, rows)
}

func shown(ids []submission.ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	return strings.Join(texts, " ")
}

func (m Mapping) printMoves(s *screen.Screen) {
	if len(m.Moves) == 0 {
		return
	}
	s.Line("")
	rows := make([][]screen.Cell, len(m.Moves))
	for i, move := range m.Moves {
		rows[i] = []screen.Cell{{Text: number(move.Count)}, {Text: move.Change}, {Text: shown(move.Examples), Style: screen.Faint}}
	}
	s.Table([]screen.Column{{Title: "count", Right: true}, {Title: "submission", Share: 3}, {Title: "such as", Share: 2}}, rows)
}

func (m Mapping) printFields(s *screen.Screen) {
	if len(m.Fields) == 0 {
		return
	}
	s.Line("")
	var rows [][]screen.Cell
	for _, f := range m.Fields {
		row := []screen.Cell{
			{Text: f.Field, Style: screen.Name}, {Text: blank(f.Added), Style: screen.Good}, {Text: blank(f.Removed), Style: screen.Bad},
			{Text: blank(f.Changed), Style: screen.Warning}, {}, {},
		}
		for i, e := range f.Examples {
			if i > 0 {
				row = make([]screen.Cell, len(row))
			}
			row[4].Text, row[5].Text = e.Before, e.After
			if e.Note != "" {
				row[5].Text += " (" + e.Note + ")"
			}
			rows = append(rows, row)
		}
		if len(f.Examples) == 0 {
			rows = append(rows, row)
		}
	}
	s.Table([]screen.Column{
		{Title: "field"}, {Title: "added", Right: true}, {Title: "removed", Right: true}, {Title: "changed", Right: true},
		{Title: "before", Share: 1}, {Title: "after", Share: 1},
	}, rows)
}

func blank(n int) string {
	if n == 0 {
		return ""
	}
	return number(n)
}
