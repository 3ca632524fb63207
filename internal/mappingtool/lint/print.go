package lint

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"handoff/internal/mappingtool/screen"
)

// Print shows the problems as compilers do: place and message, then the line with what is meant underlined.
func (r Report) Print(s *screen.Screen) {
	for _, p := range r.Problems {
		place := p.File
		if p.Line > 0 {
			place += fmt.Sprintf(":%d:%d", p.Line, p.Column)
		}
		if place != "" {
			place = s.In(screen.Title, "%s", place) + ": "
		}
		s.Line("%s%s", place, s.In(screen.Bad, "%s", p.Message))
		if p.Text != "" {
			p.printLine(s)
		}
		if p.Path != "" {
			s.Line("%s", s.In(screen.Faint, "       at %s", p.Path))
		}
		s.Line("")
	}
	r.summary(s)
}

func (r Report) summary(s *screen.Screen) {
	if len(r.Problems) == 0 {
		s.Line("%s %s: no problems.", s.In(screen.Good, "✓"), counted(len(r.Files), "file"))
		return
	}
	in := map[string]bool{}
	for _, p := range r.Problems {
		in[p.File] = true
	}
	s.Line("%s %s in %s; %s checked.", s.In(screen.Bad, "✗"), counted(len(r.Problems), "problem"), counted(len(in), "file"),
		counted(len(r.Files), "file"))
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// room is what stands before a line of the file: its number and a bar.
const room = 8

func (p Problem) printLine(s *screen.Screen) {
	shown, column := window([]rune(strings.ReplaceAll(p.Text, "\t", " ")), p.Column, s.Width()-room)
	s.Line("%s%s", s.In(screen.Faint, "%5d │ ", p.Line), string(shown))
	if p.Length == 0 || column < 1 || column > len(shown) {
		return
	}
	length := min(p.Length, len(shown)-column+1)
	under := text.StringWidth(string(shown[column-1 : column-1+length]))
	s.Line("%s%s%s", s.In(screen.Faint, "      │ "), strings.Repeat(" ", text.StringWidth(string(shown[:column-1]))),
		s.In(screen.Bad, "%s", strings.Repeat("^", max(1, under))))
}

// window cuts a long line so that the column is in it.
func window(line []rune, column, width int) (shown []rune, at int) {
	const ahead = 40 // of a column that would not be seen, so much stays before it
	start := 0
	if column > width*3/4 {
		start = column - ahead
	}
	shown = append([]rune(nil), line[min(start, len(line)):]...)
	if start > 0 && len(shown) > 0 {
		shown[0] = '…'
	}
	if len(shown) > width {
		shown = append(shown[:width-1:width-1], '…')
	}
	return shown, column - start
}
