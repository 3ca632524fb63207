package salesforce_test

import (
	"testing"

	"handoff/internal/crm/apidescription"
)

func TestMain(m *testing.M) {
	apidescription.Main(m, apidescription.Awaited{apidescription.Salesforce: {
		"create", "read", "update", "upsert",
		"createJob", "readJob", "closeJob", "uploadRows", "readSuccessfulRows", "readFailedRows", "readUnprocessedRows",
	}})
}
