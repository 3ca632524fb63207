package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
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
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("%w, and no apt-get to install it with: put initdb and postgres on the PATH", ErrNoPostgres)
	}
	fmt.Fprintln(progress, "Installing Postgres (Debian package postgresql)…")
	install := []string{"install", "-y", "-q", "--no-install-recommends"}
	if err := apt(ctx, progress, "update", "-q"); err != nil {
		return err
	}
	// First what decides whether the server's package starts a server of the machine's own, then that package.
	if err := apt(ctx, progress, append(install, "postgresql-common")...); err != nil {
		return err
	}
	restore, err := withoutSystemServer("/etc/postgresql-common/createcluster.conf")
	if err != nil {
		return err
	}
	if err := errors.Join(apt(ctx, progress, append(install, "postgresql")...), restore()); err != nil {
		return err
	}
	_, err = findPostgres()
	return err
}

// withoutSystemServer makes the package's configuration say that installing a server starts none, until restored.
func withoutSystemServer(file string) (restore func() error, err error) {
	was, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("keep Postgres from starting a system server: %w", err)
	}
	if err := os.WriteFile(file, append(slices.Clone(was), "\ncreate_main_cluster = false\n"...), 0o644); err != nil {
		return nil, fmt.Errorf("keep Postgres from starting a system server: %w", err)
	}
	return func() error {
		if err := os.WriteFile(file, was, 0o644); err != nil {
			return fmt.Errorf("restore %s: %w", file, err)
		}
		return nil
	}, nil
}
