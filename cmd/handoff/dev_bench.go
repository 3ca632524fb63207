package main

import (
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/bench"
	"handoff/internal/devstack"
)

func newDevBench() *cobra.Command {
	o := bench.Options{}
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure throughput and latency against the floor on a stack of its own, and print ratios", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Folder, err = devstack.FindFolder(); err != nil {
				return err
			}
			if o.Root, err = devstack.ProjectRoot(); err != nil {
				return err
			}
			o.Progress = cmd.ErrOrStderr()
			return bench.Run(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().DurationVar(&o.Peak, "peak", 15*time.Second, "how long the peak is measured")
	cmd.Flags().IntVar(&o.Window, "window", 64, "how many are on their way at once")
	cmd.Flags().DurationVar(&o.Half, "half", 10*time.Second, "how long latencies are measured at half of the peak")
	cmd.AddCommand(newDevBenchPacer())
	return cmd
}
