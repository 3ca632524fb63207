// Package screen is what the commands about mappings look like: headings, tables that fit the width, marks, and colours
// where a person is looking. What is printed reads the same without colours.
package screen

import (
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Width is used where nobody knows better, such as in a file.
const Width = 120

// Screen prints to one place. It is not safe for concurrent use.
type Screen struct {
	w     io.Writer
	width int
	paint map[Style]*color.Color // empty without colours
	begun bool
	err   error
}

// Style is what a text is, not how it looks.
type Style int

const (
	Plain Style = iota
	Title
	Faint
	Good
	Bad
	Warning
	Name
)

var attributes = map[Style][]color.Attribute{
	Title: {color.Bold}, Faint: {color.Faint}, Good: {color.FgGreen}, Bad: {color.FgRed}, Warning: {color.FgYellow}, Name: {color.FgCyan},
}

// New makes a screen that is width characters wide; 0 is Width.
func New(w io.Writer, colors bool, width int) *Screen {
	if width <= 0 {
		width = Width
	}
	s := &Screen{w: w, width: max(width, 60), paint: map[Style]*color.Color{}}
	if colors {
		for style, what := range attributes {
			s.paint[style] = color.New(what...)
			s.paint[style].EnableColor() // whatever the library thinks of its own standard output
		}
	}
	return s
}

// Width is how many characters go into a line.
func (s *Screen) Width() int { return s.width }

// In is the text in a style.
func (s *Screen) In(style Style, format string, args ...any) string {
	what := fmt.Sprintf(format, args...)
	if c, ok := s.paint[style]; ok && what != "" {
		return c.Sprint(what)
	}
	return what
}

// Line prints a line.
func (s *Screen) Line(format string, args ...any) {
	s.begun = true
	if s.err == nil {
		_, s.err = fmt.Fprintln(s.w, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
}

// Title prints a heading, with an empty line between it and what stands before.
func (s *Screen) Title(format string, args ...any) {
	if s.begun {
		s.Line("")
	}
	s.Line("%s", s.In(Title, format, args...))
}

// Text prints a paragraph, wrapped at words and indented.
func (s *Screen) Text(indent int, format string, args ...any) {
	for _, line := range strings.Split(text.WrapSoft(fmt.Sprintf(format, args...), s.width-indent), "\n") {
		s.Line("%s%s", strings.Repeat(" ", indent), strings.TrimRight(line, " "))
	}
}

// Err is the first error of printing.
func (s *Screen) Err() error { return s.err }
