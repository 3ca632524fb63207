// Sandbox runs stand-ins for CRMs, for demonstrations, trials and benchmarks: point a destination at its address.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/salesforce"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newRoot().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func newRoot() *cobra.Command {
	listen := "127.0.0.1:8090"
	var options sandbox.Options
	root := &cobra.Command{
		Use:   "sandbox",
		Short: "Stand-ins for CRMs: HubSpot's and Salesforce's APIs with their limits and errors, which fail on command",
		Long: "Answers like HubSpot's and Salesforce's CRMs. Everything is in memory.\n\n" +
			"  /                            what arrived\n" +
			"  /_sandbox/faults             POST {\"kind\": \"rate_limit\", \"count\": 5} or \"lasts_ms\": 60000, DELETE to end all faults\n" +
			"  /_sandbox/hubspot/tokens     POST {\"token\": …, \"expires_in\": 60}, DELETE …/TOKEN\n" +
			"  /_sandbox/hubspot/limits     PUT {\"per_ten_seconds\": 100, \"per_day\": 250000, \"search_lag_ms\": 5000}\n" +
			"  /_sandbox/hubspot/lists      POST {\"name\": …, \"object\": \"contacts\", \"processing_type\": \"MANUAL\"}, GET for who is on them\n" +
			"  /_sandbox/hubspot/subscriptions  POST {\"name\": …}, GET …/ID/statuses for what people said\n" +
			"  /_sandbox/hubspot/optouts    POST {\"email\": …, \"subscription_id\": …}, without an id from everything\n" +
			"  /_sandbox/hubspot/calls      what was asked\n" +
			"  /_sandbox/salesforce/tokens  POST {\"token\": …, \"expires_in\": 60}, DELETE …/TOKEN\n" +
			"  /_sandbox/salesforce/clients POST {\"client_id\": …, \"client_secret\": …} for a connected app\n" +
			"  /_sandbox/salesforce/fields  POST {\"object\": \"Lead\", \"name\": …, \"type\": \"string\", \"unique\": true}\n" +
			"  /_sandbox/salesforce/limits  PUT {\"per_day\": 100000}\n" +
			"  /_sandbox/salesforce/calls   what was asked\n" +
			"  /_sandbox/reset              POST to forget everything",
		Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd.Context(), cmd.OutOrStdout(), listen, options)
		},
	}
	flags := root.Flags()
	flags.StringVar(&listen, "listen", listen, "address; anybody who reaches it can see and change everything")
	flags.IntVar(&options.HubSpot.PerTenSeconds, "per-ten-seconds", 100, "calls that HubSpot allows in ten seconds")
	flags.IntVar(&options.HubSpot.PerDay, "per-day", 250_000, "calls that HubSpot allows in a day")
	flags.IntVar(&options.Salesforce.PerDay, "salesforce-per-day", 100_000, "calls that Salesforce allows in 24 hours")
	flags.DurationVar(&options.HubSpot.SearchLag, "search-lag", 5*time.Second, "how long HubSpot's search takes to see a change")
	return root
}

// run serves until ctx ends.
func run(ctx context.Context, out io.Writer, listen string, options sandbox.Options) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	handler := sandbox.New(options)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	fmt.Fprintf(out, "The sandbox is at http://%s, HubSpot's token is %s, Salesforce's is %s\n", listener.Addr(), hubspot.Token, salesforce.Token)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	handler.Faults.Clear() // stalled calls would keep it from stopping
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}
