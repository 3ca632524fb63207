package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"handoff/internal/config"
	"handoff/internal/mappingtool/folder"
	"handoff/internal/mappingtool/screen"
	"handoff/internal/yamlfile"
)

func newMappings() *cobra.Command {
	t := &tools{}
	cmd := &cobra.Command{
		Use:   "mappings",
		Short: "Check, try, test and compare mappings before they are deployed",
		Long: `Check, try, test and compare mappings before they are deployed.

Every command ends with 0 when all is well, with 1 when there is something to look at, and with 2 when it could not do its
work. What it prints for people it prints for machines with --json.`,
		Example: `  handoff mappings init --from sample.json --out mappings/contact-us.yaml   # a first version from a payload
  handoff mappings lint                                                    # everything that is wrong, at once
  handoff mappings try sample.json                                         # what would be written, and why
  handoff mappings test                                                    # the cases beside the mappings
  handoff mappings diff --mapping changed.yaml --since 7d                  # what a change would change
  handoff mappings check --destination crm                                 # does the CRM take it?
  handoff mappings coverage --since 30d                                    # what nobody reads, what nobody sends`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		var names []string
		for _, each := range cmd.Commands() {
			names = append(names, each.Name())
		}
		return exit{couldNot, oneOf("command", args[0], names)}
	}
	cmd.PersistentFlags().StringVar(&t.dir, "dir", "", "folder of the mappings; that of the configuration when not given")
	cmd.PersistentFlags().BoolVar(&t.json, "json", false, "print JSON, for programs")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit{couldNot, err} })
	cmd.AddCommand(newInit(t), newLint(t), newTry(t), newTest(t), newDiff(t), newCheck(t), newCoverage(t), newReference(), newSchema())
	return cmd
}

// tools is what the commands about mappings have in common.
type tools struct {
	dir  string
	json bool
}

// programTools is given no secret: most of these commands need none.
const programTools = config.Program("mappings")

// config is the configuration without its secrets. Without a file there are neither sources nor destinations.
func (t *tools) config() (*config.Config, error) {
	return config.Load(config.Path(os.Environ()), os.Environ(), programTools)
}

// open reads the folder of the mappings, and the configuration that it belongs to.
func (t *tools) open() (*config.Config, *folder.Folder, error) {
	c, err := t.config()
	if err != nil {
		return nil, nil, fmt.Errorf("the configuration: %w", err)
	}
	dir := t.dir
	if dir == "" {
		dir = c.Mappings
	}
	f, err := folder.Open(dir)
	return c, f, err
}

// screen is where a command prints for people.
func (t *tools) screen(cmd *cobra.Command) *screen.Screen {
	width, _ := strconv.Atoi(os.Getenv("COLUMNS"))
	file, ok := cmd.OutOrStdout().(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return screen.New(cmd.OutOrStdout(), false, width)
	}
	if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
		width = columns
	}
	return screen.New(file, os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", width)
}

// print shows a result as it was asked for.
func (t *tools) print(cmd *cobra.Command, result printer) error {
	if t.json {
		return encode(cmd.OutOrStdout(), result)
	}
	s := t.screen(cmd)
	result.Print(s)
	return s.Err()
}

// printer is a result that can be shown to people; programs get it as JSON.
type printer interface{ Print(s *screen.Screen) }

// oneOf makes sure that a name is among the known ones.
func oneOf(what, name string, known []string) error {
	slices.Sort(known)
	if known = slices.Compact(known); slices.Contains(known, name) {
		return nil
	}
	return errors.New(yamlfile.Unknown(what, name, known))
}

func encode(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
