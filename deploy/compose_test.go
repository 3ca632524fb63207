// Package deploy_test checks the deployment as far as that is possible without a registry: the compose file as compose
// itself loads it, and the image's recipe.
package deploy_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/seal"
)

const root = ".."

// filled is .env.example, filled in as its comments say.
func filled(t *testing.T) map[string]string {
	t.Helper()
	example, err := os.ReadFile(filepath.Join(root, ".env.example"))
	require.NoError(t, err)
	values := map[string]string{}
	for line := range strings.Lines(string(example)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if value == "" {
			value = "Example0Value0Example0Value"
		} else {
			require.True(t, strings.HasPrefix(value, "http://localhost"), "%s has a default in .env.example that is no local address", name)
		}
		values[name] = value
	}
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	values["HANDOFF_KEYS"] = keys
	values["HANDOFF_SOURCE_WEBSITE_SECRETS"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	return values
}

func load(t *testing.T, values map[string]string) (*types.Project, error) {
	t.Helper()
	env := make([]string, 0, len(values))
	for name, value := range values {
		env = append(env, name+"="+value)
	}
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")},
		cli.WithWorkingDirectory(root), cli.WithEnv(env), cli.WithInterpolation(true))
	require.NoError(t, err)
	return options.LoadProject(context.Background())
}

func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := load(t, filled(t))
	require.NoError(t, err)
	return p
}

func TestEveryServiceIsComplete(t *testing.T) {
	t.Parallel()
	p := project(t)
	oneShot := []string{"temporal-schema", "temporal-namespace", "migrate", "crm-setup"}
	require.ElementsMatch(t, []string{
		"postgres", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui", "migrate", "crm-setup", "worker", "starter",
	}, p.ServiceNames())
	for name, s := range p.Services {
		require.True(t, s.Image != "" && !strings.HasSuffix(s.Image, ":latest"), "%s: a pinned image", name)
		require.NotNil(t, s.Deploy, name)
		require.NotZero(t, s.Deploy.Resources.Limits.MemoryBytes, "%s: a memory limit", name)
		require.NotZero(t, s.Deploy.Resources.Limits.NanoCPUs, "%s: a CPU limit", name)
		if s.Build != nil {
			dockerfile := filepath.Join(s.Build.Context, s.Build.Dockerfile)
			require.FileExists(t, dockerfile, name)
		}
		for dependency, how := range s.DependsOn {
			on, err := p.GetService(dependency)
			require.NoError(t, err, "%s depends on %s", name, dependency)
			if how.Condition == types.ServiceConditionHealthy {
				require.NotNil(t, on.HealthCheck, "%s waits for the health of %s", name, dependency)
			} else {
				require.Contains(t, oneShot, dependency, "%s waits for the end of %s", name, dependency)
			}
		}
		if !slices.Contains(oneShot, name) {
			require.NotNil(t, s.HealthCheck, "%s: a health check", name)
			require.Equal(t, "unless-stopped", s.Restart, name)
		}
		for _, volume := range s.Volumes {
			if volume.Type == types.VolumeTypeBind {
				require.DirExists(t, volume.Source, name)
			} else {
				require.Contains(t, p.Volumes, volume.Source, name)
			}
		}
	}
	require.NotEmpty(t, p.Services["postgres"].Volumes, "data survives a restart")
}

// TestEveryVariableIsSet loads the programs' configuration from exactly what compose gives them.
func TestEveryVariableIsSet(t *testing.T) {
	t.Parallel()
	p := project(t)
	for name, program := range map[string]config.Program{"starter": config.ProgramStarter, "worker": config.ProgramWorker} {
		env := []string{}
		for key, value := range p.Services[name].Environment {
			require.NotNil(t, value, "%s: %s has no value", name, key)
			switch key { // paths inside the image
			case "HANDOFF_CONFIG":
				*value = filepath.Join(root, "handoff.yaml")
			case "HANDOFF_MAPPINGS":
				*value = filepath.Join(root, "mappings")
			}
			env = append(env, key+"="+*value)
		}
		c, err := config.Load(config.Path(env), env, program)
		require.NoError(t, err, name)
		for _, v := range c.Variables() {
			if !slices.Contains(v.Programs, program) {
				if v.Secret {
					require.NotContains(t, p.Services[name].Environment, v.Name, "%s is given a secret that it does not read", name)
				}
				continue
			}
			_, set := p.Services[name].Environment[v.Name]
			require.True(t, set || !v.Required, "%s: %s is not set", name, v.Name)
		}
		for key := range p.Services[name].Environment {
			require.True(t, slices.ContainsFunc(c.Variables(), func(v config.Variable) bool { return v.Name == key }),
				"%s is given %s, which nothing reads", name, key)
		}
	}
}

func TestNoPasswordHasADefault(t *testing.T) {
	t.Parallel()
	for name := range filled(t) {
		if strings.HasSuffix(name, "_URL") {
			continue
		}
		values := filled(t)
		delete(values, name)
		_, err := load(t, values)
		require.ErrorContains(t, err, name, "compose must refuse to start without %s", name)
	}
}

func TestOnlyTheEndpointIsPublic(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		for _, port := range s.Ports {
			if name == "starter" && port.Published == "8080" {
				continue
			}
			require.Equal(t, "127.0.0.1", port.HostIP, "%s publishes %s to everybody", name, port.Published)
		}
	}
}

func TestImageIsSmallAndNotRoot(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	recipe := string(data)
	stages := strings.Split(recipe, "\nFROM ")
	require.Len(t, stages, 3, "a stage that builds, a stage that runs (the first piece is the comment)")
	last := stages[len(stages)-1]
	require.True(t, strings.HasPrefix(last, "gcr.io/distroless/"), "the last stage is distroless")
	require.Contains(t, last, "USER nonroot")
	for _, program := range []string{"/worker", "/starter", "/handoff"} {
		require.Contains(t, last, "/out"+program)
	}
	for _, line := range strings.Split(recipe, "\n") {
		source, ok := strings.CutPrefix(line, "COPY ")
		if !ok || strings.HasPrefix(source, "--from") || strings.HasPrefix(source, ". ") {
			continue
		}
		fields := strings.Fields(source)
		for _, name := range fields[:len(fields)-1] {
			_, err := os.Stat(filepath.Join(root, name))
			require.NoError(t, err, "the Dockerfile copies %s", name)
		}
	}
}
