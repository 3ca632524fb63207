package backfill

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/submission"
)

// reader makes submissions of rows.
type reader struct {
	source, form string
	columns      []Column // of a table
	named        Columns  // of JSON
	moments      Moments
	mappings     *mapping.Set
	received     time.Time
	otherwise    time.Time // when rows were submitted that do not say
	event        string
	contentType  string
	trace        submission.Trace
}

// reason is why a row is rejected: a field and a code, never a value.
type reason string

// read makes a delivery of a row, or says everything that is wrong with it.
func (r *reader) read(row Row) (ledger.Delivery, []reason) {
	if row.Fault != "" {
		return ledger.Delivery{}, []reason{reason(row.Fault)}
	}
	answers, special := map[string]any{}, map[string]string{}
	if row.Object != nil {
		r.object(row.Object, answers, special)
	} else {
		for i, column := range r.columns {
			switch cell := row.Cells[i]; {
			case strings.TrimSpace(cell) == "":
			case column.Role != "":
				special[column.Role] = strings.TrimSpace(cell)
			case column.Answer != "":
				answers[column.Answer] = cell
			}
		}
	}
	var reasons []reason
	submitted := r.otherwise
	if text := special["submitted_at"]; text != "" {
		at, err := r.moments.parse(text)
		switch {
		case err != nil:
			reasons = append(reasons, reason("submitted at: "+err.Error()))
		case at.After(r.received):
			reasons = append(reasons, "submitted at: in the future")
		default:
			submitted = at
		}
	}
	form := r.form
	if form == "" {
		form = special["form"]
	}
	id := special["id"]
	if id == "" {
		id = identity(form, submitted, special["submitted_at"] != "", answers)
	}
	if len(id) > 500 {
		reasons = append(reasons, "the id is longer than 500 bytes")
	}
	sub := submission.Submission{
		ID: submission.NewID(r.source, id, ""), Source: r.source, Form: form, SenderID: id, EventID: r.event,
		SubmittedAt: submitted, ReceivedAt: r.received, Trace: r.trace, Background: true,
	}
	reasons = append(reasons, r.validate(sub, answers)...)
	if len(reasons) > 0 {
		return ledger.Delivery{}, reasons
	}
	return ledger.Delivery{
		Submission: sub, Payload: submission.Payload{Answers: answers, Context: map[string]string{"form_id": form}}, Raw: raw(row, r.columns),
		ContentType: r.contentType, Via: ledger.ViaBackfill,
	}, nil
}

// object takes an object of JSON apart: its keys are the columns.
func (r *reader) object(object map[string]any, answers map[string]any, special map[string]string) {
	header := make([]string, 0, len(object))
	for key := range object {
		header = append(header, key)
	}
	byRole := r.named.byRole(header, nil)
	for key, value := range object {
		role := byRole[key]
		switch v := value.(type) {
		case nil:
			continue
		case string:
			if strings.TrimSpace(v) == "" {
				continue
			}
			if role != "" {
				special[role] = strings.TrimSpace(v)
				continue
			}
		case json.Number:
			if role != "" {
				special[role] = v.String()
				continue
			}
		}
		if key == RejectedLine || key == RejectedReason {
			continue
		}
		name := key
		if said, ok := r.named.Answers[key]; ok {
			name = said
		}
		answers[name] = value
	}
}

func (r *reader) validate(sub submission.Submission, answers map[string]any) []reason {
	m, ok := r.mappings.For(sub.Source, sub.Form)
	if !ok {
		return []reason{reason(fmt.Sprintf("form %q of source %q has no mapping", sub.Form, sub.Source))}
	}
	if len(answers) == 0 {
		return []reason{"no answers"}
	}
	var reasons []reason
	for _, p := range m.Validate(mapping.Input{
		Source: sub.Source, Form: sub.Form, Submission: sub.ID, RecordKey: submission.RecordKey(sub.Source, sub.SenderID),
		SubmittedAt: sub.SubmittedAt, ReceivedAt: sub.ReceivedAt, Answers: answers, Context: map[string]string{"form_id": sub.Form},
	}) {
		text := p.Field + ": " + p.Code
		if p.Expect != "" {
			text += ", want " + p.Expect
		}
		reasons = append(reasons, reason(text))
	}
	return reasons
}

// identity stands for a row without an id: the same answers at the same moment are the same submission, wherever in
// whichever file they stand.
func identity(form string, at time.Time, timed bool, answers map[string]any) string {
	if !timed {
		at = time.Time{}
	}
	encoded, err := json.Marshal([]any{form, at.UTC(), answers}) // the keys of answers are sorted
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(encoded)
	return "row-" + hex.EncodeToString(sum[:16])
}

// raw is the row as it was in the file.
func raw(row Row, columns []Column) []byte {
	whole := any(row.Object)
	if row.Object == nil {
		cells := make(map[string]string, len(columns))
		for i, column := range columns {
			cells[column.Header] = row.Cells[i]
		}
		whole = cells
	}
	encoded, err := json.Marshal(whole)
	if err != nil {
		return []byte("{}")
	}
	return encoded
}
