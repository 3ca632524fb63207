package reload

import (
	"log/slog"

	"handoff/internal/config"
)

// Configuration names the configuration as a watched thing.
const Configuration = "configuration"

// Settings are the options to watch a program's configuration: the file at path, and the secrets in files and in secret
// managers that the environment names. held are the sections that the program reads once, at its start; what changes in them is told as
// needing a restart.
func Settings(path string, environ []string, program config.Program, held ...string) Options[*config.Config] {
	return Options[*config.Config]{
		What:  Configuration,
		Paths: func() []string { return config.Files(path, environ) },
		// Secrets from managers are followed there, and known here without asking.
		Beside: func() string { return config.SecretsVersion(environ) },
		Load:   func() (*config.Config, error) { return config.Load(path, environ, program) },
		Restart: func(started, now *config.Config) []string {
			return config.NeedsRestart(started, now, held...)
		},
		Changes: func(old, now *config.Config) []slog.Attr {
			return []slog.Attr{slog.Any("changed", config.Changes(old, now))}
		},
	}
}
