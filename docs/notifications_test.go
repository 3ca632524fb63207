package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/notify"
	"handoff/internal/seal"
)

// TestNotificationsPage: its channels load, its events are all that there are, and its fields are those that templates read.
func TestNotificationsPage(t *testing.T) {
	t.Parallel()
	page := read(t, notifications)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(page)
	require.NotNil(t, example)
	valid := read(t, "../internal/config/testdata/valid.yaml")
	head, _, found := strings.Cut(valid, "notify:\n")
	require.True(t, found)
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	load := func(channels string) (*config.Config, error) {
		path := filepath.Join(t.TempDir(), "handoff.yaml")
		require.NoError(t, os.WriteFile(path, []byte(head+channels), 0o600))
		return config.Load(path, []string{
			"HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys, "CRM_DSN=postgres://crm@localhost/crm",
			"HANDOFF_NOTIFY_SALES_CHAT_URL=generic+https://chat.example.com", "HANDOFF_NOTIFY_REVIEWERS_URL=generic+https://chat.example.com",
			"HANDOFF_NOTIFY_SALES_HUB_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		}, config.ProgramWorker)
	}
	c, err := load(example[1])
	require.NoError(t, err)
	for name, channel := range c.Notify.Channels {
		url, secret := channel.URL.Reveal(), ""
		if channel.Webhook != nil {
			url, secret = channel.Webhook.URL, channel.Webhook.Secret.Reveal()
		}
		_, err := notify.New([]notify.Channel{
			{Name: name, URL: url, Secret: secret, Template: channel.Template, Personal: channel.Personal},
		}, notify.Options{})
		require.NoError(t, err, name)
	}

	var events []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| ").FindAllStringSubmatch(page, -1) {
		events = append(events, row[1])
	}
	slices.Sort(events)
	_, err = load(strings.Replace(example[1], "on: [created, routed]", "on: [nothing]", 1))
	require.ErrorContains(t, err, strings.Join(events, ", "), "the loader names all events")

	var fields []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`\\.[^|]+) \\| ").FindAllStringSubmatch(page, -1) {
		for _, field := range regexp.MustCompile("`(\\.[A-Z][A-Za-z]+)`").FindAllStringSubmatch(row[1], -1) {
			fields = append(fields, "{{"+field[1]+"}}")
		}
	}
	require.Len(t, fields, 12)
	_, err = notify.New([]notify.Channel{
		{Name: "all", URL: "generic+https://chat.example.com", Template: strings.Join(fields, " "), Personal: true},
	}, notify.Options{})
	require.NoError(t, err)
}
