package door_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/door"
	"handoff/internal/reload"
	"handoff/internal/source"
)

// described is a source as newWorld's, changed.
func described(t *testing.T, change func(*config.Source)) map[string]*source.Source {
	t.Helper()
	c := config.Source{
		Secrets: []config.Secret{config.NewSecret(secret)}, SignatureHeader: "X-Signature", Form: "demo-request", MaxBody: 4096,
		Signature: config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex", Prefix: "sha256=", SignedContent: "{body}"},
		Layout:    config.Layout{SubmissionID: config.Place{Path: "id"}},
		Rate:      config.Rate{PerSecond: 0.1, Burst: 2},
	}
	change(&c)
	sources, err := source.NewAll(map[string]config.Source{"limited": c})
	require.NoError(t, err)
	return sources
}

// TestFollowChangesSourcesInService holds that a door takes other sources into use as a whole: new secrets and rates hold
// at once, a source that is gone is unknown, and what a source has used of an unchanged rate stays used.
func TestFollowChangesSourcesInService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	post := func(id string) int {
		t.Helper()
		return send(t, signed(t, w.public.URL, "limited", `{"id":"`+id+`"}`)).Status
	}
	require.Equal(t, http.StatusAccepted, send(t, signed(t, w.public.URL, "site", `{"id":"s"}`)).Status)
	require.Equal(t, http.StatusAccepted, post("1"))

	w.Follow(described(t, func(*config.Source) {}))
	require.Equal(t, http.StatusNotFound, send(t, signed(t, w.public.URL, "site", `{"id":"t"}`)).Status, "a source that is gone")
	require.Equal(t, http.StatusAccepted, post("2"))
	require.Equal(t, http.StatusTooManyRequests, post("3"), "no second burst from a reload")

	w.Follow(described(t, func(c *config.Source) { c.Rate.Burst = 3 }))
	require.Equal(t, http.StatusAccepted, post("4"), "another rate begins anew")

	w.Follow(described(t, func(c *config.Source) { c.Rate.Burst, c.Secrets = 4, []config.Secret{config.NewSecret("another")} }))
	require.Equal(t, http.StatusUnauthorized, post("5"), "the secret was rotated")
	w.Follow(described(t, func(c *config.Source) {
		c.Rate.Burst, c.Secrets = 5, []config.Secret{config.NewSecret("another"), config.NewSecret(secret)}
	}))
	require.Equal(t, http.StatusAccepted, post("6"), "both are valid")
}

// TestReadinessTellsVersions holds that a refused version shows in readiness and fails nothing.
func TestReadinessTellsVersions(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	state := reload.State{
		What: reload.Configuration, Version: "aaaaaaaaaaaa", Since: at, NeedsRestart: []string{"public.listen"},
		Refused: &reload.Refusal{Version: "bbbbbbbbbbbb", Since: at, Problems: []string{"handoff.yaml:3:1: $.x: unknown key"}},
	}
	w := newWorld(t, func(o *door.Options) { o.Reloads = func() []reload.State { return []reload.State{state} } })
	response, err := http.Get(w.admin.URL + "/readyz")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	var answer map[string]any
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.Equal(t, true, answer["ready"])
	require.Equal(t, map[string]any{"configuration": map[string]any{
		"version": "aaaaaaaaaaaa", "since": "2026-03-14T12:00:00Z", "needs_restart": []any{"public.listen"},
		"refused": map[string]any{"version": "bbbbbbbbbbbb", "since": "2026-03-14T12:00:00Z", "problems": []any{"handoff.yaml:3:1: $.x: unknown key"}},
	}}, answer["reload"])
}
