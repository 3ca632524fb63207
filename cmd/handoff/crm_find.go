package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/crm/connectors"
)

func newCRMFind() *cobra.Command {
	var fields []string
	cmd := &cobra.Command{
		Use:   "find DESTINATION OBJECT",
		Short: "Show the records of a person in a CRM, as Handoff finds them",
		Long: `Shows the records of an object whose fields have the given values. The fields are read from standard input, one field=value
on each line, in the names of the mappings; an empty line ends them. So they stay out of the shell's history and of the list
of processes.

Fields are shown by the names of the mappings: those of the key and all that the mappings write, or those of --fields; owner
is who has the record. They may be personal: they are printed, and kept nowhere. Most CRMs give a hundred records at most.

It ends with 0 when there are records, with 1 when there is none, and with 2 when it could not be done. It asks the CRM as a
worker would, and needs what a worker needs in its environment. Nothing is changed, and the ledger is not touched.`,
		Example: `  handoff crm find crm contact < person.txt
  echo "email=ida@example.com" | handoff crm find crm contact --fields email,first_name,owner`,
		Args: arguments(cobra.ExactArgs(2), "a destination and an object of it"),
		RunE: finding(func(cmd *cobra.Command, args []string) (bool, error) {
			c, err := asWorker(args[0])
			if err != nil {
				return false, err
			}
			return findInCRM(cmd, c, args[0], args[1], fields)
		}),
	}
	cmd.Flags().StringSliceVar(&fields, "fields", nil, "the fields to show, separated by commas")
	return cmd
}

func findInCRM(cmd *cobra.Command, c *config.Config, destination, object string, asked []string) (there bool, err error) {
	key, _, err := askKey(cmd)
	if err != nil {
		return false, err
	}
	fields, err := fieldsToRead(c, destination, object, asked, slices.Sorted(maps.Keys(key)))
	if err != nil {
		return false, err
	}
	connector, err := connectors.New(cmd.Context(), destination, c.Destinations[destination], tokens(c))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, connector.Close()) }()
	found, err := connector.Find(cmd.Context(), object, key, fields)
	if err != nil {
		return false, fmt.Errorf("%s: find records of %s: %w; %s", destination, object, err, afterReading(destination, c.Destinations[destination], err))
	}
	s := (&tools{}).screen(cmd)
	if len(found) == 0 {
		s.Line("%s: no record of %s has these values", destination, object)
		return false, s.Err()
	}
	s.Line("%s: found %d %s", destination, len(found), recordsOf(len(found), object))
	showRecords(s, found, fields)
	return true, s.Err()
}
