package backfill

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is CSV. Cells may hold line breaks; a row with too few or too many cells is a row that cannot be read.
type table struct {
	reader *csv.Reader
	names  []string
}

func newTable(r io.Reader, delimiter rune) (*table, error) {
	reader := csv.NewReader(r)
	reader.Comma, reader.FieldsPerRecord, reader.LazyQuotes, reader.ReuseRecord = delimiter, -1, true, true
	t := &table{reader: reader}
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty; want a first line that names the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("read the first line: %w", err)
	}
	for _, name := range header {
		t.names = append(t.names, strings.TrimSpace(name))
	}
	return t, nil
}

func (t *table) header() []string { return t.names }

func (t *table) next() (Row, error) {
	for {
		cells, err := t.reader.Read()
		if errors.Is(err, io.EOF) {
			return Row{}, io.EOF
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return Row{Line: wrong.StartLine, Fault: "the quotes do not match"}, nil
		}
		if err != nil {
			return Row{}, fmt.Errorf("read the file: %w", err)
		}
		line, _ := t.reader.FieldPos(0)
		if len(cells) == 1 && strings.TrimSpace(cells[0]) == "" {
			continue // an empty line
		}
		return tableRow(line, cells, len(t.names)), nil
	}
}

func (t *table) close() error { return nil }

// tableRow makes a row of cells, which it copies.
func tableRow(line int, cells []string, columns int) Row {
	for len(cells) > columns && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1] // spreadsheets leave empty cells behind
	}
	if len(cells) > columns {
		return Row{Line: line, Fault: fmt.Sprintf("%d cells, and the first line names %d columns", len(cells), columns)}
	}
	row := Row{Line: line, Cells: make([]string, columns)}
	for i, cell := range cells {
		if !utf8.ValidString(cell) || strings.ContainsRune(cell, utf8.RuneError) || strings.ContainsRune(cell, 0) {
			return Row{Line: line, Fault: "a cell is not in the file's encoding; --encoding names another one"}
		}
		row.Cells[i] = strings.Clone(cell)
	}
	return row
}
