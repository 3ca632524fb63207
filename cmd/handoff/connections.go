package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/ledger"
)

// connected is one connection in the list.
type connected struct {
	Name        string    `json:"name"`
	State       string    `json:"state"` // connected, broken, not connected
	ConnectedAt time.Time `json:"connected_at,omitzero"`
	ConnectedBy string    `json:"connected_by,omitempty"`
	Scopes      []string  `json:"scopes,omitempty"`
	RefreshedAt time.Time `json:"refreshed_at,omitzero"`
	BrokenAt    time.Time `json:"broken_at,omitzero"`
	ErrorCode   string    `json:"error_code,omitempty"`
	ErrorAt     time.Time `json:"error_at,omitzero"`
	Do          string    `json:"do,omitempty"`
}

func newConnections(env environ) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "connections",
		Short: "List the connections to CRMs: state, age, scopes, last refresh, last error, and what to do",
		Long: `Lists the destinations that are connected by OAuth. It ends with 0 when all are well and with 1 when something is to be done. It
needs the environment of the worker, and shows no token.`,
		Args: cobra.NoArgs,
		RunE: finding(func(cmd *cobra.Command, _ []string) (bool, error) {
			environment := env()
			c, err := config.Load(config.Path(environment), environment, config.ProgramWorker)
			if err != nil {
				return false, fmt.Errorf("the connections are in the ledger, which is opened as a worker would:\n%w", err)
			}
			l, err := ledgerOf(cmd.Context(), c)
			if err != nil {
				return false, err
			}
			defer l.Close()
			stored, err := l.Connections(cmd.Context())
			if err != nil {
				return false, err
			}
			all := listConnections(c, stored)
			well := !slices.ContainsFunc(all, func(one connected) bool { return one.Do != "" })
			if asJSON {
				return well, encode(cmd.OutOrStdout(), all)
			}
			printConnections(cmd.OutOrStdout(), all, time.Now())
			return well, nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	return cmd
}

// listConnections puts together what is configured and what is connected.
func listConnections(c *config.Config, stored []ledger.Connection) []connected {
	byName := map[string]connected{}
	for name, d := range c.Destinations {
		if d.OAuth != nil {
			byName[name] = connected{Name: name, State: "not connected", Do: "handoff connect " + name}
		}
	}
	for _, s := range stored {
		one := connected{
			Name: s.Destination, State: "connected", ConnectedAt: s.ConnectedAt, ConnectedBy: s.ConnectedBy, Scopes: s.Scopes,
			RefreshedAt: s.RefreshedAt, ErrorCode: s.ErrorCode, ErrorAt: s.ErrorAt,
		}
		if s.Broken {
			one.State, one.BrokenAt = "broken", s.BrokenAt
		}
		one.Do = repair(c, s)
		byName[s.Destination] = one
	}
	all := []connected{}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, byName[name])
	}
	return all
}

// repair is what a person has to do about a connection; "" for nothing.
func repair(c *config.Config, s ledger.Connection) string {
	d := c.Destinations[s.Destination]
	switch {
	case d.OAuth == nil:
		return "" // it is not used any more
	case s.Broken || s.ErrorCode == connection.RefusedAgain:
		return mend(s.Destination, d.OAuth, s.ErrorCode)
	}
	if missing := missingScopes(d.OAuth.Scopes, s.Scopes); len(missing) > 0 && len(s.Scopes) > 0 {
		return "it lacks " + strings.Join(missing, ", ") + ": handoff connect " + s.Destination
	}
	return ""
}

// mend is what lets a connection go on that the vendor refuses with a code.
func mend(name string, app *config.OAuth, code string) string {
	connect := "handoff connect " + name
	switch {
	case connection.Dead(code):
		return connect
	case code == connection.RefusedAgain:
		return "the CRM refuses tokens that are new: is the account suspended, does the user still have access? Else " + connect
	case app.ClientSecret.Replaceable():
		return "are client_id and the secret of " + app.ClientSecretEnv + " the app's? Correct the secret where it is kept; else " + connect
	}
	return "are client_id and the secret in " + app.ClientSecretEnv + " the app's? Then restart the workers; else " + connect
}

func printConnections(w io.Writer, all []connected, now time.Time) {
	if len(all) == 0 {
		fmt.Fprintln(w, "No destination is connected by OAuth; docs/connections.md says how one is.")
		return
	}
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"name", "state", "connected", "scopes", "last refresh", "last error", "what to do"})
	for _, one := range all {
		state := one.State
		if !one.BrokenAt.IsZero() {
			state += " " + since(one.BrokenAt, now)
		}
		made := since(one.ConnectedAt, now)
		if one.ConnectedBy != "" {
			made += " by " + one.ConnectedBy
		}
		last := one.ErrorCode
		if last != "" {
			last += ", " + since(one.ErrorAt, now)
		}
		do := one.Do
		if do == "" {
			do = "nothing"
		}
		t.AppendRow(table.Row{one.Name, state, made, strings.Join(one.Scopes, "\n"), since(one.RefreshedAt, now), last, do})
	}
	t.Render()
}

// since is how long ago something was, in the two units that people want to know.
func since(at, now time.Time) string {
	if at.IsZero() {
		return "–"
	}
	age := max(now.Sub(at), 0)
	switch {
	case age < time.Minute:
		return fmt.Sprintf("%d s ago", int(age.Seconds()))
	case age < time.Hour:
		return fmt.Sprintf("%d min ago", int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(age.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(age.Hours()/24))
}
