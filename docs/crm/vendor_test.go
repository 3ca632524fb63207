package crm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/rest/resttest/standin"
)

// example is a description that is shipped, with some of its texts replaced: each of them must be there.
func example(t testing.TB, vendor string, replace ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("examples", vendor+".yaml"))
	require.NoError(t, err)
	return replaced(t, string(text), replace...)
}

func replaced(t testing.TB, text string, replace ...string) string {
	t.Helper()
	for i := 0; i+1 < len(replace); i += 2 {
		require.Contains(t, text, replace[i])
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return text
}

// connected is a connector that is configured as a user would.
func connected(t testing.TB, destination string, secrets ...string) connectors.Connector {
	t.Helper()
	connector, err := connectors.New(t.Context(), "crm", loadRest(t, destination, secrets...))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connector.Close()) })
	return connector
}

// faulty is a second way to a vendor's account, with faults of its own.
func faulty(t testing.TB, way *standin.Way, destination string, secrets ...string) crmtest.Faulty {
	t.Helper()
	fault := func(f standin.Fault) func() { return func() { way.Break(f) } }
	return crmtest.Faulty{
		Connector: connected(t, destination, secrets...), LoseReplies: fault(standin.LoseReplies), Stall: fault(standin.Stall), Limit: fault(standin.TooMany),
		Expire: fault(standin.ExpireOnce), Revoke: fault(standin.Revoke), Heal: fault(standin.None),
	}
}

var noon = time.Date(2026, 4, 14, 12, 0, 0, 0, time.UTC)

// writes writes one record of an object, twice: the second time as after a lost reply.
func writes(t testing.TB, connector crm.Connector, object string, keys [][]string, fields crm.Fields) crm.Result {
	t.Helper()
	write := crm.Write{Submission: "sub_1", Keys: keys, Fields: fields, SubmittedAt: noon}
	first := connector.Upsert(t.Context(), object, []crm.Write{write})[0]
	require.Nil(t, first.Err, "%s: %v", object, first.Err)
	require.Equal(t, crm.Created, first.Outcome, object)
	again := connector.Upsert(t.Context(), object, []crm.Write{write})[0]
	require.Nil(t, again.Err, "%s: %v", object, again.Err)
	require.Equal(t, first.RecordID, again.RecordID, "I2: %s: repeating a write makes no second record", object)
	return first
}

// describes looks whether the CRM's own description of an object has all fields that are configured, and more besides.
func describes(t testing.TB, connector crm.Connector, object string) map[string]crm.Property {
	t.Helper()
	properties, err := connector.Describe(t.Context(), object)
	require.NoError(t, err)
	found := map[string]crm.Property{}
	for _, p := range properties {
		found[p.Name] = p
	}
	require.NotEmpty(t, found, fmt.Sprint(object, " has properties"))
	return found
}
