package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/crm/connectors"
)

// mostChanged is how many records a person may ask for: more than anybody reads, and less than any connector's own bound.
const mostChanged = 1000

// changes is `handoff crm changed`.
type changes struct {
	since  span
	limit  int
	fields []string
}

func newCRMChanged() *cobra.Command {
	w := &changes{}
	cmd := &cobra.Command{
		Use:   "changed DESTINATION OBJECT --since SPAN",
		Short: "Show which records of a CRM have changed, oldest first",
		Long: `Shows the records of an object that have changed since a moment, whoever changed them, oldest first, and says where the limit
has left some out.

Fields are shown by the names of the mappings: all that the mappings write, or those of --fields; owner is who has the record.
They may be personal: they are printed, and kept nowhere.

It ends with 0 when there are records, with 1 when there is none, and with 2 when it could not be done. It asks the CRM as a
worker would, and needs what a worker needs in its environment. Nothing is changed, and the ledger is not touched.`,
		Example: `  handoff crm changed crm contact --since 2h
  handoff crm changed crm contact --since 2026-04-14 --limit 20 --fields email,owner`,
		Args: arguments(cobra.ExactArgs(2), "a destination and an object of it"),
		RunE: finding(func(cmd *cobra.Command, args []string) (bool, error) {
			switch {
			case w.since.text == "":
				return false, errors.New("want --since with a span such as 2h or 7d, or a day such as 2026-03-02")
			case w.limit < 1 || w.limit > mostChanged:
				return false, fmt.Errorf("want --limit from 1 to %d", mostChanged)
			}
			c, err := asWorker(args[0])
			if err != nil {
				return false, err
			}
			return w.show(cmd, c, args[0], args[1])
		}),
	}
	cmd.Flags().Var(&w.since, "since", "how far back to look: a span such as 2h or 7d, a day, or a moment")
	cmd.Flags().IntVar(&w.limit, "limit", 100, "how many records to show at most")
	cmd.Flags().StringSliceVar(&w.fields, "fields", nil, "the fields to show, separated by commas")
	return cmd
}

func (w *changes) show(cmd *cobra.Command, c *config.Config, destination, object string) (there bool, err error) {
	fields, err := fieldsToRead(c, destination, object, w.fields, nil)
	if err != nil {
		return false, err
	}
	connector, err := connectors.New(cmd.Context(), destination, c.Destinations[destination], tokens(c))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, connector.Close()) }()
	since := w.since.since(time.Now())
	// One more than is shown tells whether there are more.
	found, err := connector.ChangedSince(cmd.Context(), object, since, fields, w.limit+1)
	if err != nil {
		return false, fmt.Errorf("%s: list the changes of %s: %w; %s", destination, object, err, afterReading(destination, c.Destinations[destination], err))
	}
	s, from := (&tools{}).screen(cmd), since.Format(time.RFC3339)
	if len(found) == 0 {
		s.Line("%s: no record of %s has changed since %s", destination, object, from)
		return false, s.Err()
	}
	shown := found[:min(w.limit, len(found))]
	s.Line("%s: %d %s changed since %s", destination, len(shown), recordsOf(len(shown), object), from)
	showRecords(s, shown, fields)
	if len(found) > w.limit {
		s.Line("%s: there are more; ask with a larger --limit, or with --since of the last one that is shown", destination)
	}
	return true, s.Err()
}
