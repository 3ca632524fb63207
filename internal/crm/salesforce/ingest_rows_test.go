package salesforce

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

func rowsOf(records ...map[string]any) []outgoing {
	rows := make([]outgoing, len(records))
	for i, record := range records {
		rows[i] = outgoing{&item{}, record}
	}
	return rows
}

// FuzzRows: whatever somebody typed, a job either says exactly that or does not carry it, and the answer is that row's.
func FuzzRows(f *testing.F) {
	for _, text := range []string{
		"Danes", "", "#N/A", " #n/a\n", `say "hi"`, "a,b;c\td", "two\nlines", "cr\rlf\r\n", "=1+1", "\xff", "\x00", "ünïcödé 👋", `\.`, `"`, "  ",
	} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		row := rowsOf(map[string]any{"Key__c": key, "LastName": text, "Active": true, "Score": json.Number("7"), "City": nil})
		other := map[string]any{"Key__c": "another", "Title": "x"}
		if !fitsRow(row[0]) {
			return
		}
		data := encodeRows(append(row, rowsOf(other)...))
		lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		require.NoError(t, err)
		require.Equal(t, []string{"Active", "Key__c", "LastName", "Score", "Title"}, lines[0])
		require.Equal(t, []string{"true", key, text, "7", ""}, lines[1])
		require.Len(t, lines, 3)
		for _, value := range lines[1] {
			require.NotEqual(t, "#N/A", strings.ToUpper(strings.TrimSpace(value)), "it would mean nothing at all")
		}

		var answer bytes.Buffer
		w := csv.NewWriter(&answer)
		_ = w.Write(append([]string{"sf__Id", "sf__Created"}, lines[0]...))
		_ = w.Write(append([]string{"00QdL00000AbC01UAF", "true"}, lines[1]...))
		w.Flush()
		said, ok := decodeRows(answer.Bytes(), "Key__c", "sf__Created")
		require.True(t, ok)
		require.Equal(t, "00QdL00000AbC01UAF", said[folded(key)].id)
	})
}

// FuzzResults: what Salesforce says of rows ends in something that can be decided on, and holds nobody's data.
func FuzzResults(f *testing.F) {
	f.Add([]byte("sf__Id,sf__Error,Key__c\n,\"REQUIRED_FIELD_MISSING:Required: [A]:A,B --\",k\n"))
	f.Add([]byte("sf__Id,sf__Error\n"))
	f.Add([]byte("\"\",\"a"))
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, ok := decodeRows(body, "Key__c", "sf__Error")
		if !ok {
			return
		}
		for _, row := range rows {
			failure := rowFailure(row.text)
			require.NotEmpty(t, failure.Kind)
			require.Regexp(t, `^[A-Za-z][A-Za-z0-9_]*$`, failure.Code)
			for _, field := range failure.Fields {
				require.Regexp(t, aField, field)
			}
		}
	})
}

// TestRowFailures: a row's error means what the same error of one record means.
func TestRowFailures(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "fixtures", "bulk_failed_results_200_csv.json"))
	require.NoError(t, err)
	var recorded struct {
		Response struct{ Body string }
	}
	require.NoError(t, json.Unmarshal(data, &recorded))
	rows, ok := decodeRows([]byte(recorded.Response.Body), "Submission_Key__c", "sf__Error")
	require.True(t, ok)
	require.Equal(t, crm.Error{Kind: crm.Invalid, Code: "INVALID_FIELD", Fields: []string{"Last_Visit__c"}}, *rowFailure(rows["sub-0040"].text))
	for text, want := range map[string]crm.Error{
		"REQUIRED_FIELD_MISSING:Required fields are missing: [LastName, Company]:LastName, Company --":     {Kind: crm.Invalid, Code: "REQUIRED_FIELD_MISSING", Fields: []string{"LastName", "Company"}},
		"DUPLICATE_VALUE:duplicate value found: Handoff_Key__c duplicates value on record with id: 00Q:--": {Kind: crm.Conflict, Code: "DUPLICATE_VALUE"},
		"UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--":                           {Kind: crm.Transient, Code: "UNABLE_TO_LOCK_ROW", RetryAfter: lockPause},
		"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:Flow: UNABLE_TO_LOCK_ROW, at 10:30:--":                       {Kind: crm.Transient, Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", RetryAfter: lockPause},
		"STORAGE_LIMIT_EXCEEDED:storage limit exceeded:--":                                                 {Kind: crm.Misconfigured, Code: "STORAGE_LIMIT_EXCEEDED"},
		"FIELD_CUSTOM_VALIDATION_EXCEPTION:luke@example.com: no:Email --":                                  {Kind: crm.Invalid, Code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", Fields: []string{"Email"}},
		"luke@example.com was refused":                                                                     {Kind: crm.Transient, Code: "unreadable_answer"},
	} {
		require.Equal(t, want, *rowFailure(text), text)
	}
}

// TestJobSize: a job is bounded in rows and in bytes.
func TestJobSize(t *testing.T) {
	t.Parallel()
	small := make([]outgoing, MaxBulk+1)
	for i := range small {
		small[i] = outgoing{&item{}, map[string]any{"LastName": "Danes"}}
	}
	require.Equal(t, MaxBulk, jobSize(small))
	require.Equal(t, 3, jobSize(small[:3]))
	long := strings.Repeat("x", maxValue)
	for i := range small {
		small[i].record = map[string]any{"LastName": long}
	}
	n := jobSize(small)
	require.Less(t, len(encodeRows(small[:n])), maxData)
	require.Greater(t, n, 100)
	require.False(t, fitsRow(rowsOf(map[string]any{"LastName": long + "x"})[0]))
}

// TestJobState: how far a job is, as Salesforce tells it.
func TestJobState(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "fixtures", "bulk_job_info_200_partial.json"))
	require.NoError(t, err)
	var recorded struct {
		Response struct{ Body job }
	}
	require.NoError(t, json.Unmarshal(data, &recorded))
	require.Equal(t, job{ID: "750dL000009Dl5bQAC", State: jobComplete, Processed: 8, Failed: 1}, recorded.Response.Body)
}
