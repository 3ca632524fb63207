package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"handoff/internal/devstack"
	"handoff/internal/stack"
)

func newDev() *cobra.Command {
	dev := &cobra.Command{Use: "dev", Short: "Run a whole Handoff on this machine, for development: real Postgres, real Temporal"}
	dev.AddCommand(newDevTools(), newDevRun(), newDevDemo(), newDevSend(), newDevEnv(), newDevBench(), newDevLoad(), newDevRecord())
	return dev
}

func newDevTools() *cobra.Command {
	return &cobra.Command{
		Use: "tools", Short: "Install what the tests need: Postgres, the Temporal CLI, the commands that the runbook uses, and a browser", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := devstack.FindFolder()
			if err != nil {
				return err
			}
			if err := devstack.EnsurePostgres(cmd.Context(), cmd.ErrOrStderr()); err != nil {
				return err
			}
			if err := devstack.EnsureCommands(cmd.Context(), cmd.ErrOrStderr()); err != nil {
				return err
			}
			if err := devstack.EnsureBrowser(cmd.Context(), cmd.ErrOrStderr()); err != nil {
				return err
			}
			path, err := devstack.EnsureTemporal(cmd.Context(), folder, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), path)
			return nil
		},
	}
}

// bringUp starts a stack in the project's state folder, on the ports that the environment chooses.
func bringUp(cmd *cobra.Command, crm stack.CRM, withSandbox bool) (s *stack.Stack, down func() error, err error) {
	folder, err := devstack.FindFolder()
	if err != nil {
		return nil, nil, err
	}
	root, err := devstack.ProjectRoot()
	if err != nil {
		return nil, nil, err
	}
	ports, err := portsFromEnvironment()
	if err != nil {
		return nil, nil, err
	}
	unlock, err := folder.Lock()
	if err != nil {
		return nil, nil, err
	}
	s, err = stack.Up(cmd.Context(), stack.Options{
		Folder: folder, Root: root, CRM: crm, WithSandbox: withSandbox, Ports: ports, UI: true, Durable: true, Progress: cmd.ErrOrStderr(),
	})
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return s, func() error {
		fmt.Fprintln(cmd.ErrOrStderr(), "Stopping everything")
		defer unlock()
		return s.Down()
	}, nil
}

func portsFromEnvironment() (stack.Ports, error) {
	ports := stack.Ports{Public: 8080, Admin: 8081, Worker: 8082, Postgres: 15432, Temporal: 7233, TemporalUI: 8233, Sandbox: 8090}
	var problems []error
	for name, port := range map[string]*int{
		"HANDOFF_PUBLIC_PORT": &ports.Public, "HANDOFF_ADMIN_PORT": &ports.Admin, "HANDOFF_WORKER_PORT": &ports.Worker,
		"HANDOFF_POSTGRES_PORT": &ports.Postgres, "HANDOFF_TEMPORAL_PORT": &ports.Temporal, "HANDOFF_TEMPORAL_UI_PORT": &ports.TemporalUI,
		"HANDOFF_SANDBOX_PORT": &ports.Sandbox,
	} {
		text, set := os.LookupEnv(name)
		if !set {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 65535 {
			problems = append(problems, fmt.Errorf("%s must be a port from 1 to 65535, or 0 for a free one", name))
			continue
		}
		*port = n
	}
	return ports, errors.Join(problems...)
}

func newDevRun() *cobra.Command {
	named := string(stack.OwnTables)
	cmd := &cobra.Command{
		Use: "run", Short: "Start everything, hand one sample lead through it, and stay up until Ctrl-C", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			crm, err := stack.CRMNamed(named)
			if err != nil {
				return err
			}
			s, down, err := bringUp(cmd, crm, crm.OnSandbox())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, down()) }()
			if err := s.Welcome(cmd.Context(), cmd.OutOrStdout()); err != nil {
				if cmd.Context().Err() != nil {
					return nil
				}
				return err
			}
			select {
			case <-cmd.Context().Done():
				return nil
			case err := <-s.Failed():
				return err
			}
		},
	}
	cmd.Flags().StringVar(&named, "crm", named, "tables of your own, or hubspot or salesforce on the sandbox")
	return cmd
}

func newDevDemo() *cobra.Command {
	named := []string{string(stack.OwnTables), string(stack.HubSpot), string(stack.Salesforce)}
	cmd := &cobra.Command{
		Use: "demo", Short: "Start everything, send samples that reach every disposition, print what became of them, and stop", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			var crms []stack.CRM
			for _, name := range named {
				crm, err := stack.CRMNamed(name)
				if err != nil {
					return err
				}
				crms = append(crms, crm)
			}
			if len(crms) == 0 {
				return errors.New("name a CRM after --crm, or leave it out for all")
			}
			s, down, err := bringUp(cmd, crms[0], slices.ContainsFunc(crms, stack.CRM.OnSandbox))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, down()) }()
			return s.Demo(cmd.Context(), cmd.OutOrStdout(), crms...)
		},
	}
	cmd.Flags().StringSliceVar(&named, "crm", named, "the CRMs that are written to, one after the other")
	return cmd
}
