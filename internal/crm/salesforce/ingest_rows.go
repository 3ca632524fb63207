package salesforce

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxData bounds the rows of a job in bytes. Salesforce takes a hundred million, and tells them all again with its results.
	maxData = 16 << 20
	// maxValue is how many bytes of a value are sure to be within what Salesforce takes of one.
	maxValue = 32_000
	// cleared is what Salesforce takes in a job for "no value", and what no value can be written as.
	cleared = "#N/A"
)

// rowText is a value in a row of a job; false where a row cannot say it.
func rowText(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true // there is nothing to clear in a new record
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	case string:
		return v, len(v) <= maxValue && utf8.ValidString(v) && !strings.ContainsAny(v, "\x00\r") && !strings.EqualFold(strings.TrimSpace(v), cleared)
	}
	return "", false
}

// fitsRow says whether a job can say what a record is to hold.
func fitsRow(out outgoing) bool {
	for _, value := range out.record {
		if _, ok := rowText(value); !ok {
			return false
		}
	}
	return true
}

// jobSize is how many rows go in one job.
func jobSize(rows []outgoing) int {
	bytes := 0
	for n, row := range rows {
		for name, value := range row.record {
			text, _ := rowText(value) // it fits
			bytes += len(name)/len(rows) + 2*len(text) + 3
		}
		if n > 0 && bytes > maxData || n == MaxBulk {
			return n
		}
	}
	return len(rows)
}

// encodeRows writes the rows of a job, a column for each field that any of them has.
// See https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm.
func encodeRows(rows []outgoing) []byte {
	var columns []string
	seen := map[string]bool{}
	for _, row := range rows {
		for name, value := range row.record {
			if value != nil && !seen[name] {
				seen[name] = true
				columns = append(columns, name)
			}
		}
	}
	slices.Sort(columns)
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	_ = w.Write(columns) // into memory: it cannot fail
	line := make([]string, len(columns))
	for _, row := range rows {
		for i, name := range columns {
			line[i], _ = rowText(row.record[name]) // it fits
		}
		_ = w.Write(line)
	}
	w.Flush()
	return text.Bytes()
}

// said is what Salesforce says of one row.
type said struct {
	id   string
	text string // why it was refused
}

// decodeRows reads results by the value of a column. It is false where they are none.
func decodeRows(body []byte, key, what string) (map[string]said, bool) {
	r := csv.NewReader(bytes.NewReader(body))
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return nil, false
	}
	id, text, by := slices.Index(head, "sf__Id"), slices.Index(head, what), slices.Index(head, key)
	if id < 0 || text < 0 || by < 0 {
		return nil, false
	}
	rows := map[string]said{}
	for {
		row, err := r.Read()
		if err != nil { // the end, or a line that broke off: the rows before it are not all
			return rows, errors.Is(err, io.EOF)
		}
		rows[folded(row[by])] = said{strings.Clone(row[id]), strings.Clone(row[text])}
	}
}

// rowProblem reads why a row was refused: CODE:text:FIELDS --. The text may hold anything.
func rowProblem(text string) problem {
	code, rest, _ := strings.Cut(text, ":")
	p := problem{StatusCode: code, Message: rest}
	rest = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "--"))
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		for field := range strings.SplitSeq(rest[i+1:], ",") {
			p.Fields = append(p.Fields, strings.TrimSpace(field))
		}
		p.Message = rest[:i]
	}
	return p
}
