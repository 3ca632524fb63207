package devstack

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// EnsureCommands installs the commands that the runbook uses, and its test runs, where they are missing and we may;
// otherwise it says what to run.
func EnsureCommands(ctx context.Context, progress io.Writer) error {
	var packages []string
	for _, needed := range []struct{ command, of string }{
		{"curl", "curl"}, {"openssl", "openssl"}, {"psql", "postgresql-client"}, {"pg_dump", "postgresql-client"},
	} {
		if _, err := exec.LookPath(needed.command); err != nil && !slices.Contains(packages, needed.of) {
			packages = append(packages, needed.of)
		}
	}
	if len(packages) == 0 {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("the tests need commands that are missing: install them with `sudo apt-get install %s`, then run this again",
			strings.Join(packages, " "))
	}
	fmt.Fprintln(progress, "Installing", strings.Join(packages, ", "))
	if err := apt(ctx, progress, "update", "-q"); err != nil {
		return err
	}
	return apt(ctx, progress, append([]string{"install", "-y", "-q", "--no-install-recommends"}, packages...)...)
}

// apt runs apt-get without questions.
func apt(ctx context.Context, progress io.Writer, args ...string) error {
	command := exec.CommandContext(ctx, "apt-get", args...)
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	command.Stdout, command.Stderr = progress, progress
	if err := command.Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w", strings.Join(args, " "), err)
	}
	return nil
}
