// Package deploy_test checks the deployment as far as that is possible without a registry: the compose file as compose
// itself loads it, and the image's recipe.
package deploy_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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

// examples are the files that a person copies and fills in, by the name of the copy.
var examples = []string{".env", "starter.env", "worker.env"}

// filled is an example, filled in as its comments say.
func filled(t *testing.T, name string) map[string]string {
	t.Helper()
	example, err := os.ReadFile(filepath.Join(root, name+".example"))
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
			require.True(t, strings.HasPrefix(value, "http://localhost"), "%s has a default that is no local address", name)
		}
		values[name] = value
	}
	if _, wanted := values["HANDOFF_KEYS"]; wanted {
		values["HANDOFF_KEYS"], err = seal.NewKeys()
		require.NoError(t, err)
	}
	if _, wanted := values["HANDOFF_SOURCE_WEBSITE_SECRETS"]; wanted {
		values["HANDOFF_SOURCE_WEBSITE_SECRETS"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	}
	return values
}

func lines(values map[string]string) []string {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, name+"="+value)
	}
	return pairs
}

// checkout is a folder with what a deployment is made of, in which a person has done what the README says; more says what
// they have changed of the secrets, by the file's name.
func checkout(t *testing.T, more map[string]map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"deploy/postgres", "deploy/temporal"} {
		require.NoError(t, os.CopyFS(filepath.Join(folder, name), os.DirFS(filepath.Join(root, name))))
	}
	etc := filepath.Join(folder, "deploy", "etc")
	require.NoError(t, os.CopyFS(filepath.Join(etc, "mappings"), os.DirFS(filepath.Join(root, "mappings"))))
	for from, to := range map[string]string{"docker-compose.yml": folder, "Dockerfile": folder, "handoff.yaml": etc} {
		content, err := os.ReadFile(filepath.Join(root, from))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, from), content, 0o600))
	}
	for _, name := range examples {
		values := filled(t, name)
		maps.Copy(values, more[name])
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(strings.Join(lines(values), "\n")), 0o600))
	}
	return folder
}

// load loads the deployment in a folder as compose does, with the profiles of all services and the given variables.
func load(t *testing.T, folder string, values map[string]string, files ...string) (*types.Project, error) {
	t.Helper()
	paths := []string{filepath.Join(folder, "docker-compose.yml")}
	for _, file := range files {
		paths = append(paths, filepath.Join(folder, file))
	}
	options, err := cli.NewProjectOptions(paths,
		cli.WithWorkingDirectory(folder), cli.WithEnv(lines(values)), cli.WithInterpolation(true), cli.WithProfiles([]string{"*"}))
	require.NoError(t, err)
	return options.LoadProject(context.Background())
}

func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := load(t, checkout(t, nil), filled(t, ".env"))
	require.NoError(t, err)
	return p
}

