package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
)

func newCRMErase() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "erase DESTINATION OBJECT",
		Short: "Delete a person's records in a CRM for good, as a person may demand",
		Long: `Deletes the records of an object whose fields have the given values. The fields are read from standard input, one field=value
on each line, in the names of the mappings; an empty line ends them. So they stay out of the shell's history and of the list
of processes.

It says how many records there are, and waits for that number to be typed. With --yes it does not ask. Only counts are
printed. Repeating it is safe: what is gone is counted as 0. What a CRM keeps all the same is on its page in docs/crm.

It ends with 0 when nothing is left, with 1 when the number was not typed, and with 2 when it could not be done.
It asks the CRM as a worker would, and needs what a worker needs in its environment. The ledger is not touched.`,
		Example: `  handoff crm erase crm contact < person.txt
  echo "email=ida@example.com" | handoff crm erase crm contact --yes`,
		Args: arguments(cobra.ExactArgs(2), "a destination and an object of it"),
		RunE: finding(func(cmd *cobra.Command, args []string) (bool, error) {
			c, err := asWorker(args[0])
			if err != nil {
				return false, err
			}
			return eraseInCRM(cmd, c, args[0], args[1], yes)
		}),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func eraseInCRM(cmd *cobra.Command, c *config.Config, destination, object string, yes bool) (well bool, err error) {
	connector, err := connectors.New(cmd.Context(), destination, c.Destinations[destination], tokens(c))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, connector.Close()) }()
	eraser, err := crm.AsEraser(connector)
	if err != nil {
		return false, fmt.Errorf("%s: %w", destination, err)
	}
	key, in, err := askKey(cmd)
	if err != nil {
		return false, err
	}
	found, err := eraser.Erasable(cmd.Context(), object, key)
	if err != nil {
		return false, fmt.Errorf("%s: look for what to erase: %w", destination, err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: found %d %s\n", destination, found, recordsOf(found, object))
	if found == 0 {
		return true, nil
	}
	if !yes {
		fmt.Fprintf(cmd.ErrOrStderr(), "They are deleted for good. Type %d to go on: ", found)
		line, _ := in.ReadString('\n') // without an end of line it is whole too
		if strings.TrimSpace(line) != strconv.Itoa(found) {
			fmt.Fprintf(cmd.OutOrStdout(), "%s: nothing was erased\n", destination)
			return false, nil
		}
	}
	erased, err := eraser.Erase(cmd.Context(), object, key)
	fmt.Fprintf(cmd.OutOrStdout(), "%s: erased %d %s\n", destination, erased, recordsOf(erased, object))
	if err != nil {
		return false, fmt.Errorf("%s: erase: %w; run the same command again for what is left", destination, err)
	}
	return true, nil
}

func recordsOf(n int, object string) string {
	if n == 1 {
		return "record of " + object
	}
	return "records of " + object
}
