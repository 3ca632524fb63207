package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// EnsurePostgres installs Postgres where it is missing and we may; otherwise it says what to run.
func EnsurePostgres(ctx context.Context, progress io.Writer) error {
	_, err := findPostgres()
	if !errors.Is(err, ErrNoPostgres) {
		return err
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: install it with `sudo apt-get install --no-install-recommends postgresql`, then run this again", err)
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return fmt.Errorf("%w, and no apt-get to install it with: put initdb and postgres on the PATH", ErrNoPostgres)
	}
	fmt.Fprintln(progress, "Installing Postgres (Debian package postgresql)…")
	restore, err := withoutSystemCluster()
	if err != nil {
		return err
	}
	defer restore()
	for _, args := range [][]string{
		{"update", "-q"},
		{"install", "-y", "-q", "--no-install-recommends", "postgresql"},
	} {
		command := exec.CommandContext(ctx, apt, args...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		command.Stdout, command.Stderr = progress, progress
		if err := command.Run(); err != nil {
			return fmt.Errorf("apt-get %s: %w", args[0], err)
		}
	}
	_, err = findPostgres()
	return err
}

// withoutSystemCluster keeps the package from creating and starting a server of the machine's own.
func withoutSystemCluster() (restore func(), err error) {
	const file = "/etc/postgresql-common/createcluster.conf"
	if _, err := os.Stat(file); err == nil {
		return func() {}, nil // the machine's owner has decided
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, fmt.Errorf("keep Postgres from starting a system server: %w", err)
	}
	if err := os.WriteFile(file, []byte("create_main_cluster = false\n"), 0o644); err != nil {
		return nil, fmt.Errorf("keep Postgres from starting a system server: %w", err)
	}
	return func() {}, nil
}
