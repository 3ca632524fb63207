package yamlfile

import "strings"

// ProblemWithin describes what is wrong inside of the text at a path, for texts with a syntax of their own. Line and
// column are those within the text, from 0; the column counts characters. Where they cannot be told in the file, as in a
// text that YAML folds, the problem stands where the text begins.
func (f *File) ProblemWithin(path string, line, column int, format string, args ...any) Problem {
	p := f.Problem(path, format, args...)
	raw, ok := f.line(p.Line)
	if !ok || line < 0 || column < 0 || p.Column > len(raw) {
		return p
	}
	written := raw[p.Column-1:]
	switch {
	case written[0] == '|':
		return f.inBlock(p, line, column)
	case line > 0 || written[0] == '>':
		return p
	case written[0] == '\'' || written[0] == '"':
		p.Column += quotedWidth(written, column)
	default:
		p.Column += column
	}
	return p
}

// inBlock finds a place in a block that keeps its lines.
func (f *File) inBlock(p Problem, line, column int) Problem {
	first, ok := f.line(p.Line + 1)
	if !ok {
		return p
	}
	indent := len(first) - len([]rune(strings.TrimLeft(string(first), " ")))
	if _, ok := f.line(p.Line + 1 + line); ok {
		p.Line, p.Column = p.Line+1+line, indent+column+1
	}
	return p
}

// quotedWidth is how many characters of a quoted text stand before one of its characters, the quotation mark included.
func quotedWidth(written []rune, column int) int {
	quote, at := written[0], 1
	for ; column > 0 && at < len(written); column-- {
		if quote == '"' && written[at] == '\\' || quote == '\'' && written[at] == quote {
			at++ // two characters that stand for one
		}
		at++
	}
	return at
}

// line is a line of the file, from 1.
func (f *File) line(number int) ([]rune, bool) {
	lines := strings.Split(f.source, "\n")
	if number < 1 || number > len(lines) {
		return nil, false
	}
	return []rune(strings.TrimSuffix(lines[number-1], "\r")), true
}

// Place is the line and column of a path, as Problem has them.
func (f *File) Place(path string) (line, column int) {
	p := f.Problem(path, "")
	return p.Line, p.Column
}
