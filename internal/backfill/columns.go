package backfill

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"handoff/internal/yamlfile"
)

// Columns say what the columns of a file are, or the keys of its objects.
type Columns struct {
	// Answers are the answers' names by column; those that it does not name are found by their names.
	Answers map[string]string
	// ID, SubmittedAt and Form are the columns that hold these; found by their names when empty, and there may be none.
	ID, SubmittedAt, Form string
}

// Column is one column and what is made of it.
type Column struct {
	Header string
	// Answer is what the answer is called; "" for a column that is no answer.
	Answer string
	Role   string // id, submitted_at, form, or "" for an answer
	Mapped bool   // a rule of the mapping reads the answer
}

// What columns are called that hold more than an answer, without regard to case, spaces and punctuation.
var roles = []struct {
	role  string
	names []string
}{
	{"id", []string{"submissionid", "responseid", "entryid", "leadid", "recordid", "id", "token", "uniqueid"}},
	{"submitted_at", []string{"submittedat", "submissiondate", "submissiontime", "submitdate", "datesubmitted", "timestamp", "createdat", "createdtime", "entrydate", "conversiondate", "date"}},
	{"form", []string{"form", "formname", "formid"}},
}

// own are the columns of a file of rejected rows that say why.
var own = []string{RejectedLine, RejectedReason}

// plain is a name without what people write differently.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// snake is how an answer is called whose column no rule names.
func snake(header string) string {
	words := strings.FieldsFunc(header, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.ToLower(strings.Join(words, "_"))
}

// match finds out what each column is. reads are the answers that the mapping reads. Its error says everything that is
// ambiguous and what to write instead.
func (c Columns) match(header, reads []string) ([]Column, error) {
	var problems []string
	for _, named := range []struct{ flag, column string }{{"--id", c.ID}, {"--submitted-at", c.SubmittedAt}, {"--form-column", c.Form}} {
		if named.column != "" && !slices.Contains(header, named.column) {
			problems = append(problems, named.flag+": "+yamlfile.Unknown("column", named.column, header))
		}
	}
	for _, column := range sortedKeys(c.Answers) {
		if !slices.Contains(header, column) {
			problems = append(problems, "--column: "+yamlfile.Unknown("column", column, header))
		}
	}
	byRole := c.byRole(header, reads)
	columns := make([]Column, len(header))
	answers, headers := map[string]string{}, map[string]bool{}
	for i, name := range header {
		column := Column{Header: name, Role: byRole[name]}
		switch {
		case name == "":
			problems = append(problems, fmt.Sprintf("column %d has no name; give it one in the first line", i+1))
		case headers[name]:
			problems = append(problems, fmt.Sprintf("two columns are called %q; rename one in the first line", name))
		case slices.Contains(own, name):
		case column.Role == "":
			column.Answer = c.answer(name, reads)
			column.Mapped = slices.Contains(reads, column.Answer)
			if other, taken := answers[column.Answer]; taken && column.Answer != "" {
				problems = append(problems, fmt.Sprintf("columns %q and %q would both be the answer %q; say which one is, as with --column %q, and give the other another name",
					other, name, column.Answer, name+"="+column.Answer))
			}
			answers[column.Answer] = name
		}
		headers[name] = true
		columns[i] = column
	}
	if len(problems) > 0 {
		return nil, &ColumnsError{problems}
	}
	return columns, nil
}

// ColumnsError says everything that is wrong with the columns.
type ColumnsError struct{ Problems []string }

func (e *ColumnsError) Error() string { return strings.Join(e.Problems, "\n") }

// byRole finds the columns that are no answers. A name that the mapping reads as an answer is an answer.
func (c Columns) byRole(header, reads []string) map[string]string {
	found := map[string]string{}
	asked := map[string]string{"id": c.ID, "submitted_at": c.SubmittedAt, "form": c.Form}
	for _, r := range roles {
		if asked[r.role] != "" {
			found[asked[r.role]] = r.role
			continue
		}
		for _, name := range r.names {
			at := slices.IndexFunc(header, func(h string) bool {
				_, named := c.Answers[h]
				return plain(h) == name && !named && found[h] == "" && !slices.Contains(reads, h)
			})
			if at >= 0 {
				found[header[at]] = r.role
				break
			}
		}
	}
	return found
}

// answer is what a column's answer is called: as it was said, as the mapping calls it, or by its own name.
func (c Columns) answer(header string, reads []string) string {
	if name, said := c.Answers[header]; said {
		return name
	}
	if slices.Contains(reads, header) {
		return header
	}
	for _, name := range reads {
		if plain(name) == plain(header) {
			return name
		}
	}
	return snake(header)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
