package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/folder"
	"handoff/internal/mappingtool/payload"
	"handoff/internal/mappingtool/trial"
	"handoff/internal/routing"
)

func newTry(t *tools) *cobra.Command {
	var name, from, form string
	cmd := &cobra.Command{
		Use:   "try FILE|-",
		Short: "Show what would be made of a sample, field by field, with the rule and the reason",
		Long: `Show what would be made of a sample: what would be written where, by which rule and why; what would not, and why not; what
the person consented to; which answers nobody reads; and who would get the records. Nothing is written.

FILE is the body of a submission as its sender sends it, bare answers, or a case (a .yaml file); - is standard input. The
source is found out where one is configured that sends such a body; otherwise name the mapping.`,
		Example: `  handoff mappings try sample.json
  handoff mappings try sample.json --mapping demo-request
  handoff mappings try mappings/cases/demo-request/enterprise.yaml
  curl -s https://forms.example/latest | handoff mappings try - --source website`,
		Args: arguments(cobra.ExactArgs(1), "one FILE, or - for standard input"),
		RunE: finding(func(cmd *cobra.Command, args []string) (bool, error) {
			c, f, err := t.open()
			if err != nil {
				return false, err
			}
			set, table, err := compile(f)
			if err != nil {
				return false, err
			}
			data, err := sample(cmd, args[0])
			if err != nil {
				return false, err
			}
			reader := payload.Reader{Sources: c.Sources, Set: set, Mapping: name, Source: from, Form: form, Now: time.Now().UTC().Truncate(time.Second)}
			s, err := reader.Read(args[0], data)
			if err != nil {
				return false, err
			}
			tried := trial.Run(s, table)
			return tried.OK(), t.print(cmd, tried)
		}),
	}
	cmd.Flags().StringVar(&name, "mapping", "", "try this mapping, whatever form the sample is of")
	cmd.Flags().StringVar(&from, "source", "", "read the sample as this source sends it")
	cmd.Flags().StringVar(&form, "form", "", "take the sample for this form")
	return cmd
}

// compile reads the folder, for commands that need it sound.
func compile(f *folder.Folder) (*mapping.Set, *routing.Table, error) {
	set, err := f.Load()
	if err == nil {
		var table *routing.Table
		if table, err = f.Routing(); err == nil {
			return set, table, nil
		}
	}
	return nil, nil, fmt.Errorf("something is wrong with the mappings; `handoff mappings lint` shows it in its place:\n%w", err)
}

// sample reads what a person hands over. It is never larger than what a sender may send.
func sample(cmd *cobra.Command, name string) ([]byte, error) {
	const largest = 32 << 20
	in := cmd.InOrStdin()
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read the sample: %w", err)
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, largest+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the sample: %w", err)
	case len(data) > largest:
		return nil, fmt.Errorf("the sample is larger than %d bytes, which no source may send", largest)
	}
	return data, nil
}
