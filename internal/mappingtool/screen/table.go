package screen

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Column is one column of a table.
type Column struct {
	Title string
	Right bool // numbers
	// Share is how much of the room that is left the column may take: a column without one is as wide as its content, the
	// others divide what remains and wrap.
	Share int
}

// Cell is a text in a style.
type Cell struct {
	Text  string
	Style Style
}

// Cells makes plain cells.
func Cells(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, each := range texts {
		cells[i].Text = each
	}
	return cells
}

// gap is what stands between two columns, and indent before the first.
const (
	gap    = 2
	indent = 2
)

// Table prints a table that is no wider than the screen. Nothing is printed without rows.
func (s *Screen) Table(columns []Column, rows [][]Cell) {
	if len(rows) == 0 {
		return
	}
	t := table.NewWriter()
	t.SetStyle(style())
	t.SuppressTrailingSpaces()
	widths := s.widths(columns, rows)
	header := make(table.Row, len(columns))
	configs := make([]table.ColumnConfig, len(columns))
	for i, column := range columns {
		header[i] = s.In(Faint, "%s", column.Title)
		configs[i] = table.ColumnConfig{Number: i + 1, WidthMax: widths[i], WidthMaxEnforcer: wrap}
		if column.Right {
			configs[i].Align, configs[i].AlignHeader = text.AlignRight, text.AlignRight
		}
	}
	t.AppendHeader(header)
	t.SetColumnConfigs(configs)
	for _, row := range rows {
		cells := make(table.Row, len(row))
		for i, cell := range row {
			cells[i] = s.cell(cell, widths[i])
		}
		t.AppendRow(cells)
	}
	for _, line := range strings.Split(t.Render(), "\n") {
		if strings.Trim(line, rule) == "" {
			line = strings.TrimSuffix(line, strings.Repeat(rule, gap)) // the last column's gap
		}
		s.Line("%s%s", strings.Repeat(" ", indent), strings.TrimRight(line, " "))
	}
}

// rule is what separates the titles from the rows.
const rule = "─"

// cell colours each line for itself, so that no colour runs into the next column.
func (s *Screen) cell(c Cell, width int) string {
	lines := strings.Split(wrap(c.Text, width), "\n")
	for i, line := range lines {
		lines[i] = s.In(c.Style, "%s", line)
	}
	return strings.Join(lines, "\n")
}

// wrap breaks at words, and within a word that is wider than the column.
func wrap(what string, width int) string {
	if text.LongestLineLen(what) <= width {
		return what
	}
	lines := strings.Split(text.WrapSoft(what, width), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// least is how narrow a column that wraps may become.
const least = 12

func (s *Screen) widths(columns []Column, rows [][]Cell) []int {
	widths := make([]int, len(columns))
	room, shares := s.width-indent, 0
	for i, column := range columns {
		widths[i] = text.StringWidth(column.Title)
		for _, row := range rows {
			widths[i] = max(widths[i], text.LongestLineLen(row[i].Text))
		}
		if i > 0 {
			room -= gap
		}
		if column.Share == 0 {
			room -= widths[i]
		}
		shares += column.Share
	}
	// A column that needs less than its share leaves the rest to the others.
	for settled := true; settled; {
		settled = false
		for i, column := range columns {
			if column.Share > 0 && widths[i] > 0 && widths[i] <= room*column.Share/shares {
				room, shares, settled = room-widths[i], shares-column.Share, shares > column.Share
				columns = without(columns, i)
			}
		}
	}
	for i, column := range columns {
		if column.Share > 0 {
			widths[i] = max(least, room*column.Share/shares)
		}
	}
	return widths
}

// without is a copy of the columns in which one has no share any more.
func without(columns []Column, i int) []Column {
	changed := append([]Column(nil), columns...)
	changed[i].Share = 0
	return changed
}

func style() table.Style {
	plain := table.StyleLight
	plain.Box.PaddingLeft, plain.Box.PaddingRight = "", strings.Repeat(" ", gap)
	plain.Format.Header = text.FormatDefault
	plain.Options = table.Options{SeparateHeader: true}
	return plain
}
