package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/lib/pq"

	"handoff/internal/crm"
	"handoff/internal/submission"
)

// WriteRecord is one object that a submission wrote.
type WriteRecord struct {
	Destination    string      `db:"destination" json:"destination"`
	Object         string      `db:"object" json:"object"`
	RecordID       string      `db:"record_id" json:"record_id"`
	Outcome        crm.Outcome `db:"outcome" json:"outcome"`
	Fields         []string    `db:"-" json:"fields"`
	Kept           []string    `db:"-" json:"kept,omitempty"` // fields where a newer answer stood
	MappingVersion string      `db:"mapping_version" json:"mapping_version"`
}

// CallRecord is one call to a CRM, for support.
type CallRecord struct {
	Step        submission.Step
	Destination string
	Attempt     int
	Kind        string // kind of the error, "" for success
	Call        crm.Call
}

// maxContext bounds what is kept of a request or response, in bytes.
const maxContext = 64 << 10

// callContext is what is sealed of a call.
type callContext struct {
	Request  string `json:"request"`
	Response string `json:"response"`
	Cut      bool   `json:"cut,omitempty"` // request or response was longer than is kept
}

// The first outcome of a write stands: a submission that created a record and then ran again still created it.
const recordStatement = `
WITH calls AS (
    INSERT INTO crm_calls (submission_id, step, destination, operation, attempt, status, kind, code, request_id, batch, started_at, took_ms, context)
    SELECT $1, c.step, c.destination, c.operation, c.attempt, c.status, c.kind, c.code, c.request_id, c.batch, c.started_at, c.took_ms, decode(c.context, 'base64')
    FROM jsonb_to_recordset($2::jsonb) AS c(step text, destination text, operation text, attempt integer, status integer, kind text,
        code text, request_id text, batch integer, started_at timestamptz, took_ms double precision, context text)
)
INSERT INTO writes (submission_id, destination, object, record_id, outcome, fields, kept, mapping_version, written_at)
SELECT $1, w.destination, w.object, w.record_id, w.outcome,
       ARRAY(SELECT jsonb_array_elements_text(w.fields)), ARRAY(SELECT jsonb_array_elements_text(w.kept)), w.mapping_version, $4
FROM jsonb_to_recordset($3::jsonb) AS w(destination text, object text, record_id text, outcome text, fields jsonb, kept jsonb, mapping_version text)
ON CONFLICT (submission_id, destination, object, record_id) DO UPDATE SET fields = excluded.fields, kept = excluded.kept,
    mapping_version = excluded.mapping_version, written_at = excluded.written_at`

// RecordWrites notes in one statement what was written and how the CRM was called.
func (l *Ledger) RecordWrites(ctx context.Context, id submission.ID, writes []WriteRecord, calls []CallRecord) error {
	if len(writes) == 0 && len(calls) == 0 {
		return nil
	}
	type callRow struct {
		Step        string    `json:"step"`
		Destination string    `json:"destination"`
		Operation   string    `json:"operation"`
		Attempt     int       `json:"attempt"`
		Status      int       `json:"status"`
		Kind        string    `json:"kind"`
		Code        string    `json:"code"`
		RequestID   string    `json:"request_id"`
		Batch       int       `json:"batch"`
		StartedAt   time.Time `json:"started_at"`
		TookMS      float64   `json:"took_ms"`
		Context     []byte    `json:"context"` // base64 in JSON
	}
	callRows := make([]callRow, 0, len(calls))
	for _, c := range calls {
		request, cutRequest := cut(c.Call.Request)
		response, cutResponse := cut(c.Call.Response)
		sealed, err := l.seal(callContext{request, response, cutRequest || cutResponse}, callID(id))
		if err != nil {
			return err
		}
		callRows = append(callRows, callRow{
			string(c.Step), c.Destination, c.Call.Operation, c.Attempt, c.Call.Status, c.Kind, c.Call.Code, c.Call.RequestID,
			c.Call.Batch, c.Call.Started.UTC(), float64(c.Call.Took.Microseconds()) / 1000, sealed,
		})
	}
	type writeRow struct {
		Destination    string   `json:"destination"`
		Object         string   `json:"object"`
		RecordID       string   `json:"record_id"`
		Outcome        string   `json:"outcome"`
		Fields         []string `json:"fields"`
		Kept           []string `json:"kept"`
		MappingVersion string   `json:"mapping_version"`
	}
	writeRows := make([]writeRow, 0, len(writes))
	for _, w := range perRecord(writes) {
		writeRows = append(writeRows, writeRow{
			w.Destination, w.Object, w.RecordID, string(w.Outcome), append([]string{}, w.Fields...), append([]string{}, w.Kept...), w.MappingVersion,
		})
	}
	callsJSON, err := json.Marshal(callRows)
	if err != nil {
		return fmt.Errorf("encode the calls of %s: %w", id, err)
	}
	writesJSON, err := json.Marshal(writeRows)
	if err != nil {
		return fmt.Errorf("encode the writes of %s: %w", id, err)
	}
	if _, err := l.stmt[recordStatement].ExecContext(ctx, string(id), string(callsJSON), string(writesJSON), l.now().UTC()); err != nil {
		return fmt.Errorf("record the writes of %s: %w", id, err)
	}
	return nil
}

// perRecord joins writes to the same record, as when two objects of a mapping turn out to be one: the first outcome
// stands here too.
func perRecord(writes []WriteRecord) []WriteRecord {
	var joined []WriteRecord
	for _, w := range writes {
		i := slices.IndexFunc(joined, func(j WriteRecord) bool {
			return j.Destination == w.Destination && j.Object == w.Object && j.RecordID == w.RecordID
		})
		if i < 0 {
			joined = append(joined, w)
			continue
		}
		joined[i].Fields = slices.Compact(slices.Sorted(slices.Values(slices.Concat(joined[i].Fields, w.Fields))))
		joined[i].Kept = slices.Compact(slices.Sorted(slices.Values(slices.Concat(joined[i].Kept, w.Kept))))
	}
	return joined
}

func callID(id submission.ID) string { return string(id) + "/call" }

// cut keeps the beginning of a body, up to the last whole character.
func cut(b []byte) (string, bool) {
	if len(b) <= maxContext {
		return string(b), false
	}
	end := maxContext
	for end > maxContext-utf8.UTFMax && !utf8.RuneStart(b[end]) {
		end--
	}
	return string(b[:end]), true
}

// Writes lists what a submission wrote.
func (l *Ledger) Writes(ctx context.Context, id submission.ID) ([]WriteRecord, error) {
	var rows []struct {
		WriteRecord
		FieldNames pq.StringArray `db:"fields"`
		KeptNames  pq.StringArray `db:"kept"`
	}
	err := l.db.SelectContext(ctx, &rows, `
SELECT destination, object, record_id, outcome, fields, kept, mapping_version FROM writes
WHERE submission_id = $1 ORDER BY written_at, object`, string(id))
	if err != nil {
		return nil, fmt.Errorf("list the writes of %s: %w", id, err)
	}
	writes := make([]WriteRecord, len(rows))
	for i, r := range rows {
		writes[i] = r.WriteRecord
		writes[i].Fields, writes[i].Kept = r.FieldNames, r.KeptNames
	}
	return writes, nil
}
