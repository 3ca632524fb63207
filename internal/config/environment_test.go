package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

func TestEveryOverrideReachesItsSetting(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{
		"HANDOFF_PUBLIC_LISTEN": ":1", "HANDOFF_PUBLIC_URL": "http://public", "HANDOFF_PUBLIC_MAX_BODY": "2048",
		"HANDOFF_PUBLIC_READ_HEADER_TIMEOUT": "3s", "HANDOFF_PUBLIC_READ_TIMEOUT": "4s", "HANDOFF_PUBLIC_WRITE_TIMEOUT": "5s",
		"HANDOFF_PUBLIC_IDLE_TIMEOUT": "6s", "HANDOFF_PUBLIC_SHUTDOWN_GRACE": "7s",
		"HANDOFF_ADMIN_LISTEN": ":8", "HANDOFF_ADMIN_URL": "http://admin",
		"HANDOFF_WORKER_LISTEN": ":9", "HANDOFF_WORKER_STOP_TIMEOUT": "10s", "HANDOFF_WORKER_MAX_CONCURRENT_STEPS": "11",
		"HANDOFF_WORKER_WORKFLOW_CACHE": "12", "HANDOFF_WORKER_POLLERS": "13", "HANDOFF_LEDGER_MAX_CONNS": "14",
		"TEMPORAL_ADDRESS": "temporal:15", "TEMPORAL_NAMESPACE": "leads", "HANDOFF_TEMPORAL_UI_URL": "http://ui",
		"HANDOFF_RELAY_EVERY": "16s", "HANDOFF_RELAY_BATCH": "17", "HANDOFF_RELAY_BACKGROUND": "18", "HANDOFF_MAPPINGS": "/mappings",
		"HANDOFF_LOG_LEVEL": "debug", "HANDOFF_LOG_FORMAT": "text",
	})
	require.Equal(t, config.Public{
		Listen: ":1", URL: "http://public", MaxBody: 2048, ReadHeaderTimeout: 3 * time.Second, ReadTimeout: 4 * time.Second,
		WriteTimeout: 5 * time.Second, IdleTimeout: 6 * time.Second, ShutdownGrace: 7 * time.Second,
	}, c.Public)
	require.Equal(t, ":8", c.Admin.Listen)
	require.Equal(t, "http://admin", c.Admin.URL)
	require.Equal(t, config.Worker{
		Listen: ":9", StopTimeout: 10 * time.Second, MaxConcurrentSteps: 11, WorkflowCache: 12, Pollers: 13,
	}, c.Worker)
	require.Equal(t, 14, c.Ledger.MaxConns)
	require.Equal(t, config.Temporal{Address: "temporal:15", Namespace: "leads", UIURL: "http://ui"}, c.Temporal)
	require.Equal(t, config.Relay{Every: 16 * time.Second, Batch: 17, Background: 18}, c.Relay)
	require.Equal(t, "/mappings", c.Mappings)
	require.Equal(t, config.Log{Level: "debug", Format: "text"}, c.Log)
}

// No setting above the sources can be set in the file alone.
func TestEverySettingHasAnOverride(t *testing.T) {
	t.Parallel()
	var walk func(path string, of reflect.Type)
	walk = func(path string, of reflect.Type) {
		for i := range of.NumField() {
			field := of.Field(i)
			inFile := field.Tag.Get("yaml")
			secret := field.Type == reflect.TypeFor[config.Secret]()
			switch {
			case inFile == "" || inFile == "-" || secret || field.Type.Kind() == reflect.Map || field.Name == "Notify":
			case field.Type.Kind() == reflect.Struct:
				walk(path+inFile+"_", field.Type)
			default:
				name := field.Tag.Get("env")
				if path == "temporal_" && inFile != "ui_url" {
					require.Equal(t, strings.ToUpper(path+inFile), name)
				} else {
					require.Equal(t, "HANDOFF_"+strings.ToUpper(path+inFile), name)
				}
				require.NotEmpty(t, field.Tag.Get("about"), name)
			}
		}
	}
	walk("", reflect.TypeFor[config.Config]())
}

