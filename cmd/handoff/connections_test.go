package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/programs"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/seal"
)

const connectedFile = `sources:
  website:
    scheme: standard-webhooks
    secrets: [HANDOFF_SOURCE_WEBSITE_SECRETS]
    form: contact
    submission_id: id
destinations:
  crm:
    connector: hubspot
    oauth:
      client_id: app-1
      client_secret_env: HANDOFF_CRM_APP_SECRET
      scopes: [oauth, crm.objects.contacts.write]
      redirect_url: http://%s/callback
    hubspot: {base_url: %q}
  own:
    connector: hubspot
    hubspot: {token_env: HANDOFF_OWN_TOKEN}
`

// freeAddress is one that nobody listens on at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// TestConnectAndConnections does with the command what a person does: connects, looks, sees it break, repairs it.
func TestConnectAndConnections(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	handoff := programs.Handoff(t)
	dsn := ledgertest.Postgres(t)
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	vendor, address := sandboxtest.Start(t, sandbox.Options{}), freeAddress(t)
	vendor.HubSpot.Register(hubspot.App{Client: "app-1", Secret: "hunter2-app", Redirects: []string{"http://" + address + "/callback"}, Rotates: true})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "handoff.yaml"), fmt.Appendf(nil, connectedFile, address, vendor.URL), 0o600))
	var all bytes.Buffer
	command := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), handoff, args...)
		c.Dir = dir
		c.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "HANDOFF_KEYS=" + keys, "HANDOFF_LEDGER_DSN=" + dsn, "HANDOFF_CRM_APP_SECRET=hunter2-app",
			"HANDOFF_OWN_TOKEN=hunter2-own", "TEMPORAL_ADDRESS=127.0.0.1:1",
		}
		return c
	}
	run := func(args ...string) (string, int) {
		c := command(args...)
		output, _ := c.CombinedOutput()
		all.Write(output)
		return string(output), c.ProcessState.ExitCode()
	}
	open := func(address string) string {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		page, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(page)
	}

	said, status := run("connections")
	require.Equal(t, 1, status, said)
	require.Regexp(t, `crm +│ not connected .*│ handoff connect crm`, said)
	require.NotContains(t, said, "own", "it has a token of its own")
	said, status = run("connect", "own")
	require.NotZero(t, status)
	require.Contains(t, said, "destination own has credentials of its own")
	said, _ = run("connect", "crmm")
	require.Contains(t, said, `unknown destination "crmm"`)

	// Connected with a browser on this machine.
	waiting := command("connect", "crm", "--by", "ana")
	printed, err := waiting.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, waiting.Start())
	lines := bufio.NewScanner(printed)
	var link string
	for lines.Scan() {
		all.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), vendor.URL+"/oauth/authorize?") {
			link = lines.Text()
		}
		if strings.HasPrefix(lines.Text(), "Waiting until") {
			break
		}
	}
	require.NotEmpty(t, link)
	require.Equal(t, "Connected. You may close this window.\n", open(link))
	rest, err := io.ReadAll(printed)
	require.NoError(t, err)
	require.NoError(t, waiting.Wait())
	all.Write(rest)
	require.Equal(t, "\ncrm is connected, with the scopes oauth, crm.objects.contacts.write.\nWorkers use it at once; what waited goes on within a minute.\n", "\n"+string(rest))

	said, status = run("connections")
	require.Equal(t, 0, status, said)
	require.Regexp(t, `crm +│ connected +│ \d+ s ago by ana +│ oauth +│ – +│ +│ nothing`, said)

	said, _ = run("doctor")
	require.Regexp(t, `(?m)^ok  connection crm +has the scopes oauth, crm.objects.contacts.write$`, said)

	// The API refuses each new token.
	l := openWith(t, dsn, keys)
	c, err := config.Load(filepath.Join(dir, "handoff.yaml"), command().Env, config.ProgramWorker)
	require.NoError(t, err)
	worker := func() crm.Credentials {
		return (&connection.Sources{Store: func() connection.Store { return l }}).Of("crm", *c.Destinations["crm"].OAuth)
	}
	source := worker()
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	token, err = source.Renew(t.Context(), token)
	require.NoError(t, err)
	_, err = source.Renew(t.Context(), token)
	require.ErrorContains(t, err, "Auth: refused_after_refresh")
	said, status = run("connections")
	require.Equal(t, 1, status, said)
	require.Regexp(t, `crm +│ connected +│ .* refused_after_refresh, \d+ s ago +│ .*is the account suspended`, said)
	said, _ = run("doctor")
	require.NotContains(t, said, "connection crm", "the destination says what is wrong")

	// The app's secret is wrong.
	execute(t, dsn, `UPDATE connections SET expires_at = clock_timestamp()`)
	wrong := command("crm", "find", "crm", "contact", "--fields", "email")
	wrong.Env, wrong.Stdin = append(wrong.Env, "HANDOFF_CRM_APP_SECRET=hunter2-another"), strings.NewReader("email=ida@example.com")
	output, err := wrong.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "Auth: BAD_CLIENT_SECRET (status 400); are client_id and the secret in HANDOFF_CRM_APP_SECRET the app's? Then restart the workers")

	// Broken, as a worker finds out, and repaired with a browser elsewhere.
	vendor.HubSpot.RevokeApp("app-1")
	_, err = worker().Token(t.Context())
	require.ErrorContains(t, err, "Auth: BAD_REFRESH_TOKEN")
	said, status = run("connections", "--json")
	require.Equal(t, 1, status, said)
	var listed []struct{ Name, State, Do string }
	require.NoError(t, json.Unmarshal([]byte(said), &listed))
	require.Equal(t, "broken", listed[0].State)
	require.Equal(t, "handoff connect crm", listed[0].Do)

	pasting := command("connect", "crm", "--paste")
	input, err := pasting.StdinPipe()
	require.NoError(t, err)
	printed, err = pasting.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, pasting.Start())
	lines = bufio.NewScanner(printed)
	for link = ""; link == "" && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), vendor.URL) {
			link = lines.Text()
		}
	}
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	require.NoError(t, err)
	response, err := stay.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	fmt.Fprintln(input, response.Header.Get("Location"))
	rest, err = io.ReadAll(printed)
	require.NoError(t, err)
	require.NoError(t, pasting.Wait(), string(rest))
	said, status = run("connections")
	require.Equal(t, 0, status, said)

	stored, err := l.Connection(t.Context(), "crm")
	require.NoError(t, err)
	for _, secret := range []string{"hunter2", stored.Tokens.Access, stored.Tokens.Refresh} {
		require.NotContains(t, all.String(), secret)
	}
}

func openWith(t *testing.T, dsn, text string) *ledger.Ledger {
	t.Helper()
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 2})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}
