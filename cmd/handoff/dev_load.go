package main

import (
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/devstack"
	"handoff/internal/load"
)

func newDevLoad() *cobra.Command {
	o := load.Options{}
	cmd := &cobra.Command{
		Use: "load", Short: "Measure the endpoint at fixed rates on a stack of its own, with Temporal up and down", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Folder, err = devstack.FindFolder(); err != nil {
				return err
			}
			if o.Root, err = devstack.ProjectRoot(); err != nil {
				return err
			}
			o.Progress = cmd.ErrOrStderr()
			return load.Run(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().IntSliceVar(&o.Rates, "rate", []int{15, 50, 100, 200, 400}, "deliveries per second, one row each")
	cmd.Flags().DurationVar(&o.Long, "long", 10*time.Second, "how long each rate is kept")
	return cmd
}
