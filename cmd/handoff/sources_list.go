package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/ledger"
	"handoff/internal/source"
)

// listed is one source in the list.
type listed struct {
	Name         string               `json:"name"`
	Adapter      config.Adapter       `json:"adapter"`
	Verification string               `json:"verification"`
	Forms        []string             `json:"forms"`
	Endpoint     string               `json:"endpoint"`
	Secrets      []string             `json:"secrets"` // the variables
	Missing      []string             `json:"missing,omitempty"`
	Last         *ledger.LastDelivery `json:"last_delivery,omitempty"`
}

func newSourcesList(env environ) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the senders: how each proves its requests, its forms, whether its secrets are set, when something last came",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := env.sources()
			if err != nil {
				return err
			}
			sources := list(c, env())
			note := addLast(cmd.Context(), sources)
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(sources)
			}
			printSources(cmd.OutOrStdout(), sources, note, time.Now())
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	return cmd
}

func list(c *config.Config, environ []string) []listed {
	var sources []listed
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		s := c.Sources[name]
		endpoint := s.PublicURL + "/hooks/" + name
		if parameter := source.TokenParameter(s); parameter != "" {
			endpoint += "?" + parameter + "=SECRET"
		}
		sources = append(sources, listed{
			Name: name, Adapter: s.Adapter, Verification: source.Proof(s), Forms: formsOf(s), Endpoint: endpoint,
			Secrets: s.SecretNames(), Missing: s.MissingSecrets(environ),
		})
	}
	return sources
}

// formsOf are the names of a source's forms, as far as the configuration knows them.
func formsOf(s config.Source) []string {
	forms := slices.Sorted(maps.Values(s.Forms))
	if s.Form != "" {
		forms = append(forms, s.Form)
	}
	if s.FormPath != "" {
		forms = append(forms, "named at "+s.FormPath)
	}
	if len(forms) == 0 {
		forms = []string{"by the sender's id"}
	}
	return slices.Compact(forms)
}

// addLast looks up when something last came, and says why where it cannot.
func addLast(ctx context.Context, sources []listed) (note string) {
	l, err := openLedger(ctx)
	if err != nil {
		return "The last deliveries are in the ledger, which cannot be read here: " + oneLine(err)
	}
	defer l.Close()
	names := make([]string, len(sources))
	for i, s := range sources {
		names[i] = s.Name
	}
	last, err := l.LastDeliveries(ctx, names)
	if err != nil {
		return "The last deliveries cannot be read: " + oneLine(err)
	}
	for i, s := range sources {
		if found, ok := last[s.Name]; ok {
			sources[i].Last = &found
		}
	}
	return ""
}

func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' }), "; ")
}

func printSources(w io.Writer, sources []listed, note string, now time.Time) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"name", "adapter", "verification", "forms", "secrets", "last delivery"})
	for _, s := range sources {
		secrets := "set"
		if len(s.Missing) > 0 {
			secrets = "missing: " + strings.Join(s.Missing, ", ")
		}
		t.AppendRow(table.Row{s.Name, s.Adapter, s.Verification, strings.Join(s.Forms, ", "), secrets, lastText(s.Last, note, now)})
	}
	t.Render()
	for _, s := range sources {
		fmt.Fprintf(w, "%s receives at %s\n", s.Name, s.Endpoint)
	}
	if note != "" {
		fmt.Fprintln(w, note)
	}
}

func lastText(last *ledger.LastDelivery, note string, now time.Time) string {
	switch {
	case last == nil && note != "":
		return "unknown"
	case last == nil:
		return "never"
	}
	text := now.Sub(last.Event).Round(time.Second).String() + " ago"
	if last.Test {
		text += " (a test)"
	}
	return fmt.Sprintf("%s, %d in the last hour", text, last.LastHour)
}
