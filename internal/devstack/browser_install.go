package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// ErrNoBrowser says that this machine has no Chromium.
var ErrNoBrowser = errors.New("no Chromium on this machine")

// FindBrowser is where Chromium is, by whichever of its names.
func FindBrowser() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoBrowser
}

// EnsureBrowser installs Chromium, in which pages are tested, where it is missing and we may; otherwise it says what to run.
// A font comes with it: a page without one shows boxes.
func EnsureBrowser(ctx context.Context, progress io.Writer) error {
	if _, err := FindBrowser(); err == nil {
		return nil
	}
	install := []string{"install", "-y", "-q", "--no-install-recommends", "chromium", "fonts-dejavu-core"}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: pages are tested in one; install it with `sudo apt-get install --no-install-recommends chromium fonts-dejavu-core`, then run this again", ErrNoBrowser)
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("%w, and no apt-get to install it with: put chromium on the PATH", ErrNoBrowser)
	}
	fmt.Fprintln(progress, "Installing Chromium (Debian packages chromium and fonts-dejavu-core, a minute or two)…")
	if err := apt(ctx, progress, "update", "-q"); err != nil {
		return err
	}
	if err := apt(ctx, progress, install...); err != nil {
		return err
	}
	_, err := FindBrowser()
	return err
}
