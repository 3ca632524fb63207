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
	apt, err := exec.LookPath("apt-get")
	if os.Geteuid() != 0 || err != nil {
		return fmt.Errorf("the tests need commands that are missing: install them with `sudo apt-get install %s`, then run this again",
			strings.Join(packages, " "))
	}
	fmt.Fprintln(progress, "Installing", strings.Join(packages, ", "))
	for _, args := range [][]string{
		{"update", "-q"}, append([]string{"install", "-y", "-q", "--no-install-recommends"}, packages...),
	} {
		command := exec.CommandContext(ctx, apt, args...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		command.Stdout, command.Stderr = progress, progress
		if err := command.Run(); err != nil {
			return fmt.Errorf("install %s with apt-get: %w", strings.Join(packages, ", "), err)
		}
	}
	return nil
}
