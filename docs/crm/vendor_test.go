package crm_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/rest/resttest/standin"
	"handoff/internal/mapping"
	"handoff/internal/programs"
	"handoff/internal/seal"
	ids "handoff/internal/submission"
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

// user is somebody who follows a page: with a folder, the command line, and what the page says.
type user struct {
	folder, binary string
	environment    []string
	mappings       fs.FS
}

// follow begins to follow a page: a destination for handoff.yaml and a mapping.
func follow(t *testing.T, destination, mapping string, secrets ...string) *user {
	t.Helper()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	folder := t.TempDir()
	u := &user{folder: folder, binary: programs.Handoff(t), mappings: os.DirFS(filepath.Join(folder, "mappings"))}
	u.environment = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys,
		"WEBSITE_SECRETS=whsec_c2VjcmV0IG9mIHRoZSB3ZWJzaXRlLCBmb3IgdGVzdHM=", "HANDOFF_ADMIN_TOKEN=an-admin-token-of-the-test"}, secrets...)
	u.configure(t, destination)
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "mappings"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "mappings", "demo-request.yaml"), []byte(mapping), 0o600))
	return u
}

// configure writes handoff.yaml with a destination.
func (u *user) configure(t *testing.T, destination string) {
	t.Helper()
	source := "sources:\n  website: {scheme: standard-webhooks, secrets: [WEBSITE_SECRETS], form: demo-request}\n"
	require.NoError(t, os.WriteFile(filepath.Join(u.folder, "handoff.yaml"), []byte(source+destination), 0o600))
}

// run runs a line of the page.
func (u *user) run(t *testing.T, line string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), u.binary, strings.Fields(line)[1:]...)
	command.Dir, command.Env = u.folder, u.environment
	output, err := command.CombinedOutput()
	return string(output), err
}

// submit writes what the mapping makes of answers, as a submission does, and returns the ids by object.
func (u *user) submit(t *testing.T, connector crm.Connector, name string, answers map[string]any) map[string]crm.Result {
	t.Helper()
	set, err := mapping.Load(u.mappings)
	require.NoError(t, err)
	m, ok := set.For("website", "demo-request")
	require.True(t, ok)
	plan, problems := m.Apply(mapping.Input{Source: "website", Form: "demo-request", Submission: ids.ID(name), RecordKey: name, SubmittedAt: noon, Answers: answers})
	require.Empty(t, problems)
	written := map[string]crm.Result{}
	for _, object := range plan.Objects {
		fields := maps.Clone(object.Fields)
		for _, link := range object.Links {
			fields[link.Field] = written[link.To].RecordID
		}
		result := connector.Upsert(t.Context(), object.Object, []crm.Write{{
			Submission: name, Keys: object.Keys, Fields: fields, CreateOnly: object.CreateOnly, UpdateOnly: object.UpdateOnly,
			FillBlanks: object.FillBlanks, Read: object.Read, SubmittedAt: noon,
		}})[0]
		if result.Err != nil {
			require.NoError(t, result.Err, object.Object)
		}
		written[object.Name] = result
	}
	return written
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

func page(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}
