package devstack

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"handoff/internal/submission"
	"handoff/internal/temporal"
)

// TemporalOptions describe a Temporal development server.
type TemporalOptions struct {
	Binary   string
	Database string // SQLite file; "" keeps everything in memory
	Port     int    // 0 for a free one
	UIPort   int    // 0 for no Web UI
	LogFile  string
	Config   map[string]string // dynamic configuration
}

// Temporal is a Temporal development server.
type Temporal struct {
	Address string // host:port of its gRPC frontend
	UI      string // URL of its Web UI, "" without
	options TemporalOptions
	process *Process
}

// StartTemporal starts a server and waits until it serves and knows Handoff's search attributes.
func StartTemporal(ctx context.Context, o TemporalOptions) (*Temporal, error) {
	var err error
	if o.Port == 0 {
		if o.Port, err = FreePort(); err != nil {
			return nil, err
		}
	}
	t := &Temporal{Address: "127.0.0.1:" + strconv.Itoa(o.Port), options: o}
	if o.UIPort != 0 {
		t.UI = "http://127.0.0.1:" + strconv.Itoa(o.UIPort)
	}
	if err := t.Start(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// Start starts the server on its port, over the database it had. A server that does not get ready by the deadline of ctx
// is ended again.
func (t *Temporal) Start(ctx context.Context) error {
	args := []string{"server", "start-dev", "--ip", "127.0.0.1", "--port", strconv.Itoa(t.options.Port), "--log-level", "error"}
	if t.options.UIPort != 0 {
		args = append(args, "--ui-port", strconv.Itoa(t.options.UIPort))
	} else {
		args = append(args, "--headless")
	}
	if t.options.Database != "" {
		// A write-ahead log survives a killed server like the default journal does, at a tenth of its cost.
		args = append(args, "--db-filename", t.options.Database,
			"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal")
	}
	for _, key := range submission.SearchAttributes {
		args = append(args, "--search-attribute", key.GetName()+"=Keyword")
	}
	for name, value := range t.options.Config {
		args = append(args, "--dynamic-config-value", name+"="+value)
	}
	process, err := StartProcess(Spec{Name: "temporal", Path: t.options.Binary, Args: args, LogFile: t.options.LogFile})
	if err != nil {
		return err
	}
	t.process = process
	c, err := client.NewLazyClient(client.Options{
		HostPort: t.Address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return fmt.Errorf("reach the Temporal server: %w", err)
	}
	defer c.Close()
	err = await(ctx, process, func(ctx context.Context) error {
		missing, err := temporal.MissingSearchAttributes(ctx, c, client.DefaultNamespace)
		if err == nil && len(missing) > 0 {
			return fmt.Errorf("search attributes not yet registered: %v", missing)
		}
		return err
	})
	if err != nil {
		t.Kill()
	}
	return err
}

// Stop ends the server.
func (t *Temporal) Stop(ctx context.Context) error { return t.process.Stop(ctx) }

// Kill ends the server as a crash would.
func (t *Temporal) Kill() { t.process.Kill() }

// Process is the server's process.
func (t *Temporal) Process() *Process { return t.process }
