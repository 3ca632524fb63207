package schemacheck

import (
	"fmt"

	"handoff/internal/mappingtool/screen"
)

// Report is what came of checking destinations.
type Report struct {
	Destinations []string  `json:"destinations"`
	Findings     []Finding `json:"findings"`
	// Unread says which destinations did not tell their schema, and why.
	Unread map[string]string `json:"unread,omitempty"`
	// Fields is how many fields of mappings were compared.
	Fields int `json:"fields"`
}

// OK says that every destination was read and takes everything.
func (r Report) OK() bool { return len(r.Findings) == 0 && len(r.Unread) == 0 }

// Print shows the findings by destination and mapping.
func (r Report) Print(s *screen.Screen) {
	for _, destination := range r.Destinations {
		s.Title("%s", destination)
		if why, unread := r.Unread[destination]; unread {
			s.Text(2, "%s %s", s.In(screen.Bad, "✗"), why)
			continue
		}
		var rows [][]screen.Cell
		for _, f := range r.Findings {
			if f.Destination != destination {
				continue
			}
			field, place := f.Object, f.Place.File
			if f.Field != "" {
				field += "." + f.Field
			}
			if f.Place.Line > 0 {
				place += fmt.Sprintf(":%d", f.Place.Line)
			}
			style := screen.Bad
			if f.Code == CodeMaybe || f.Code == CodeLength {
				style = screen.Warning
			}
			rows = append(rows, []screen.Cell{{Text: field, Style: screen.Name}, {Text: f.Code, Style: style}, {Text: f.Expect}, {Text: place, Style: screen.Faint}})
		}
		if len(rows) == 0 {
			s.Line("  %s takes everything that the mappings write", s.In(screen.Good, "✓"))
		}
		s.Table([]screen.Column{{Title: "object.property"}, {Title: "finding"}, {Title: "what would do", Share: 1}, {Title: "rule"}}, rows)
	}
	s.Line("")
	switch {
	case len(r.Findings) > 0:
		s.Line("%s %s in %d compared fields. Leads would fail on them, or lose a value.", s.In(screen.Bad, "✗"), counted(len(r.Findings)), r.Fields)
	case len(r.Unread) > 0:
		s.Line("%s Not every destination could be asked.", s.In(screen.Bad, "✗"))
	default:
		s.Line("%s %d fields compared with the live schema.", s.In(screen.Good, "✓"), r.Fields)
	}
}

func counted(n int) string {
	if n == 1 {
		return "1 finding"
	}
	return fmt.Sprintf("%d findings", n)
}