func TestAVariableThatIsSetToNothingIsNotSet(t *testing.T) {
	t.Parallel()
	require.Equal(t, ":9080", load(t, map[string]string{"HANDOFF_PUBLIC_LISTEN": "", "HANDOFF_RELAY_BATCH": ""}).Public.Listen)
}

func TestWhatIsWrongInTheEnvironmentIsNamedByItsVariable(t *testing.T) {
	t.Parallel()
	file := write(t, "token", "short\n")
	for name, c := range map[string]struct {
		set  map[string]string
		want string
	}{
		"no number":        {map[string]string{"HANDOFF_RELAY_BATCH": "many"}, "HANDOFF_RELAY_BATCH: want a whole number"},
		"no duration":      {map[string]string{"HANDOFF_RELAY_EVERY": "5"}, "HANDOFF_RELAY_EVERY: want a duration with its unit, such as 500ms, 5s or 10m"},
		"out of bounds":    {map[string]string{"HANDOFF_RELAY_BATCH": "0"}, "HANDOFF_RELAY_BATCH: want 1 to 10000"},
		"no address":       {map[string]string{"TEMPORAL_ADDRESS": "temporal"}, "TEMPORAL_ADDRESS: want host:port, such as :8080 or 127.0.0.1:8080"},
		"taken address":    {map[string]string{"HANDOFF_ADMIN_LISTEN": ":9080"}, "HANDOFF_ADMIN_LISTEN: also the address of public.listen; want one of its own"},
		"no level":         {map[string]string{"HANDOFF_LOG_LEVEL": "INFO"}, `HANDOFF_LOG_LEVEL: unknown level "INFO"; did you mean "info"?`},
		"short token":      {map[string]string{"HANDOFF_ADMIN_TOKEN": "0123456789abcde"}, "HANDOFF_ADMIN_TOKEN: shorter than 16 characters"},
		"short token file": {map[string]string{"HANDOFF_ADMIN_TOKEN": "", "HANDOFF_ADMIN_TOKEN_FILE": file}, "HANDOFF_ADMIN_TOKEN_FILE: shorter than 16 characters"},
		"no DSN":           {map[string]string{"HANDOFF_LEDGER_DSN": "mysql://root:hunter2@db"}, "HANDOFF_LEDGER_DSN: want a PostgreSQL connection string, postgres://user@host/database or key=value settings"},
		"no keyset":        {map[string]string{"HANDOFF_KEYS": "hunter2"}, "HANDOFF_KEYS: "},
		"no CRM DSN":       {map[string]string{"CRM_DSN": "hunter2"}, "CRM_DSN: want a PostgreSQL connection string, postgres://user@host/database or key=value settings"},
		"missing secret":   {map[string]string{"WEBSITE_SECRETS": ""}, "testdata/valid.yaml:9:15: $.sources.website.secrets[0]: WEBSITE_SECRETS is not set; want it, WEBSITE_SECRETS_FILE with a file that holds it, or WEBSITE_SECRETS_FROM with its URL in a secret manager"},
		"no whsec":         {map[string]string{"WEBSITE_SECRETS": "hunter2_hunter2_hunter2"}, "WEBSITE_SECRETS: want a Standard Webhooks secret, whsec_ and base64"},
		"short whsec":      {map[string]string{"WEBSITE_SECRETS": "whsec_aGk="}, "WEBSITE_SECRETS: holds a secret of less than 16 characters"},
		"one of several":   {map[string]string{"PORTAL_SECRET": portalSecret + " hunter2"}, "PORTAL_SECRET: holds a secret of less than 16 characters"},
		"no channel URL":   {map[string]string{"CHAT_URL": "hunter2"}, "CHAT_URL: want a shoutrrr URL such as slack://…"},
		"no hub secret":    {map[string]string{"HUB_SECRET": "whsec_hunter2!"}, "HUB_SECRET: want a Standard Webhooks secret, whsec_ and base64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load("testdata/valid.yaml", environ(t, c.set))
			require.ErrorContains(t, err, c.want)
			if !strings.HasSuffix(c.want, " ") {
				require.EqualError(t, err, c.want)
			}
			require.NotContains(t, err.Error(), "hunter2", "no secret in an error")
		})
	}
}

