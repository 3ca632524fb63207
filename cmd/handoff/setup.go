package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/crm/connectors"
	"handoff/internal/ledger"
	"handoff/internal/seal"
	"handoff/internal/temporal"
)

// loadConfig reads what a worker reads. Who prepares things needs no more, and is given no secret of a source.
func loadConfig() (*config.Config, error) {
	return config.Load(config.Path(os.Environ()), os.Environ(), config.ProgramWorker)
}

func newMigrate() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the ledger's schema up to date and register the search attributes",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig()
			if err != nil {
				return err
			}
			if err := ledger.Migrate(cmd.Context(), c.Ledger.DSN.Reveal()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "The ledger's schema is up to date.")
			engine, err := temporal.Dial(temporal.Options{
				Address: c.Temporal.Address, Namespace: c.Temporal.Namespace, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				return err
			}
			defer engine.Close()
			if err := temporal.RegisterSearchAttributes(cmd.Context(), engine, c.Temporal.Namespace); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "The search attributes are registered in namespace %s.\n", c.Temporal.Namespace)
			return nil
		},
	}
}

func newCRM() *cobra.Command {
	crm := &cobra.Command{Use: "crm", Short: "Prepare the CRMs, and look at records in them or delete them"}
	// With 1 some of these commands say that there is nothing.
	crm.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit{couldNot, err} })
	crm.AddCommand(newCRMFind(), newCRMChanged(), newCRMErase(), &cobra.Command{
		Use:   "setup [DESTINATION…]",
		Short: "Create what Handoff needs in the CRMs: tables, columns and unique indexes that are missing; nothing is dropped",
		RunE: func(cmd *cobra.Command, names []string) error {
			c, err := loadConfig()
			if err != nil {
				return err
			}
			if len(names) == 0 {
				names = slices.Sorted(maps.Keys(c.Destinations))
			}
			var problems []error
			for _, name := range names {
				problems = append(problems, setUp(cmd, c, name))
			}
			return errors.Join(problems...)
		},
	})
	return crm
}

func setUp(cmd *cobra.Command, c *config.Config, name string) (err error) {
	destination, ok := c.Destinations[name]
	if !ok {
		return fmt.Errorf("there is no destination %s; there are: %s", name, strings.Join(slices.Sorted(maps.Keys(c.Destinations)), ", "))
	}
	connector, err := connectors.New(cmd.Context(), name, destination, tokens(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connector.Close()) }()
	c1, ok := connector.(connectors.SetUp)
	if !ok {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: nothing to set up\n", name)
		return nil
	}
	created, err := c1.Setup(cmd.Context())
	for _, what := range created {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: created %s\n", name, what)
	}
	if err == nil && len(created) == 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: everything is there\n", name)
	}
	return err
}

func newKeys() *cobra.Command {
	keys := &cobra.Command{Use: "keys", Short: "Make and rotate the keyset that seals answers"}
	keys.AddCommand(
		&cobra.Command{
			Use: "new", Short: "Print a new keyset; keep it where HANDOFF_KEYS or HANDOFF_KEYS_FILE finds it, and a copy elsewhere: without it nothing opens",
			Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				text, err := seal.NewKeys()
				if err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), text)
				return nil
			},
		},
		&cobra.Command{
			Use: "rotate", Short: "Read a keyset from standard input and print it with a new sealing key; what the old ones sealed stays readable",
			Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				text, err := io.ReadAll(cmd.InOrStdin())
				if err != nil {
					return fmt.Errorf("read the keyset: %w", err)
				}
				rotated, err := seal.Rotate(strings.TrimSpace(string(text)))
				if err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), rotated)
				return nil
			},
		},
	)
	return keys
}

func newAudit() *cobra.Command {
	audit := &cobra.Command{Use: "audit", Short: "The record of what people did"}
	audit.AddCommand(&cobra.Command{
		Use: "verify", Short: "Check that no row of the audit was changed, removed or inserted", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig()
			if err != nil {
				return err
			}
			keys, err := seal.LoadKeys(c.Keys.Reveal())
			if err != nil {
				return err
			}
			l, err := ledger.Open(cmd.Context(), c.Ledger.DSN.Reveal(), keys, ledger.Options{MaxConns: 1})
			if err != nil {
				return err
			}
			defer l.Close()
			if err := l.VerifyAudit(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "The audit is whole.")
			return nil
		},
	})
	return audit
}
