package salesforce

import (
	"encoding/csv"
	"strconv"
	"strings"
)

// work writes the rows of a job.
func (s *Server) work(j *job) {
	fail := func(message string) { j.state, j.message = "Failed", "InvalidBatch : "+message }
	reader := csv.NewReader(strings.NewReader(string(j.data)))
	reader.Comma = delimiters[j.in.Delimiter]
	rows, err := reader.ReadAll()
	if err != nil || len(rows) == 0 {
		fail("Failed to parse CSV")
		return
	}
	o := s.object(j.in.Object)
	columns := rows[0]
	for _, column := range columns {
		name, _, related := strings.Cut(column, ".")
		if (related && o.parent(name) == nil) || (!related && o.field(column) == nil) {
			fail("Field name not found : " + column)
			return
		}
	}
	succeeded := results{head: "\"sf__Id\",\"sf__Created\"," + strings.Join(columns, ",") + "\n"}
	failed := results{head: "\"sf__Id\",\"sf__Error\"," + strings.Join(columns, ",") + "\n"}
	for _, row := range rows[1:] {
		id, created, bad := s.load(j, o, columns, row)
		if bad != "" {
			failed.add(append([]string{id, bad}, row...))
			j.failed++
		} else {
			succeeded.add(append([]string{id, strconv.FormatBool(created)}, row...))
		}
		j.processed++
	}
	j.state = "JobComplete"
	j.succeeded, j.failures, j.undone = succeeded.text(), failed.text(), csvText(strings.Join(columns, ",")+"\n")
}

// load writes one row.
func (s *Server) load(j *job, o *object, columns, row []string) (id string, created bool, bad string) {
	sent := map[string]any{}
	for i, column := range columns {
		var value any = row[i]
		switch {
		case row[i] == "":
			continue // what is empty is left as it is
		case row[i] == "#N/A":
			value = nil
		}
		name, key, related := strings.Cut(column, ".")
		if related {
			sent[name] = map[string]any{key: value}
			continue
		}
		if f := o.field(column); value != nil {
			if _, misread := f.value(value); misread != nil && misread.Code == "JSON_PARSER_ERROR" {
				return "", false, "INVALID_FIELD:Failed to deserialize field at col " + strconv.Itoa(i) + ". Due to, '" + row[i] + "' is not a valid value for the type xsd:" + f.Type + ":" + f.Name + " --"
			}
		}
		sent[column] = value
	}
	values, wrongs := s.values(o, sent)
	if wrongs != nil {
		return "", false, wrongs.inCSV()
	}
	w := writing{object: o, values: values}
	set := settings{assign: j.in.AssignmentID}
	if set.assign == "" {
		set.assign = "FALSE" // a job names its rule
	}
	var result map[string]any
	switch key := o.field(j.in.Key); {
	case j.in.Operation == "upsert":
		result, wrongs = s.upsertOne(key, w, set)
	case j.in.Operation == "insert":
		delete(values, "Id")
		var made *record
		if made, wrongs = s.save(o, nil, values, set); wrongs == nil {
			result = saved(made, true)
		}
	default:
		var found *record
		if found, wrongs = s.toUpdate(o, textOf(values["Id"])); wrongs == nil {
			if j.in.Operation == "delete" {
				s.remove(found)
			} else {
				delete(values, "Id")
				found, wrongs = s.save(o, found, values, set)
			}
		}
		if wrongs == nil {
			result = saved(found, false)
		}
	}
	if wrongs != nil {
		return "", false, wrongs.inCSV()
	}
	return textOf(result["id"]), result["created"] == true, ""
}

func (all failures) inCSV() string {
	return all[0].Code + ":" + all[0].Message + ":" + strings.Join(all[0].Fields, ",") + " --"
}

// results are rows as the vendor writes them: every value in quotes.
type results struct {
	head string
	rows strings.Builder
}

func (r *results) add(row []string) {
	for i, value := range row {
		if i > 0 {
			r.rows.WriteByte(',')
		}
		r.rows.WriteString(`"` + strings.ReplaceAll(value, `"`, `""`) + `"`)
	}
	r.rows.WriteByte('\n')
}

func (r *results) text() csvText { return csvText(r.head + r.rows.String()) }
