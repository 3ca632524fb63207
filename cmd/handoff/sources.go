package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"handoff/internal/config"
	"handoff/internal/source"
)

// newSources is the group of commands about senders.
func newSources() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sources",
		Short: "See the senders, and send as they would",
		Example: `  handoff sources list                              # who sends, and when something last came
  handoff sources test website                      # a signed test submission through the real endpoint
  handoff sources sign website --body lead.json     # a curl line with a true signature`,
	}
	cmd.AddCommand(newSourcesList(os.Environ), newSourcesTest(os.Environ), newSourcesSign(os.Environ))
	return cmd
}

// environ is what a command was started with.
type environ func() []string

// sources reads the configuration without any secret.
func (e environ) sources() (*config.Config, error) {
	c, err := config.Load(config.Path(e()), e(), config.ProgramSources)
	if err != nil {
		return nil, fmt.Errorf("the configuration: %w", err)
	}
	if len(c.Sources) == 0 {
		return nil, errors.New("the configuration names no sources: is handoff.yaml here, or HANDOFF_CONFIG set?")
	}
	return c, nil
}

// open builds one source with its secrets.
func (e environ) open(name string) (*config.Config, *source.Source, error) {
	c, err := e.sources()
	if err != nil {
		return nil, nil, err
	}
	configured, ok := c.Sources[name]
	if !ok {
		return nil, nil, oneOf("source", name, slices.Sorted(maps.Keys(c.Sources)))
	}
	if configured, err = configured.WithSecrets(e()); err != nil {
		return nil, nil, fmt.Errorf("source %s signs with its secrets, which are not all here:\n%w", name, err)
	}
	s, err := source.New(name, configured)
	return c, s, err
}