func TestEveryServiceIsComplete(t *testing.T) {
	t.Parallel()
	p := project(t)
	oneShot := []string{"temporal-schema", "temporal-namespace", "migrate", "crm-setup", "handoff"}
	require.ElementsMatch(t, []string{
		"postgres", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui", "handoff", "migrate", "crm-setup", "worker", "starter",
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
			env = append(env, key+"="+onHost(t, p.Services[name], key, *value))
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

// onHost is a variable's value with the path of a mounted folder as the host has it.
func onHost(t *testing.T, s types.ServiceConfig, variable, value string) string {
	t.Helper()
	if variable != "HANDOFF_CONFIG" && variable != "HANDOFF_MAPPINGS" {
		return value
	}
	for _, volume := range s.Volumes {
		if inside, ok := strings.CutPrefix(value, volume.Target+"/"); ok {
			return filepath.Join(volume.Source, inside)
		}
	}
	require.Fail(t, variable+" leads to nothing that is mounted")
	return ""
}

// TestConfigurationIsAMountedFolder: a single file that is mounted is not seen to change, and the image holds none.
func TestConfigurationIsAMountedFolder(t *testing.T) {
	t.Parallel()
	for name, s := range handoff(project(t)) {
		require.Len(t, s.Volumes, 1, name)
		mounted := s.Volumes[0]
		require.True(t, mounted.ReadOnly, name)
		require.True(t, mounted.Bind != nil && !bool(mounted.Bind.CreateHostPath), "%s: without the folder nothing starts", name)
		require.FileExists(t, filepath.Join(mounted.Source, "handoff.yaml"))
	}
}

// handoff are the services that run Handoff's programs.
func handoff(p *types.Project) map[string]types.ServiceConfig {
	services := map[string]types.ServiceConfig{}
	for name, s := range p.Services {
		if s.Image == "handoff:local" {
			services[name] = s
		}
	}
	return services
}

// TestSecretsReachWhoReadsThem, however they are called, and nobody else that serves.
func TestSecretsReachWhoReadsThem(t *testing.T) {
	t.Parallel()
	p, err := load(t, checkout(t, map[string]map[string]string{
		"starter.env": {"HANDOFF_SOURCE_QUIZ_SECRETS": "of-the-quiz"},
		"worker.env":  {"HANDOFF_CRM_TOKEN": "of-the-crm", "HANDOFF_NOTIFY_SALES_URL": "of-the-channel"},
	}), filled(t, ".env"))
	require.NoError(t, err)
	for name, s := range handoff(p) {
		for variable, reader := range map[string]string{
			"HANDOFF_SOURCE_QUIZ_SECRETS": "starter", "HANDOFF_CRM_TOKEN": "worker", "HANDOFF_NOTIFY_SALES_URL": "worker",
		} {
			if name == "handoff" || (name == "starter") == (reader == "starter") {
				require.Contains(t, s.Environment, variable, name)
			} else {
				require.NotContains(t, s.Environment, variable, name)
			}
		}
	}
}

// TestSecretsInFolders: what docs/reload.md has people put beside the compose file mounts a folder of secrets for each program, and
// both for commands: one that looks at all, or signs as a sender does, needs those of the starter too.
func TestSecretsInFolders(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "reload.md"))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "<!-- override -->\n```yaml\n")
	require.True(t, found)
	override, _, _ := strings.Cut(rest, "```")
	folder := checkout(t, nil)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "docker-compose.override.yml"), []byte(override), 0o600))
	for owner, secret := range map[string]string{"starter": "HANDOFF_SOURCE_QUIZ_SECRETS", "worker": "HANDOFF_SOURCE_QUIZ_TOKEN"} {
		own := filepath.Join(folder, "deploy", "secrets", owner)
		require.NoError(t, os.MkdirAll(own, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(own, secret), []byte("of-the-quiz"), 0o600))
	}
	p, err := load(t, folder, filled(t, ".env"), "docker-compose.override.yml")
	require.NoError(t, err)
	for name, s := range handoff(p) {
		owners := map[string][]string{"starter": {"starter"}, "handoff": {"starter", "worker"}}[name]
		if owners == nil {
			owners = []string{"worker"}
		}
		require.Len(t, s.Volumes, 2, "%s: the configuration as well", name)
		secrets := s.Volumes[slices.IndexFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Target == "/secrets" })]
		require.True(t, secrets.ReadOnly, name)
		require.NotNil(t, s.Environment["HANDOFF_SECRETS_DIR"], name)
		var read []string
		for _, inside := range filepath.SplitList(*s.Environment["HANDOFF_SECRETS_DIR"]) {
			read = append(read, secrets.Source+strings.TrimPrefix(inside, secrets.Target))
		}
		var own []string
		for _, owner := range owners {
			own = append(own, filepath.Join(folder, "deploy", "secrets", owner))
		}
		require.Equal(t, own, read, name)

		source := config.Source{SecretEnvs: []string{"HANDOFF_SOURCE_QUIZ_SECRETS", "HANDOFF_SOURCE_QUIZ_TOKEN"}}
		missing := source.MissingSecrets([]string{"HANDOFF_SECRETS_DIR=" + strings.Join(read, ":")})
		require.Equal(t, name == "handoff", len(missing) == 0, "%s lacks %v", name, missing)
	}
}

