package main

import (
	"github.com/spf13/cobra"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/reference"
)

func newReference() *cobra.Command {
	return &cobra.Command{
		Use:   "reference",
		Short: "Print the reference of the mapping language, generated from the code",
		Long:  "Print the reference of the mapping language as Markdown, generated from the code that reads mappings: keys, types, transforms, names.",
		Example: `  handoff mappings reference | less
  handoff mappings reference > docs/mapping-reference.md`,
		Args: arguments(cobra.NoArgs, "no arguments"),
		RunE: finding(func(cmd *cobra.Command, _ []string) (bool, error) {
			_, err := cmd.OutOrStdout().Write(reference.Markdown(mapping.Documentation()))
			return true, err
		}),
	}
}

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of mappings, for editors",
		Long: `Print the JSON Schema of mappings. Editors that know YAML schemas complete and check a mapping that begins with the line

  # yaml-language-server: $schema=schema.json`,
		Example: "  handoff mappings schema > mappings/schema.json",
		Args:    arguments(cobra.NoArgs, "no arguments"),
		RunE: finding(func(cmd *cobra.Command, _ []string) (bool, error) {
			_, err := cmd.OutOrStdout().Write(mapping.Schema())
			return true, err
		}),
	}
}
