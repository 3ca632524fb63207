package hubspot_test

import (
	"testing"

	"handoff/internal/crm/apidescription"
)

func TestMain(m *testing.M) {
	apidescription.Main(m, apidescription.Awaited{apidescription.HubSpot: {
		"list", "create", "archive",
		"readListByName", "readList", "listMembers", "addMembers", "removeMembers", "changeMembers",
		"listSubscriptions", "readSubscriptions", "setSubscription", "readSubscriptionsBatch", "setSubscriptionsBatch",
	}})
}
