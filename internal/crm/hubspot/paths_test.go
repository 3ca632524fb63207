package hubspot_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/hubspot"
	account "handoff/internal/sandbox/hubspot"
)

// withoutVersion are the paths that no dated version of HubSpot's API has.
var withoutVersion = []string{"/oauth/v2/private-apps/get/access-token-info"}

// TestEveryPathHasTheVersion: all that the connector asks for in its suites is in the description, and nothing else is: each
// path of it is in the one version, or among those that no dated version has.
func TestEveryPathHasTheVersion(t *testing.T) {
	t.Parallel()
	paths, err := apidescription.Paths(apidescription.HubSpot)
	require.NoError(t, err)
	inVersion := regexp.MustCompile(`^/(crm/[a-z]+|communication-preferences|oauth)/` + hubspot.Version + `(/|$)`)
	var others []string
	for _, path := range paths {
		if !inVersion.MatchString(path) {
			others = append(others, path)
		}
	}
	require.Equal(t, withoutVersion, others)
	require.Equal(t, hubspot.Version, config.HubSpotVersion, "programs without a connector speak the connector's version")
	require.Equal(t, hubspot.Version, account.Version, "and so does the sandbox")
}
