package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger/ledgertest"
	"handoff/internal/programs"
	"handoff/internal/seal"
	"handoff/internal/secretmanager/managertest"
)

// TestSecretsFromManagers: the commands work with the ledger's secrets in AWS and an app's sealed by Vault, named as the page
// about connections shows it, and the doctor says in one line which secret cannot be had, and why.
func TestSecretsFromManagers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	handoff := programs.Handoff(t)
	dsn := ledgertest.Postgres(t)
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	aws := managertest.StartAWS(t)
	aws.Put("handoff-keys", keys)
	aws.Put("handoff-dsn", dsn)
	sealed := filepath.Join(dir, "app.sealed")
	require.NoError(t, os.WriteFile(sealed, []byte(managertest.Seal("hunter2-app")), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "handoff.yaml"), fmt.Appendf(nil, connectedFile, "127.0.0.1:8976", "http://127.0.0.1:1"), 0o600))
	environment := append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "AWS_ENDPOINT_URL=" + aws.URL, "TEMPORAL_ADDRESS=127.0.0.1:1",
		"HANDOFF_KEYS_FROM=awssecretsmanager://handoff-keys?region=eu-central-1&decoder=string",
		"HANDOFF_LEDGER_DSN_FROM=awsparamstore://handoff-dsn?region=eu-central-1&decoder=string",
		"HANDOFF_CRM_APP_SECRET_FROM=file://" + sealed + "?decoder=decrypt", "RUNTIMEVAR_KEEPER_URL=hashivault://handoff",
		"VAULT_ADDR=" + managertest.StartVault(t, "handoff", "hunter2-vault"), "VAULT_TOKEN=hunter2-vault",
	}, managertest.AWSEnvironment...)
	var all bytes.Buffer
	run := func(more ...string) (string, int) {
		c := exec.CommandContext(t.Context(), handoff, more[0])
		c.Dir, c.Env = dir, append(environment, more[1:]...)
		output, err := c.CombinedOutput()
		all.Write(output)
		if err != nil {
			require.IsType(t, &exec.ExitError{}, err)
		}
		return string(output), c.ProcessState.ExitCode()
	}
	output, code := run("connections", "HANDOFF_OWN_TOKEN=hunter2-own")
	require.Equal(t, 1, code, output)
	require.Contains(t, output, "handoff connect crm", "all that is wrong is that nobody has connected it")

	output, code = run("doctor", "HANDOFF_OWN_TOKEN_FROM=awssecretsmanager://hunter2-absent?region=eu-central-1",
		"HANDOFF_SOURCE_WEBSITE_SECRETS_FROM=hunter2")
	require.Equal(t, 1, code, output)
	require.Contains(t, output, "→ HANDOFF_OWN_TOKEN_FROM: awssecretsmanager has no such secret; make it there, or correct the URL\n")

	output, _ = run("doctor", "HANDOFF_OWN_TOKEN=hunter2-own", "HANDOFF_SOURCE_WEBSITE_SECRETS_FROM=awssecretsmanager://hunter2-absent?region=eu-central-1")
	require.Contains(t, output, "ok  configuration")
	require.Contains(t, output, "→ HANDOFF_SOURCE_WEBSITE_SECRETS_FROM: awssecretsmanager has no such secret; make it there, or correct the URL\n")

	output, _ = run("doctor", "HANDOFF_OWN_TOKEN=hunter2-own", "VAULT_TOKEN=wrong")
	require.Contains(t, output, "→ HANDOFF_CRM_APP_SECRET_FROM: cannot be read from file, or not be unsealed with the keeper of RUNTIMEVAR_KEEPER_URL")
	require.NotContains(t, all.String(), "hunter2")
	require.NotContains(t, all.String(), keys)
}
