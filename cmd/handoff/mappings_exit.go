package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// How commands end that find something, for scripts and pipelines.
const (
	found    = 1 // there is something to look at
	couldNot = 2 // nothing is known
)

// exit is an end with a status. Without an error everything has been said.
type exit struct {
	status int
	err    error
}

func (e exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// ended says how the program ends, and prints why.
func ended(w io.Writer, err error) (status int) {
	status = 1
	if e, ok := errors.AsType[exit](err); ok {
		status = e.status
	}
	if err.Error() != "" {
		fmt.Fprintln(w, "handoff:", err)
	}
	return status
}

// finding makes a command of a function that says whether all is well.
func finding(do func(cmd *cobra.Command, args []string) (well bool, err error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		switch well, err := do(cmd, args); {
		case err != nil:
			return exit{couldNot, err}
		case !well:
			return exit{found, nil}
		}
		return nil
	}
}

// arguments makes a wrong number of arguments an end that could not.
func arguments(check cobra.PositionalArgs, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return exit{couldNot, fmt.Errorf("want %s; see %s --help", want, cmd.CommandPath())}
		}
		return nil
	}
}
