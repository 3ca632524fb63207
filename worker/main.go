// Worker carries submissions to the CRMs: it runs their workflows and steps. It is the only program that names concrete
// CRMs.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"handoff/internal/config"
	_ "handoff/internal/secretmanager/drivers" // where secrets may come from
	"handoff/internal/telemetry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	defer config.Close()
	c, err := config.Load(config.Path(os.Environ()), os.Environ(), config.ProgramWorker)
	if err != nil {
		return err
	}
	logger := telemetry.NewLogger(os.Stderr, c.Log.SlogLevel(), c.Log.Format)
	w, err := wire(ctx, os.Environ(), c, logger)
	if err != nil {
		return err
	}
	defer w.close()
	return w.serve(ctx)
}
