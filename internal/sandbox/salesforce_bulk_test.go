package sandbox_test

import (
	"encoding/csv"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox/salesforce"
)

// TestSalesforceBulk: a job takes its data once, is in progress for a while, and says what became of every row.
func TestSalesforceBulk(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{BulkPolls: 1})
	var job struct {
		ID, State, ErrorMessage                     string
		NumberRecordsProcessed, NumberRecordsFailed int
	}
	jobs := data + "/jobs/ingest"
	load := func(rows string) {
		askOrg(t, s, "POST", jobs, `{"object":"Lead","externalIdFieldName":"Submission_Key__c","operation":"upsert","contentType":"CSV"}`, 200, &job)
		askOrg(t, s, "PUT", jobs+"/"+job.ID+"/batches", rows, 415, nil)
		askOrg(t, s, "PUT", jobs+"/"+job.ID+"/batches", rows, 201, nil, "Content-Type", "text/csv")
		askOrg(t, s, "PUT", jobs+"/"+job.ID+"/batches", rows, 400, nil, "Content-Type", "text/csv")
		askOrg(t, s, "GET", jobs+"/"+job.ID+"/failedResults", "", 400, nil)
		askOrg(t, s, "PATCH", jobs+"/"+job.ID, `{"state":"UploadComplete"}`, 200, &job)
		askOrg(t, s, "GET", jobs+"/"+job.ID, "", 200, &job)
		require.Equal(t, "InProgress", job.State)
		askOrg(t, s, "GET", jobs+"/"+job.ID, "", 200, &job)
	}
	results := func(kind string) [][]string {
		response := sendOrg(t, s, "GET", jobs+"/"+job.ID+"/"+kind+"/", "", salesforce.Token)
		body, err := csv.NewReader(response.Body).ReadAll()
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		return body
	}
	person("00QdL00000AbC01UAF", "Danes", "a")(s)
	load("LastName,Company,Phone,Submission_Key__c\nDanes,\"Diner, Luke's\",#N/A,a\nNew,Co,1,b\n,Co,1,c\n")
	require.Equal(t, "JobComplete", job.State)
	require.Equal(t, []int{3, 1}, []int{job.NumberRecordsProcessed, job.NumberRecordsFailed})
	good, bad := results("successfulResults"), results("failedResults")
	require.Equal(t, []string{"sf__Id", "sf__Created", "LastName", "Company", "Phone", "Submission_Key__c"}, good[0])
	require.Equal(t, []string{"00QdL00000AbC01UAF", "false", "Danes", "Diner, Luke's", "#N/A", "a"}, good[1])
	require.Equal(t, "true", good[2][1])
	require.Equal(t, "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --", bad[1][1])
	require.Len(t, results("unprocessedrecords"), 1)
	require.Len(t, s.Salesforce.Records("Lead"), 2)

	load("LastName,Foo\nA,B\n")
	require.Equal(t, "Failed", job.State)
	require.Contains(t, job.ErrorMessage, "Foo")
	askOrg(t, s, "POST", jobs, `{"object":"Lead","externalIdFieldName":"Email","operation":"upsert"}`, 400, nil)
	askOrg(t, s, "POST", jobs, `{"object":"Lead","operation":"insert","speed":"fast"}`, 400, nil)
}