func TestSecretsComeFromFilesToo(t *testing.T) {
	t.Parallel()
	file := write(t, "secrets", "\n  "+portalSecret+"\n"+portalSecret+"-old\n")
	c := load(t, map[string]string{"PORTAL_SECRET": "", "PORTAL_SECRET_FILE": file})
	require.Equal(t, []config.Secret{config.NewSecret(portalSecret), config.NewSecret(portalSecret + "-old")}, c.Sources["portal"].Secrets)

	dsn := write(t, "dsn", "postgres://handoff:pw@db/ledger\n")
	c = load(t, map[string]string{"HANDOFF_LEDGER_DSN": "", "HANDOFF_LEDGER_DSN_FILE": dsn})
	require.Equal(t, "postgres://handoff:pw@db/ledger", c.Ledger.DSN.Reveal())
}

func TestSecretFilesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	empty, folder := write(t, "empty", " \n"), t.TempDir()
	for name, c := range map[string]struct{ file, value, want string }{
		"absent": {filepath.Join(folder, "absent"), "", "CRM_DSN_FILE: names a file that does not exist"},
		"empty":  {empty, "", "CRM_DSN_FILE: names a file that is empty"},
		"folder": {folder, "", "CRM_DSN_FILE: names a file that cannot be read"},
		"both":   {empty, "host=db", "CRM_DSN: set, and so is CRM_DSN_FILE; want one of them"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load("testdata/valid.yaml", environ(t, map[string]string{"CRM_DSN": c.value, "CRM_DSN_FILE": c.file}))
			require.EqualError(t, err, c.want)
		})
	}
}

func TestVariablesAreAllThatIsRead(t *testing.T) {
	t.Parallel()
	c := load(t, nil)
	byName := map[string]config.Variable{}
	for _, v := range c.Variables() {
		require.NotContains(t, byName, v.Name, "listed once")
		require.NotEmpty(t, v.What, v.Name)
		require.NotEmpty(t, v.Programs, v.Name)
		byName[v.Name] = v
	}
	for name := range environment(t) {
		require.True(t, byName[name].Required, name)
		require.True(t, byName[name].Secret, name)
		require.Equal(t, name+"_FILE", byName[name].File)
	}
	require.Equal(t, []config.Program{config.ProgramWorker}, byName["CRM_DSN"].Programs)
	require.Equal(t, []config.Program{config.ProgramStarter}, byName["PORTAL_SECRET"].Programs)
	require.Equal(t, "20s", byName["HANDOFF_PUBLIC_SHUTDOWN_GRACE"].Default)
	require.Equal(t, "1048576", byName["HANDOFF_PUBLIC_MAX_BODY"].Default)
	for _, name := range []string{"HANDOFF_CONFIG", "HANDOFF_MAPPINGS", "TEMPORAL_ADDRESS", "TEMPORAL_API_KEY", "TEMPORAL_TLS_CLIENT_CERT_PATH"} {
		require.Contains(t, byName, name)
		require.False(t, byName[name].Required, name)
	}
	require.True(t, byName["TEMPORAL_API_KEY"].Secret)

	fixed := (&config.Config{}).Variables()
	require.Len(t, fixed, len(byName)-5, "the five that the file names are not fixed")
}

func TestOneVariableMayServeTwice(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/valid.yaml")
	require.NoError(t, err)
	path := write(t, "handoff.yaml", strings.ReplaceAll(string(data), "HUB_SECRET", "WEBSITE_SECRETS"))
	c, err := config.Load(path, environ(t, nil))
	require.NoError(t, err)
	var found []string
	for _, v := range c.Variables() {
		if v.Name == "WEBSITE_SECRETS" {
			found = append(found, fmt.Sprint(v.Programs))
		}
	}
	require.Equal(t, []string{"[starter worker]"}, found)
}
