package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/notify"
	"handoff/internal/seal"
)

// TestAChannelsSecretIsFollowed: the next message is signed with the secret as it is then, and one that is none changes nothing.
func TestAChannelsSecretIsFollowed(t *testing.T) {
	t.Parallel()
	const first, second = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "whsec_YWJjZGVmMDEyMzQ1Njc4OTAxMjM0NTY3ODlhYmNkZWY="
	valid := func(secret string, r *http.Request, body []byte) bool {
		hook, err := standardwebhooks.NewWebhook(secret)
		require.NoError(t, err)
		return hook.Verify(body, r.Header) == nil
	}
	signed := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		by := "nobody"
		if valid(first, r, body) {
			by = "first"
		} else if valid(second, r, body) {
			by = "second"
		}
		signed <- by
	}))
	t.Cleanup(receiver.Close)
	example, err := os.ReadFile("../internal/config/testdata/valid.yaml")
	require.NoError(t, err)
	path, secret := filepath.Join(t.TempDir(), "handoff.yaml"), filepath.Join(t.TempDir(), "secret")
	text := strings.Replace(string(example), "https://hub.example.com/handoff", receiver.URL, 1)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	put := func(text string) { require.NoError(t, os.WriteFile(secret, []byte(text), 0o600)) }
	put(first)
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	c, err := config.Load(path, []string{
		"HANDOFF_LEDGER_DSN=host=ledger", "HANDOFF_KEYS=" + keys, "CRM_DSN=host=crm", "CHAT_URL=slack://xoxb:123456789012-1234567890123-4mt0t4l1YL3g1T5L4cK70k3N@C001CH4NN3L",
		"HUB_SECRET_FILE=" + secret,
	}, config.ProgramWorker)
	require.NoError(t, err)
	ch, err := newChannels(c.Notify)
	require.NoError(t, err)
	send := func() string {
		require.NoError(t, ch.Send(t.Context(), "hub", notify.Message{ID: "1", Event: notify.Created}))
		return <-signed
	}
	require.Equal(t, "first", send())
	put(second)
	require.Equal(t, "second", send())
	put("none")
	require.Equal(t, "second", send())
}
