// Package temporal is how Handoff reaches Temporal: dialing, search attributes, the state of task queues, and the
// messages to workflows.
package temporal

import (
	"context"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
)

// Options say where Temporal is. Address and Namespace override what the standard TEMPORAL_* variables and the
// `temporal` CLI's own profile say; TLS, API keys and the rest come from there.
type Options struct {
	Address   string
	Namespace string
	Logger    *slog.Logger
	Metrics   client.MetricsHandler // nil for none
}

// Dial returns a client that connects on first use, so that a program can start, and accept submissions, while Temporal
// is away. Only a wrong configuration is an error.
func Dial(o Options) (client.Client, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("read the TEMPORAL_* settings: %w", err)
	}
	if o.Address != "" {
		options.HostPort = o.Address
	}
	if o.Namespace != "" {
		options.Namespace = o.Namespace
	}
	options.Logger = sdklog.NewStructuredLogger(o.Logger)
	options.MetricsHandler = o.Metrics
	// What travels are ids and facts of a few hundred bytes: packing them costs both ends more than sending them.
	options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("set up the Temporal client for %s: %w", options.HostPort, err)
	}
	return c, nil
}

// Healthy asks Temporal whether it serves.
func Healthy(ctx context.Context, c client.Client) error {
	if _, err := c.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("check Temporal's health: %w", err)
	}
	return nil
}
