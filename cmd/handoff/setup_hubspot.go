package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/folder"
)

func newSetup() *cobra.Command {
	setup := &cobra.Command{Use: "setup", Short: "Prepare a CRM of a vendor for Handoff"}
	setup.AddCommand(newSetupHubSpot())
	return setup
}

func newSetupHubSpot() *cobra.Command {
	var withMapped bool
	cmd := &cobra.Command{
		Use:   "hubspot [DESTINATION…]",
		Short: "Create the properties that Handoff needs in HubSpot; nothing is changed or deleted, and repeating it is harmless",
		Long: `Create the properties that Handoff needs in HubSpot: handoff_state and handoff_key, on every object of the destination,
and on contacts handoff_subscriptions and handoff_lists, where the mappings write those.
With --mapped also every property that the mappings write and that HubSpot does not have. Nothing is changed or deleted, and
repeating it is harmless.

It asks HubSpot as a worker would, and needs what a worker needs in its environment.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			c, err := config.Load(config.Path(os.Environ()), os.Environ(), config.ProgramWorker)
			if err != nil {
				return fmt.Errorf("HubSpot is asked as a worker would ask it, which needs:\n%w", err)
			}
			files, err := folder.Open(c.Mappings)
			if err != nil {
				return err
			}
			set, err := files.Load()
			if err != nil {
				return err
			}
			names, err = hubspotDestinations(c, names)
			if err != nil {
				return err
			}
			var problems []error
			for _, name := range names {
				if err := setUpHubSpot(cmd, set, c, name, withMapped); err != nil {
					problems = append(problems, fmt.Errorf("%s: %w", name, err))
				}
			}
			return errors.Join(problems...)
		},
	}
	cmd.Flags().BoolVar(&withMapped, "mapped", false, "create the properties that the mappings write, too")
	return cmd
}

// hubspotDestinations are those that were named, or all that are HubSpot's.
func hubspotDestinations(c *config.Config, names []string) ([]string, error) {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(c.Destinations)) {
		if c.Destinations[name].Connector == "hubspot" {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no destination has connector: hubspot; docs/crm/hubspot.md shows one")
	}
	if len(names) == 0 {
		return all, nil
	}
	for _, name := range names {
		if err := oneOf("destination of HubSpot", name, all); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// fieldSetUp is a connector that can create what mappings write.
type fieldSetUp interface {
	SetupFields(ctx context.Context, object string, fields []crm.Property) ([]string, error)
	SetupObject(ctx context.Context, object string) ([]string, error)
}

func setUpHubSpot(cmd *cobra.Command, set *mapping.Set, c *config.Config, name string, withMapped bool) (err error) {
	connector, err := connectors.New(cmd.Context(), name, c.Destinations[name], tokens(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connector.Close()) }()
	hubspot, ok := connector.(fieldSetUp)
	if !ok {
		return errors.New("not a HubSpot account")
	}
	written := writtenFields(set, name)
	objects := slices.Collect(maps.Keys(written))
	objects = slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(objects, maps.Keys(c.Destinations[name].HubSpot.Objects)))))
	if len(objects) == 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: no mapping writes to it, and its configuration names no objects: nothing to create\n", name)
		return nil
	}
	var created []string
	var problems []error
	for _, object := range objects {
		more, err := hubspot.SetupObject(cmd.Context(), object)
		created = append(created, more...)
		if err == nil && withMapped {
			more, err = hubspot.SetupFields(cmd.Context(), object, written[object])
			created = append(created, more...)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("object %s: %w", object, err))
		}
	}
	for _, what := range created {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: created %s\n", name, what)
	}
	if len(created) == 0 && len(problems) == 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%s: everything is there\n", name)
	}
	return errors.Join(problems...)
}

// writtenFields are the fields that mappings write to a destination, by object, each with the type that holds all that its
// rules write.
func writtenFields(set *mapping.Set, destination string) map[string][]crm.Property {
	fields := map[string][]crm.Property{}
	for _, m := range set.All() {
		for _, f := range m.Fields() {
			if f.Destination != destination {
				continue
			}
			kind := kindFor(f)
			all := fields[f.Object]
			i := slices.IndexFunc(all, func(p crm.Property) bool { return p.Name == f.Field })
			switch {
			case i < 0:
				fields[f.Object] = append(all, crm.Property{Name: f.Field, Type: kind, Options: slices.Clone(f.Options)})
			case all[i].Type != kind: // a text holds everything
				all[i].Type = "string"
			default:
				for _, option := range f.Options {
					if !slices.Contains(all[i].Options, option) {
						all[i].Options = append(all[i].Options, option)
					}
				}
			}
		}
	}
	return fields
}

// kindFor is the port's type for one of the language.
func kindFor(f mapping.FieldInfo) string {
	switch f.Type {
	case "integer", "decimal", "boolean", "date", "datetime", "multi-enum":
		return f.Type
	case "money":
		return "decimal"
	case "enum":
		if slices.ContainsFunc(f.Options, func(option string) bool { return strings.TrimSpace(option) == "" }) {
			return "string"
		}
		return "enum"
	case "text", "json", "any":
		return "json"
	}
	return "string"
}
