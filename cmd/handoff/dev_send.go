package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/devstack"
	"handoff/internal/stack"
)

// newDevSend prints a signed line, so that a person can send a lead with nothing but curl.
func newDevSend() *cobra.Command {
	return &cobra.Command{
		Use: "lead", Short: "Print a curl line that sends a new, signed sample lead to the running stack", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := devstack.FindFolder()
			if err != nil {
				return err
			}
			ports, err := portsFromEnvironment()
			if err != nil {
				return err
			}
			delivery, err := stack.SampleLead(folder, fmt.Sprintf("http://127.0.0.1:%d", ports.Public), time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), delivery.Curl())
			return nil
		},
	}
}
