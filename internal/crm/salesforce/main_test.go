package salesforce_test

import (
	"testing"

	"handoff/internal/crm/apidescription"
)

func TestMain(m *testing.M) { apidescription.Main(m, apidescription.Salesforce) }