// TestSecretsAreInFilesThatMayBeMissing: secrets may be in files or secret managers instead; the programs name those that are nowhere.
func TestSecretsAreInFilesThatMayBeMissing(t *testing.T) {
	t.Parallel()
	folder := checkout(t, nil)
	for _, name := range []string{"starter.env", "worker.env"} {
		require.NoError(t, os.Remove(filepath.Join(folder, name)))
	}
	_, err := load(t, folder, filled(t, ".env"))
	require.NoError(t, err)
}

// TestWhoCallsOutHasAWayOut: CRMs, senders' APIs, channels and secret managers are on the internet.
func TestWhoCallsOutHasAWayOut(t *testing.T) {
	t.Parallel()
	p := project(t)
	for name, s := range handoff(p) {
		require.True(t, outside(p, s), "%s reaches nothing but this deployment", name)
	}
}

// TestServersAreNotReachedFromOutside: Temporal asks nobody who they are, and the databases hold the leads.
func TestServersAreNotReachedFromOutside(t *testing.T) {
	t.Parallel()
	p := project(t)
	for _, name := range []string{"postgres", "temporal", "temporal-schema", "temporal-namespace"} {
		s, err := p.GetService(name)
		require.NoError(t, err)
		require.False(t, outside(p, s), "%s is on a network that leads outside", name)
		require.Empty(t, s.Ports, name)
		require.Empty(t, s.NetworkMode, name)
	}
}

// outside says whether a service is on a network with a way out of the deployment.
func outside(p *types.Project, s types.ServiceConfig) bool {
	for network := range s.Networks {
		if !p.Networks[network].Internal {
			return true
		}
	}
	return false
}

// TestACRMThatIsAwayKeepsNoWorkerFromStarting: the other CRMs' leads do not wait for it.
func TestACRMThatIsAwayKeepsNoWorkerFromStarting(t *testing.T) {
	t.Parallel()
	on := project(t).Services["worker"].DependsOn
	require.False(t, on["crm-setup"].Required, "it asks the CRMs")
	require.True(t, on["migrate"].Required)
}

// TestCommandsOfThePages: what the pages have people type names services that are there, and commands run in the one for them.
func TestCommandsOfThePages(t *testing.T) {
	t.Parallel()
	services := project(t).ServiceNames()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	vendors, err := filepath.Glob(filepath.Join(root, "docs", "crm", "*.md"))
	require.NoError(t, err)
	commands := 0
	for _, page := range append(append(pages, vendors...), filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, match := range regexp.MustCompile("docker compose (up|run|exec|stop|logs|kill)( [^`\n]*)?").FindAllStringSubmatch(string(text), -1) {
			commands++
			for _, service := range named(match[1], strings.Fields(match[2])) {
				require.Contains(t, services, service, "%s: %s", page, match[0])
			}
			if strings.Contains(match[2], " sources test ") {
				require.Contains(t, match[2], " --url http://starter:8080", "%s: localhost is the command's own container", page)
			}
		}
	}
	require.Greater(t, commands, 10)
}

// named are the services that the arguments of a compose command name: all, or the one before the command that is run in it.
func named(command string, arguments []string) []string {
	withValue := []string{"--entrypoint", "--user", "-v", "-w", "-e", "-s"}
	for len(arguments) > 0 && strings.HasPrefix(arguments[0], "-") {
		if slices.Contains(withValue, arguments[0]) && len(arguments) > 1 {
			arguments = arguments[1:]
		}
		arguments = arguments[1:]
	}
	if (command == "run" || command == "exec") && len(arguments) > 0 {
		return arguments[:1]
	}
	return arguments
}

func TestNoPasswordHasADefault(t *testing.T) {
	t.Parallel()
	folder := checkout(t, nil)
	for name := range filled(t, ".env") {
		if strings.HasSuffix(name, "_URL") {
			continue
		}
		values := filled(t, ".env")
		delete(values, name)
		_, err := load(t, folder, values)
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
