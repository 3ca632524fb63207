// Package architecture_test holds which package may know which: imports point one way.
package architecture_test

import (
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dependencies are the packages of this module that a package links, directly or not.
func dependencies(t *testing.T, name string) []string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "handoff/"+name).Output()
	require.NoError(t, err)
	var own []string
	for dependency := range strings.Lines(string(output)) {
		dependency = strings.TrimSpace(dependency)
		if short, ok := strings.CutPrefix(dependency, "handoff/"); ok {
			own = append(own, short)
			continue
		}
		if strings.HasPrefix(dependency, "go.temporal.io/") || dependency == "github.com/gin-gonic/gin" {
			own = append(own, dependency)
		}
	}
	return own
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		why string
		not []string // prefixes
	}{
		"starter":               {"the endpoint writes to the ledger and starts workflows, and links no CRM", []string{"internal/crm/", "internal/mapping", "internal/routing", "internal/notify", "activities", "workflows", "worker"}},
		"internal/door":         {"the endpoint knows no step", []string{"activities", "workflows", "internal/mapping", "internal/crm/"}},
		"internal/config":       {"only programs link the clouds' clients", []string{"internal/secretmanager/drivers", "internal/crm/", "internal/ledger", "activities", "workflows"}},
		"internal/crm/postgres": {"a connector can be used alone", []string{"go.temporal.io/", "internal/ledger", "internal/config", "internal/submission", "activities", "workflows"}},
		"internal/crm/rest":     {"a connector can be used alone", []string{"go.temporal.io/", "internal/ledger", "internal/config", "internal/submission", "activities", "workflows"}},
		"internal/restapi":      {"a description is data", []string{"internal/crm", "internal/ledger", "internal/config", "activities", "workflows"}},
		"internal/crm":          {"the port knows no engine and no store", []string{"go.temporal.io/", "internal/ledger", "internal/submission"}},
		"internal/mapping":      {"a mapping is a function of the answers", []string{"go.temporal.io/sdk/client", "internal/ledger", "internal/door", "activities", "workflows"}},
		"internal/routing":      {"a routing table is a function of the facts", []string{"go.temporal.io/", "internal/ledger", "internal/crm", "activities", "workflows"}},
		"internal/source":       {"a sender knows nothing of what comes after", []string{"internal/ledger", "internal/crm", "internal/mapping", "activities", "workflows"}},
		"internal/ledger":       {"the ledger calls nobody", []string{"go.temporal.io/sdk/client", "internal/mapping", "internal/door", "activities", "workflows", "internal/crm/"}},
		"internal/submission":   {"the vocabulary knows nobody", []string{"internal/ledger", "internal/crm", "internal/mapping", "internal/config", "activities", "workflows"}},
		"activities":            {"steps know connectors by their port, and no endpoint", []string{"internal/crm/", "internal/door", "github.com/gin-gonic/gin", "workflows", "worker"}},
		"workflows":             {"workflows know steps by reference, and no endpoint", []string{"internal/crm/", "internal/door", "github.com/gin-gonic/gin", "worker", "starter"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, dependency := range dependencies(t, name) {
				for _, forbidden := range tc.not {
					require.False(t, dependency == strings.TrimSuffix(forbidden, "/") && !strings.HasSuffix(forbidden, "/") ||
						strings.HasPrefix(dependency, forbidden), "%s links %s: %s", name, dependency, tc.why)
				}
			}
		})
	}
}

// TestProgramsKnowTheSecretManagers: each program that reads secrets links all the managers that there are.
func TestProgramsKnowTheSecretManagers(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"starter", "worker", "cmd/handoff"} {
		require.Contains(t, dependencies(t, program), "internal/secretmanager/drivers", program)
	}
}

// TestBubblesRunOnOneProcessor: fake time and the race detector get on with each other only as package bubble has them.
func TestBubblesRunOnOneProcessor(t *testing.T) {
	t.Parallel()
	var found []string
	require.NoError(t, fs.WalkDir(os.DirFS("../.."), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		text, err := os.ReadFile("../../" + path)
		if strings.Contains(string(text), "synctest"+".Test(") {
			found = append(found, path)
		}
		return err
	}))
	require.Equal(t, []string{"internal/bubble/bubble.go"}, found, "bubble.Test takes its place, and says why")
}
