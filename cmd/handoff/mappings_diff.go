package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/change"
	"handoff/internal/mappingtool/folder"
)

// comparing is what diff was asked.
type comparing struct {
	tools    *tools
	since    span
	mapping  string // a file or a name
	source   string
	form     string
	recorded bool
	examples int
}

func newDiff(t *tools) *cobra.Command {
	d := &comparing{tools: t}
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Run a changed mapping over the real submissions of the last days and show what would change",
		Long: `Run a changed mapping over the real submissions of the last days, and show what would come out otherwise than with the
mappings that are in force: how many submissions would need a person or would not any more, which records would be written
or would go elsewhere, who would get them, and each field with examples. Values are masked. Nothing is written.

The new version is a changed file (--mapping), or a whole folder (--dir). The version in force is the folder of the
configuration; with --recorded it is what was recorded of each submission when it was processed.

It ends with 1 when something would change.`,
		Example: `  handoff mappings diff --mapping changed.yaml --since 7d
  handoff mappings diff --dir ../feature-branch/mappings --since 2w --mapping demo-request
  handoff mappings diff --recorded --since 24h                   # does the folder still do what was done yesterday?
  handoff mappings diff --mapping changed.yaml --json | jq '.mappings[].fields'`,
		Args: arguments(cobra.NoArgs, "no arguments but flags"),
		RunE: finding(d.run),
	}
	_ = d.since.Set("7d")
	cmd.Flags().Var(&d.since, "since", "how far back: 7d, 2w, 36h, or the day to begin at")
	cmd.Flags().StringVar(&d.mapping, "mapping", "", "the changed file; or, with --dir or --recorded, the name of the one mapping to compare")
	cmd.Flags().StringVar(&t.dir, "dir", "", "folder of the new version; with a changed file, the folder that it belongs to")
	cmd.Flags().BoolVar(&d.recorded, "recorded", false, "compare with what was recorded when the submissions were processed")
	cmd.Flags().StringVar(&d.source, "source", "", "only submissions of this source")
	cmd.Flags().StringVar(&d.form, "form", "", "only submissions of this form")
	cmd.Flags().IntVar(&d.examples, "examples", 2, "how many examples to show of each change")
	return cmd
}

func (d *comparing) run(cmd *cobra.Command, _ []string) (bool, error) {
	comparison, against, err := d.comparison()
	if err != nil {
		return false, err
	}
	l, err := openLedger(cmd.Context())
	if err != nil {
		return false, err
	}
	defer l.Close()
	since := d.since.since(time.Now())
	q := ledger.SampleQuery{Since: since, Source: d.source, Form: d.form}
	total, err := l.CountSamples(cmd.Context(), q)
	if err != nil {
		return false, err
	}
	var done func()
	comparison.Progress, done = progress(cmd, "Comparing", total)
	report, err := comparison.Run(cmd.Context(), l, q)
	done()
	if err != nil {
		return false, err
	}
	report.Since, report.Against = since, against
	return report.OK(), d.tools.print(cmd, report)
}

// comparison finds the two versions.
func (d *comparing) comparison() (c change.Comparison, against string, err error) {
	c = change.Comparison{Recorded: d.recorded, Examples: max(0, d.examples)}
	asked := d.tools.dir
	d.tools.dir = ""
	_, current, err := d.tools.open()
	if err != nil {
		return c, "", err
	}
	changed := current
	if asked != "" {
		if changed, err = folder.Open(asked); err != nil {
			return c, "", err
		}
	}
	if isFile(d.mapping) {
		changed, c.Mapping, err = laid(changed, d.mapping)
	} else if d.mapping != "" {
		c.Mapping = d.mapping
	}
	if err != nil {
		return c, "", err
	}
	if !d.recorded && same(current, changed) {
		return c, "", errors.New("there is nothing new to compare: name the changed file with --mapping or the changed folder with --dir; " +
			"or compare what the mappings make of the submissions now with what they made of them then, with --recorded")
	}
	if c.New, err = version(changed); err != nil {
		return c, "", err
	}
	if d.recorded {
		return c, "what was recorded", d.known(c)
	}
	if c.Old, err = version(current); err != nil {
		return c, "", fmt.Errorf("the mappings in force: %w", err)
	}
	return c, "the mappings in " + current.Path(), d.known(c)
}

// isFile tells a file from the name of a mapping.
func isFile(name string) bool {
	if ext := filepath.Ext(name); ext == ".yaml" || ext == ".yml" {
		return true
	}
	_, err := os.Stat(name)
	return name != "" && !errors.Is(err, fs.ErrNotExist) && filepath.Base(name) != name
}

// laid lays a changed file over the folder, and keeps to its mapping; to all of them where the file is no mapping.
func laid(f *folder.Folder, file string) (*folder.Folder, string, error) {
	changed, name, err := f.Lay(file)
	if err != nil {
		return nil, "", err
	}
	if name == mapping.RoutingFile {
		return changed, "", nil
	}
	return changed, folder.NameOf(changed.Text(name)), nil
}

func same(a, b *folder.Folder) bool {
	return slices.Equal(a.Names(), b.Names()) && !slices.ContainsFunc(a.Names(), func(name string) bool {
		return string(a.Text(name)) != string(b.Text(name))
	})
}

func version(f *folder.Folder) (change.Version, error) {
	set, table, err := compile(f)
	return change.Version{Set: set, Routing: table}, err
}

// known makes sure that a mapping that was named is there.
func (d *comparing) known(c change.Comparison) error {
	if c.Mapping == "" {
		return nil
	}
	var names []string
	for _, set := range []*mapping.Set{c.Old.Set, c.New.Set} {
		if set != nil {
			for _, m := range set.All() {
				names = append(names, m.Name())
			}
		}
	}
	return oneOf("mapping", c.Mapping, names)
}
