package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"handoff/internal/devstack"
	"handoff/internal/stack"
)

// newDevEnv gives a shell what the running stack's programs have.
func newDevEnv() *cobra.Command {
	return &cobra.Command{
		Use: "env", Short: "Print what a shell needs for the commands of the running stack: ledger, keyset, admin token, addresses, path",
		Example: `  eval "$(.handoff/bin/handoff dev env)"
  handoff doctor`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := devstack.FindFolder()
			if err != nil {
				return err
			}
			lines, err := stack.Exports(folder)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), lines)
			return err
		},
	}
}
