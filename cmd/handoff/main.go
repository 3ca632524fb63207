// Handoff is the command line for operators and for development.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	_ "handoff/internal/secretmanager/drivers" // where secrets may come from
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	status := 0
	if err := newRoot().ExecuteContext(ctx); err != nil {
		status = ended(os.Stderr, err)
	}
	keepTokens()
	config.Close()
	os.Exit(status)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "handoff",
		Short:         "Every form submission becomes the right CRM record",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newMigrate(), newCRM(), newSetup(), newKeys(), newSubmissions(), newCorrect(), newResolve(), newAudit(), newMappings(), newSources(), newPull(os.Environ), newBackfill(os.Environ), newDoctor(os.Environ), newConnect(os.Environ), newConnections(os.Environ), newHealth(), newDev())
	return root
}
