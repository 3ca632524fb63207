package cases

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"handoff/internal/mappingtool/screen"
)

// Print shows what came of the cases, mapping by mapping, and of those that failed every difference.
func (r Report) Print(s *screen.Screen) {
	of := ""
	for _, result := range r.Results {
		if result.Mapping != of {
			of = result.Mapping
			s.Title("%s", of)
		}
		result.print(s)
	}
	for _, name := range r.Without {
		s.Title("%s", name)
		s.Line("  %s has no case; beside the mappings, put what a form sends into cases/%s/NAME.yaml, and run `handoff mappings test %s --update`",
			s.In(screen.Bad, "✗"), name, name)
	}
	if len(r.Unreadable) > 0 {
		s.Title("Cases that cannot be read")
		for _, problem := range r.Unreadable {
			s.Line("  %s %s", s.In(screen.Bad, "✗"), problem)
		}
	}
	r.summary(s)
}

func (r Result) print(s *screen.Screen) {
	switch {
	case r.Problem != "":
		s.Line("  %s %s: %s", s.In(screen.Bad, "✗"), r.Name, r.Problem)
	case r.Updated && r.first():
		s.Line("  %s %s: expected from now on", s.In(screen.Warning, "✎"), r.Name)
	case r.Updated:
		s.Line("  %s %s: %s written anew", s.In(screen.Warning, "✎"), r.Name, differences(len(r.Differences)))
		r.printDifferences(s)
	case len(r.Differences) > 0:
		s.Line("  %s %s: %s", s.In(screen.Bad, "✗"), r.Name, differences(len(r.Differences)))
		r.printDifferences(s)
	default:
		s.Line("  %s %s", s.In(screen.Good, "✓"), r.Name)
	}
}

// first says that nothing was expected of the case before.
func (r Result) first() bool { return len(r.Differences) == 1 && r.Differences[0].Path == everything }

func differences(n int) string {
	if n == 1 {
		return "1 difference"
	}
	return fmt.Sprintf("%d differences", n)
}

// printDifferences puts what was expected and what came below each other, where the eye compares them.
func (r Result) printDifferences(s *screen.Screen) {
	for _, d := range r.Differences {
		s.Line("      %s", s.In(screen.Title, "%s", d.Path))
		for _, side := range []struct {
			mark, text string
			style      screen.Style
		}{{"- expected ", d.Want, screen.Bad}, {"+ got      ", d.Got, screen.Good}} {
			if side.text == "" {
				side.text = "nothing"
			}
			const at = 8
			room := s.Width() - at - len(side.mark)
			for i, line := range strings.Split(text.WrapText(side.text, room), "\n") {
				if i > 0 {
					side.mark = strings.Repeat(" ", len(side.mark))
				}
				s.Line("%s%s", strings.Repeat(" ", at), s.In(side.style, "%s%s", side.mark, line))
			}
		}
	}
}

func (r Report) summary(s *screen.Screen) {
	failed, updated := len(r.Unreadable)+len(r.Without), 0
	for _, result := range r.Results {
		if !result.Passed() {
			failed++
		}
		if result.Updated {
			updated++
		}
	}
	s.Line("")
	cases := "1 case"
	if len(r.Results) != 1 {
		cases = fmt.Sprintf("%d cases", len(r.Results))
	}
	switch {
	case failed > 0 && updated == 0:
		s.Line("%s %s, %d to look at. Where the mapping is right, write what it gives with --update.", s.In(screen.Bad, "✗"), cases, failed)
	case failed > 0:
		s.Line("%s %s, %d written anew, %d to look at.", s.In(screen.Bad, "✗"), cases, updated, failed)
	case updated > 0:
		s.Line("%s %s, %d written anew: look at the difference before you commit it.", s.In(screen.Warning, "✎"), cases, updated)
	default:
		s.Line("%s %s, all as expected.", s.In(screen.Good, "✓"), cases)
	}
}
