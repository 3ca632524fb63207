package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"handoff/internal/mappingtool/cases"
)

func newTest(t *tools) *cobra.Command {
	var update bool
	cmd := &cobra.Command{
		Use:   "test [MAPPING…]",
		Short: "Run the cases that are kept beside the mappings",
		Long: `Run the cases that are kept beside the mappings: cases/MAPPING/NAME.yaml is what a form sends, and cases/MAPPING/NAME.json
what is expected of it. A mapping without cases is something to look at, too.`,
		Example: `  handoff mappings test
  handoff mappings test demo-request
  handoff mappings test demo-request --update   # what the mapping makes of its cases is right: expect it from now on`,
		RunE: finding(func(cmd *cobra.Command, names []string) (bool, error) {
			_, f, err := t.open()
			if err != nil {
				return false, err
			}
			set, _, err := compile(f)
			if err != nil {
				return false, err
			}
			var write func(file string, data []byte) error
			if update {
				write = func(file string, data []byte) error {
					return os.WriteFile(filepath.Join(f.Path(), filepath.FromSlash(file)), data, 0o644)
				}
			}
			report, err := cases.Test(os.DirFS(f.Path()), set, names, write)
			if err != nil {
				return false, err
			}
			return report.OK(), t.print(cmd, report)
		}),
	}
	cmd.Flags().BoolVar(&update, "update", false, "write what the mappings make of the cases as what is expected")
	return cmd
}
