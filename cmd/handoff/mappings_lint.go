package main

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/mappingtool/lint"
)

func newLint(t *tools) *cobra.Command {
	return &cobra.Command{
		Use:   "lint [FILE…]",
		Short: "Find everything that is wrong, in all files at once",
		Long: `Find everything that is wrong in the mappings, in what they share and in routing.yaml, in all files at once: where it stands,
what was expected, and what probably was meant. A worker refuses a folder in which anything is wrong.

With files, only what is wrong in these is shown. A file that lies elsewhere is checked as if it replaced the mapping of
the same name.`,
		Example: `  handoff mappings lint
  handoff mappings lint mappings/demo-request.yaml
  handoff mappings lint --json | jq -r '.problems[].message'`,
		RunE: finding(func(cmd *cobra.Command, files []string) (bool, error) {
			c, f, err := t.open()
			if err != nil {
				return false, err
			}
			only := make([]string, len(files))
			for i, file := range files {
				if f, only[i], err = f.Lay(file); err != nil {
					return false, err
				}
			}
			sources, destinations := configured(c)
			report := lint.Folder(f, sources, destinations, only...)
			return len(report.Problems) == 0, t.print(cmd, report)
		}),
	}
}

// configured names the sources and destinations; nil where no configuration does.
func configured(c *config.Config) (sources, destinations []string) {
	if len(c.Sources) == 0 && len(c.Destinations) == 0 {
		return nil, nil
	}
	return slices.Sorted(maps.Keys(c.Sources)), slices.Sorted(maps.Keys(c.Destinations))
}
