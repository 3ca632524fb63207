package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"handoff/internal/devstack"
	"handoff/internal/stack"
)

func newDevRecord() *cobra.Command {
	return &cobra.Command{
		Use: "record-histories", Short: "Record a history per way through the workflow on a stack of its own, for the replay tests", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			folder, err := devstack.FindFolder()
			if err != nil {
				return err
			}
			root, err := devstack.ProjectRoot()
			if err != nil {
				return err
			}
			temp, err := os.MkdirTemp("", "handoff-record-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(temp)
			if err := os.Symlink(filepath.Join(folder.Path, "bin"), filepath.Join(temp, "bin")); err != nil {
				return err
			}
			s, err := stack.Up(cmd.Context(), stack.Options{Folder: devstack.Folder{Path: temp}, Root: root, Progress: cmd.ErrOrStderr()})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Down()) }()
			return s.Record(cmd.Context(), filepath.Join(root, "workflows", "testdata", "histories"))
		},
	}
}
