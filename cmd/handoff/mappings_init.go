package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/mappingtool/payload"
	"handoff/internal/mappingtool/propose"
)

// beginning is what init was asked.
type beginning struct {
	tools                        *tools
	from, source, form, to, file string
	force                        bool
}

func newInit(t *tools) *cobra.Command {
	b := &beginning{tools: t}
	cmd := &cobra.Command{
		Use:   "init --from SAMPLE",
		Short: "Propose a mapping from a sample of what a form sends",
		Long: `Propose a mapping from a sample of what a form sends: by what the answers are called, in many languages, and by what their
values look like. The file compiles; what a person must decide is marked with CHECK.

SAMPLE is the body of a submission as its sender sends it, or bare answers; - is standard input. A file that exists is not
overwritten without --force.`,
		Example: `  handoff mappings init --from sample.json --form contact-us --source website
  handoff mappings init --from sample.json --form contact-us --source website --out mappings/contact-us.yaml`,
		Args: arguments(cobra.NoArgs, "no arguments but flags"),
		RunE: finding(b.run),
	}
	cmd.Flags().StringVar(&b.from, "from", "", "the sample; - is standard input")
	cmd.Flags().StringVar(&b.form, "form", "", "what the form is called; as the sample says when not given")
	cmd.Flags().StringVar(&b.source, "source", "", "the source that sends the form")
	cmd.Flags().StringVar(&b.to, "destination", "", "the CRM connection; the first that is configured when not given")
	cmd.Flags().StringVar(&b.file, "out", "", "write the mapping to this file instead of standard output")
	cmd.Flags().BoolVar(&b.force, "force", false, "overwrite the file")
	return cmd
}

func (b *beginning) run(cmd *cobra.Command, _ []string) (bool, error) {
	if b.from == "" {
		return false, errors.New("name a sample with --from; it is the body of a submission as the form sends it")
	}
	c, err := b.tools.config()
	if err != nil {
		return false, fmt.Errorf("the configuration: %w", err)
	}
	data, err := sample(cmd, b.from)
	if err != nil {
		return false, err
	}
	reader := payload.Reader{Sources: c.Sources, Source: b.source, Form: b.form, Now: time.Now().UTC()}
	read, err := reader.ReadUnmapped(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return false, err
	}
	if b.to, err = destination(c, b.to); err != nil {
		return false, err
	}
	proposal := propose.New(propose.Sample{
		Source: read.Source, Form: read.Form, Destination: b.to, Answers: read.Answers, Consents: read.Consents,
	})
	if b.file == "" {
		if _, err := cmd.OutOrStdout().Write(proposal.File); err != nil {
			return false, err
		}
		fmt.Fprintln(cmd.ErrOrStderr()) // apart from the file, where both go to one screen
		b.next(cmd.ErrOrStderr(), proposal, "mappings/"+proposal.Mapping+".yaml")
		return true, nil
	}
	if err := write(b.file, proposal.File, b.force); err != nil {
		return false, err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s, from the sample read %s.\n\n", b.file, read.How)
	b.next(cmd.OutOrStdout(), proposal, b.file)
	return true, nil
}

// destination is the one that was named, or the first one.
func destination(c *config.Config, name string) (string, error) {
	all := slices.Sorted(maps.Keys(c.Destinations))
	switch {
	case name == "" && len(all) == 0:
		return "crm", nil
	case name == "":
		return all[0], nil
	case len(all) == 0:
		return name, nil
	}
	return name, oneOf("destination", name, all)
}

func write(file string, data []byte, force bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	out, err := os.OpenFile(file, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; --force overwrites it", file)
	}
	if err != nil {
		return fmt.Errorf("write the mapping: %w", err)
	}
	_, err = out.Write(data)
	return errors.Join(err, out.Close())
}

// next says what a person does with the proposal.
func (b *beginning) next(w io.Writer, p propose.Proposal, file string) {
	fmt.Fprintf(w, "Next:\n  1. Decide the %d places that are marked with CHECK in %s.\n", p.Checks, file)
	columns := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for i, step := range [][2]string{
		{"handoff mappings lint " + file, "what is wrong"},
		{"handoff mappings try " + b.from + " --mapping " + p.Mapping, "what would be written, and why"},
		{"handoff mappings test " + p.Mapping + " --update", "keep what is right as a case, in mappings/cases/" + p.Mapping + "/"},
		{"handoff mappings check --destination " + b.to, "does the CRM take it?"},
	} {
		fmt.Fprintf(columns, "  %d. %s\t%s\n", i+2, step[0], step[1])
	}
	columns.Flush()
}
