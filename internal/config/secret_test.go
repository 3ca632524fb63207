package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

func TestSecretsShowThemselvesToRevealOnly(t *testing.T) {
	t.Parallel()
	secret := config.NewSecret("hunter2")
	require.Equal(t, "hunter2", secret.Reveal())
	require.True(t, config.Secret{}.IsZero())
	require.True(t, config.NewSecret("").IsZero())
	require.False(t, secret.IsZero())

	inside := struct {
		Shown  config.Secret
		hidden config.Secret // fmt does not ask the methods of unexported fields
		List   []config.Secret
	}{secret, secret, []config.Secret{secret}}
	var written bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&written, verb+"\n"+verb+"\n"+verb+"\n", secret, &secret, inside)
	}
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&written, nil), slog.NewTextHandler(&written, nil)} {
		slog.New(handler).Info("message", "secret", secret, "inside", inside)
	}
	asJSON, err := json.Marshal(inside)
	require.NoError(t, err)
	asYAML, err := yaml.Marshal(inside)
	require.NoError(t, err)
	written.Write(asJSON)
	written.Write(asYAML)
	require.NotContains(t, written.String(), "hunter2")
	require.NotContains(t, written.String(), "68756e74657232", "nor in hexadecimal")
	require.Contains(t, written.String(), "[redacted]")
}

func TestAWholeConfigurationShowsNoSecret(t *testing.T) {
	t.Parallel()
	variables := environment(t)
	c := load(t, variables)
	var written bytes.Buffer
	fmt.Fprintf(&written, "%v %+v %#v", c, *c, *c)
	slog.New(slog.NewJSONHandler(&written, nil)).Info("configuration", "config", c)
	for name, secret := range variables {
		require.NotContains(t, written.String(), secret, name)
	}
}
