// Starter takes deliveries: it verifies them, writes them into the ledger and starts their workflows.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"handoff/internal/config"
	"handoff/internal/door"
	"handoff/internal/ledger"
	"handoff/internal/reload"
	"handoff/internal/seal"
	_ "handoff/internal/secretmanager/drivers" // where secrets may come from
	"handoff/internal/telemetry"
	"handoff/internal/temporal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "starter:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	gin.SetMode(gin.ReleaseMode)
	defer config.Close()
	c, err := config.Load(config.Path(os.Environ()), os.Environ(), config.ProgramStarter)
	if err != nil {
		return err
	}
	logger := telemetry.NewLogger(os.Stderr, c.Log.SlogLevel(), c.Log.Format)
	metrics, err := telemetry.NewMetrics(logger)
	if err != nil {
		return err
	}
	f, err := follow(os.Environ(), telemetry.NewReloads(metrics.Registry), logger)
	if err != nil {
		return err
	}
	keys, err := seal.LoadKeys(c.Keys.Reveal())
	if err != nil {
		return err
	}
	store, err := ledger.Open(ctx, c.Ledger.DSN.Reveal(), keys, ledger.Options{MaxConns: c.Ledger.MaxConns})
	if err != nil {
		return err
	}
	defer store.Close()
	metrics.Registry.MustRegister(telemetry.NewBacklog(store.Counts))
	engine, err := temporal.Dial(temporal.Options{
		Address: c.Temporal.Address, Namespace: c.Temporal.Namespace, Logger: logger, Metrics: metrics.Temporal,
	})
	if err != nil {
		return err
	}
	defer engine.Close()

	f.door = door.New(door.Options{
		Sources: f.Current().sources, Ledger: store, Workflows: temporal.Workflows{Client: engine, ReviewLimit: c.Review.Limit},
		Checks: []door.Check{
			{Name: "ledger", Ask: store.Ping},
			{Name: "temporal", Ask: func(ctx context.Context) error { return temporal.Healthy(ctx, engine) }},
			{Name: "search attributes", Ask: func(ctx context.Context) error {
				missing, err := temporal.MissingSearchAttributes(ctx, engine, c.Temporal.Namespace)
				if err == nil && len(missing) > 0 {
					return fmt.Errorf("not registered: %v; run `handoff migrate`", missing)
				}
				return err
			}},
		},
		Registry: metrics.Registry, Metrics: metrics.Handler(), Logger: logger,
		AdminToken: c.Admin.Token.Reveal(), AdminURL: c.Admin.URL, MaxBody: c.Public.MaxBody,
		RelayEvery: c.Relay.Every, RelayBatch: c.Relay.Batch, Background: c.Relay.Background, Now: time.Now,
		Reloads: func() []reload.State { return []reload.State{f.State()} },
	})
	return f.serve(ctx)
}
