package backfill

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
)

// The columns of a file of rejected rows that are not the original's. They are passed over when the file is read again.
const (
	RejectedLine   = "handoff_line"
	RejectedReason = "handoff_reason"
)

// rejects is the file of rejected rows: CSV for tables and JSON Lines for objects, written with the first row.
type rejects struct {
	name   string
	header []string
	file   *os.File
	table  *csv.Writer
	rows   int64
}

// RejectsName is where the rejected rows of a file go unless somebody says otherwise.
func RejectsName(file, kind string) string {
	extension := ".csv"
	if kind == JSON || kind == JSONL {
		extension = ".jsonl"
	}
	return file + ".rejected" + extension
}

func (r *rejects) add(row Row, reasons []reason) error {
	if r.file == nil {
		if err := r.create(); err != nil {
			return err
		}
	}
	r.rows++
	texts := make([]string, len(reasons))
	for i, reason := range reasons {
		texts[i] = string(reason)
	}
	why := strings.Join(texts, "; ")
	if r.table == nil {
		object := maps.Clone(row.Object)
		if object == nil {
			object = map[string]any{}
		}
		object[RejectedLine], object[RejectedReason] = row.Line, why
		return json.NewEncoder(r.file).Encode(object)
	}
	record := []string{strconv.Itoa(row.Line), why}
	for i, name := range r.header {
		switch {
		case name == RejectedLine || name == RejectedReason:
		case i < len(row.Cells):
			record = append(record, row.Cells[i])
		default:
			record = append(record, "")
		}
	}
	return r.table.Write(record)
}

func (r *rejects) create() (err error) {
	// The rows are people's answers: nobody else may read them.
	if r.file, err = os.OpenFile(r.name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return fmt.Errorf("write the rejected rows: %w", err)
	}
	if r.header == nil {
		return nil
	}
	r.table = csv.NewWriter(r.file)
	record := []string{RejectedLine, RejectedReason}
	for _, name := range r.header {
		if name != RejectedLine && name != RejectedReason {
			record = append(record, name)
		}
	}
	return r.table.Write(record)
}

func (r *rejects) close() error {
	if r.file == nil {
		return nil
	}
	if r.table != nil {
		r.table.Flush()
		if err := r.table.Error(); err != nil {
			return fmt.Errorf("write the rejected rows: %w", err)
		}
	}
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("write the rejected rows: %w", err)
	}
	return nil
}
