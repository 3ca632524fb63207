package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/yamlfile"
)

// diagnosis is one line of the doctor: what was looked at, how it is, and what to do where it is not well.
type diagnosis struct {
	What string   `json:"what"`
	OK   bool     `json:"ok"`
	Says string   `json:"says"`
	Do   []string `json:"do,omitempty"`
}

// doctor looks at everything that a lead needs on its way, from outside of the programs.
type doctor struct {
	environ []string
	now     func() time.Time
	found   []diagnosis
}

func newDoctor(env environ) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at everything that a lead needs on its way, and say what to do about what is wrong",
		Long: `Looks at the configuration, the secrets, the ledger and its clock, Temporal with its namespace, search attributes and workers, each CRM's
credentials and their scopes, the mappings against what each CRM takes, and routing against whom it knows. It changes nothing, and
needs the environment of the worker.

It ends with 0 when all is well and with 1 when something is to be done.`,
		Args: cobra.NoArgs,
		RunE: finding(func(cmd *cobra.Command, _ []string) (bool, error) {
			d := &doctor{environ: env(), now: time.Now}
			d.examine(cmd.Context())
			if asJSON {
				return d.well(), encode(cmd.OutOrStdout(), d.found)
			}
			d.print(cmd.OutOrStdout())
			return d.well(), nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	return cmd
}

func (d *doctor) ok(what, says string, args ...any) {
	d.found = append(d.found, diagnosis{What: what, OK: true, Says: fmt.Sprintf(says, args...)})
}

func (d *doctor) wrong(what, says string, do ...string) {
	d.found = append(d.found, diagnosis{What: what, Says: says, Do: do})
}

func (d *doctor) well() bool {
	return !slices.ContainsFunc(d.found, func(f diagnosis) bool { return !f.OK })
}

// examineTimeout bounds one look at one thing.
const examineTimeout = 15 * time.Second

// examine looks at one thing after the other. What stands on something that is wrong is left out, so that one cause is
// one line.
func (d *doctor) examine(ctx context.Context) {
	c, whole := d.configuration()
	if c == nil {
		return
	}
	d.secrets(c)
	looks := []func(context.Context, *config.Config){d.temporal, d.rules}
	if whole {
		looks = []func(context.Context, *config.Config){d.ledger, d.temporal, d.rules, d.connections, d.destinations}
	}
	for _, look := range looks {
		bounded, cancel := context.WithTimeout(ctx, examineTimeout)
		look(bounded, c)
		cancel()
	}
}

// configuration reads the file as the worker does. Where only variables are missing it is not whole, and what needs no
// secret can be looked at all the same. A file with mistakes is none: nil.
func (d *doctor) configuration() (c *config.Config, whole bool) {
	path := config.Path(d.environ)
	c, err := config.Load(path, d.environ, config.ProgramWorker)
	if err == nil {
		d.ok("configuration", "%s: %d sources, %d destinations", path, len(c.Sources), len(c.Destinations))
		return c, true
	}
	d.wrong("configuration", path+" cannot be used as it is", problemLines(err)...)
	if c, err = config.Load(path, d.environ, programTools); err != nil {
		return nil, false
	}
	return c, false
}

// problemLines are what is wrong, one line each.
func problemLines(err error) []string {
	var problems yamlfile.Problems
	if !errors.As(err, &problems) {
		return strings.Split(err.Error(), "\n")
	}
	var lines []string
	for _, p := range problems.Sorted() {
		lines = append(lines, p.Error())
	}
	return lines
}

// secrets looks for those of the sources, which the starter needs.
func (d *doctor) secrets(c *config.Config) {
	well := true
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		missing := c.Sources[name].MissingSecrets(d.environ)
		if len(missing) == 0 {
			continue
		}
		well = false
		var do, unset []string
		unreadable := c.Sources[name].UnreadableSecrets(d.environ)
		for _, secret := range missing {
			if problem, given := unreadable[secret]; given {
				do = append(do, problem.Error())
			} else {
				unset = append(unset, secret)
			}
		}
		if len(unset) > 0 {
			do = append(do, "set "+strings.Join(unset, ", ")+" for the program that needs it (README, Configuration)")
		}
		d.wrong("source "+name, "its secrets are not all here", do...)
	}
	if well {
		d.ok("sources", "all secrets are set")
	}
}

func (d *doctor) print(w io.Writer) {
	width := 0
	for _, f := range d.found {
		width = max(width, len(f.What))
	}
	for _, f := range d.found {
		mark := "ok"
		if !f.OK {
			mark = "!!"
		}
		fmt.Fprintf(w, "%s  %-*s  %s\n", mark, width, f.What, f.Says)
		for _, do := range f.Do {
			fmt.Fprintf(w, "    %-*s  → %s\n", width, "", do)
		}
	}
	if d.well() {
		fmt.Fprintln(w, "\nAll is well.")
		return
	}
	fmt.Fprintln(w, "\nDo what the arrows say, and ask again.")
}
