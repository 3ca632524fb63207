package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/schemacheck"
	"handoff/internal/routing"
)

func newCheck(t *tools) *cobra.Command {
	var destination, name string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Compare what the mappings write with the live schema of a CRM",
		Long: `Compare what the mappings write with what a CRM takes now: properties that are missing or read-only, other types, values
that a list no longer has, texts that are too long, and properties that every record must have and that nothing fills.
Those to whom routing.yaml gives records are compared with the people whom the CRM knows, unless one mapping is asked for:
who is not among them, or has been switched off.

It asks the CRM as a worker would, and needs what a worker needs in its environment. Nothing is written.`,
		Example: `  handoff mappings check --destination crm
  handoff mappings check --destination crm --mapping demo-request --json
  handoff mappings check                                              # every destination`,
		Args: arguments(cobra.NoArgs, "no arguments but flags"),
		RunE: finding(func(cmd *cobra.Command, _ []string) (bool, error) {
			_, f, err := t.open()
			if err != nil {
				return false, err
			}
			set, table, err := compile(f)
			if err != nil {
				return false, err
			}
			c, err := config.Load(config.Path(os.Environ()), os.Environ(), config.ProgramWorker)
			if err != nil {
				return false, fmt.Errorf("the CRM is asked as a worker would ask it, which needs:\n%w", err)
			}
			asked, err := chosen(c, destination)
			if err != nil {
				return false, err
			}
			if err := mapped(set, name); err != nil {
				return false, err
			}
			if name != "" {
				table = nil // routing is no mapping's own
			}
			report := schemacheck.Report{Destinations: asked, Findings: []schemacheck.Finding{}, Unread: map[string]string{}}
			for _, d := range asked {
				report.Fields += written(set, d, name)
				found, err := checkLive(cmd.Context(), set, table, c, d)
				if err != nil {
					report.Unread[d] = err.Error()
				}
				for _, finding := range found {
					if name == "" || finding.Mapping == name {
						report.Findings = append(report.Findings, finding)
					}
				}
			}
			for i := range report.Findings {
				report.Findings[i].Place.File = f.Shown(report.Findings[i].Place.File)
			}
			if err := t.print(cmd, report); err != nil {
				return false, err
			}
			if len(report.Unread) > 0 {
				return false, errors.New("not every destination could be asked")
			}
			return report.OK(), nil
		}),
	}
	cmd.Flags().StringVar(&destination, "destination", "", "the CRM to ask; all of them when not given")
	cmd.Flags().StringVar(&name, "mapping", "", "check this mapping only")
	return cmd
}

// chosen are the destinations to ask.
func chosen(c *config.Config, destination string) ([]string, error) {
	all := slices.Sorted(maps.Keys(c.Destinations))
	if destination == "" {
		return all, nil
	}
	return []string{destination}, oneOf("destination", destination, all)
}

// mapped makes sure that a mapping that was named is there.
func mapped(set *mapping.Set, name string) error {
	var names []string
	for _, m := range set.All() {
		names = append(names, m.Name())
	}
	if name == "" {
		return nil
	}
	return oneOf("mapping", name, names)
}

// written counts the fields that go to a destination, of one mapping or of all.
func written(set *mapping.Set, destination, name string) int {
	n := 0
	for _, m := range set.All() {
		if name != "" && m.Name() != name {
			continue
		}
		for _, f := range m.Fields() {
			if f.Destination == destination {
				n++
			}
		}
	}
	return n
}

// checkLive makes the comparison that the worker makes too. Without a routing table no owners are compared.
func checkLive(ctx context.Context, set *mapping.Set, table *routing.Table, c *config.Config, destination string) (found []schemacheck.Finding, err error) {
	connector, err := connectors.New(ctx, destination, c.Destinations[destination], tokens(c))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connector.Close()) }()
	found, err = schemacheck.Check(ctx, set, destination, connector)
	if err == nil && c.Destinations[destination].KnowsOwners() {
		var owners []schemacheck.Finding
		owners, err = schemacheck.CheckOwners(ctx, set, table, destination, connector)
		found = append(found, owners...)
	}
	if failure, ok := crm.AsError(err); ok && failure.Kind == crm.Transient {
		err = fmt.Errorf("%w; does the CRM run where its variable says?", err)
	}
	if err != nil {
		return nil, err // a part that was read would look like the whole
	}
	return found, nil
}
