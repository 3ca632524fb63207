package main

import (
	"context"
	"log/slog"
	"sync"

	"handoff/internal/config"
	"handoff/internal/door"
	"handoff/internal/reload"
	"handoff/internal/source"
)

// held are the sections of the configuration that the starter reads once, at its start. The sources it follows.
var held = []string{"public", "admin", "ledger", "keys", "temporal", "relay", "review", "log"}

// configured is a configuration with the sources that it describes.
type configured struct {
	*config.Config
	sources map[string]*source.Source
}

// following is the configuration, and the door that follows it.
type following struct {
	*reload.Watched[configured]
	door *door.Door
}

// follow loads the configuration with its sources.
func follow(environ []string, metrics reload.Metrics, logger *slog.Logger) (*following, error) {
	settings := reload.Settings(config.Path(environ), environ, config.ProgramStarter, held...)
	f := &following{}
	var err error
	f.Watched, err = reload.New(reload.Options[configured]{
		What: settings.What, Paths: settings.Paths, Beside: settings.Beside, Metrics: metrics, Logger: logger,
		Load: func() (configured, error) {
			c, err := settings.Load()
			if err != nil {
				return configured{}, err
			}
			sources, err := source.NewAll(c.Sources)
			return configured{c, sources}, err
		},
		Restart: func(started, now configured) []string { return settings.Restart(started.Config, now.Config) },
		Changes: func(old, now configured) []slog.Attr { return settings.Changes(old.Config, now.Config) },
		Swapped: func(_, now reload.Version[configured]) { f.door.Follow(now.Value.sources) },
	})
	return f, err
}

// serve serves until ctx ends, with the sources as the files describe them.
func (f *following) serve(ctx context.Context) error {
	started := f.Current()
	watched, stopWatching := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { f.Run(watched) })
	running.Go(func() { reload.OnHangup(watched, f.Ask) })
	err := f.door.Serve(ctx, started.Public, started.Admin)
	stopWatching()
	running.Wait()
	return err
}
