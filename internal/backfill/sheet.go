package backfill

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheet is one sheet of a spreadsheet, whose rows are read one by one.
type sheet struct {
	file  *excelize.File
	rows  *excelize.Rows
	names []string
	line  int
}

// inMemory is how large a sheet is unpacked at most that goes to no temporary file.
const inMemory = 16 << 20

// openSheet opens the named sheet, or the first one. Days and moments are given as in ISO 8601, whatever the country.
func openSheet(r io.Reader, name string) (*sheet, string, error) {
	packed, err := io.ReadAll(r)
	if err != nil {
		return nil, "", fmt.Errorf("read the spreadsheet: %w", err)
	}
	if err := unpackable(packed); err != nil {
		return nil, "", err
	}
	file, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd", LongTimePattern: "hh:mm:ss", UnzipXMLSizeLimit: inMemory,
	})
	if err != nil {
		return nil, "", fmt.Errorf("read the spreadsheet: %w", err)
	}
	s, name, err := newSheet(file, name)
	if err != nil {
		return nil, "", errors.Join(err, file.Close())
	}
	return s, name, nil
}

// unpackable says why a large sheet cannot go to a temporary file: the library would have it in memory then, without a word.
func unpackable(packed []byte) error {
	parts, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return fmt.Errorf("read the spreadsheet: %w", err)
	}
	if !slices.ContainsFunc(parts.File, func(part *zip.File) bool { return part.UncompressedSize64 > inMemory }) {
		return nil
	}
	trial, err := os.CreateTemp("", "handoff-")
	if err != nil {
		return fmt.Errorf("the spreadsheet is too large to be unpacked in memory; TMPDIR must name a folder that this command may write to: %w", err)
	}
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}

func newSheet(file *excelize.File, name string) (*sheet, string, error) {
	sheets := file.GetSheetList()
	switch {
	case name == "" && len(sheets) > 0:
		name = sheets[0]
	case !slices.Contains(sheets, name):
		return nil, "", fmt.Errorf("there is no sheet %q; want one of: %s", name, strings.Join(sheets, ", "))
	}
	rows, err := file.Rows(name)
	if err != nil {
		return nil, "", fmt.Errorf("read sheet %s: %w", name, err)
	}
	s := &sheet{file: file, rows: rows}
	for len(s.names) == 0 {
		cells, err := s.cells()
		if errors.Is(err, io.EOF) {
			return nil, "", fmt.Errorf("sheet %s is empty; want a first row that names the columns", name)
		}
		if err != nil {
			return nil, "", err
		}
		for _, cell := range cells {
			s.names = append(s.names, strings.TrimSpace(cell))
		}
		for len(s.names) > 0 && s.names[len(s.names)-1] == "" {
			s.names = s.names[:len(s.names)-1]
		}
	}
	return s, name, nil
}

func (s *sheet) header() []string { return s.names }

func (s *sheet) cells() ([]string, error) {
	if !s.rows.Next() {
		if err := s.rows.Error(); err != nil {
			return nil, fmt.Errorf("read the spreadsheet: %w", err)
		}
		return nil, io.EOF
	}
	s.line++
	cells, err := s.rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("row %d of the spreadsheet: %w", s.line, err)
	}
	return cells, nil
}

func (s *sheet) next() (Row, error) {
	for {
		cells, err := s.cells()
		if err != nil {
			return Row{}, err
		}
		if !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			continue // an empty row
		}
		return tableRow(s.line, cells, len(s.names)), nil
	}
}

func (s *sheet) close() error { return errors.Join(s.rows.Close(), s.file.Close()) }
