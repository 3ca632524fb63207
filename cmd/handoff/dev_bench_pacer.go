package main

import (
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/bench/pacing"
)

func newDevBenchPacer() *cobra.Command {
	o := pacing.Options{}
	cmd := &cobra.Command{
		Use: "pacer", Short: "Measure leads per second at the limits of HubSpot and Salesforce, gathered and one at a time, against the sandbox", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Progress = cmd.ErrOrStderr()
			return pacing.Run(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().DurationVar(&o.For, "for", 10*time.Second, "how long each row is measured")
	cmd.Flags().DurationVar(&o.Latency, "latency", 200*time.Millisecond, "how long the sandbox takes for one call")
	return cmd
}
