package devstack

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is as whom Postgres runs: as we do, or, when we are root, which Postgres refuses, as an unprivileged user.
type account struct {
	switched bool // we are root
	name     string
	uid, gid int
	enter    bool // needs a capability to pass through the folders above its data
}

// accountFor chooses the account: the postgres user, or nobody on a machine without one.
func accountFor(folder string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		if found, err = user.Lookup("nobody"); err != nil {
			return account{}, fmt.Errorf("find an unprivileged user to run Postgres: %w", err)
		}
	}
	a := account{switched: true, name: found.Username}
	if a.uid, err = strconv.Atoi(found.Uid); err != nil {
		return account{}, fmt.Errorf("find an unprivileged user to run Postgres: %w", err)
	}
	if a.gid, err = strconv.Atoi(found.Gid); err != nil {
		return account{}, fmt.Errorf("find an unprivileged user to run Postgres: %w", err)
	}
	open, err := everybodyMayEnter(filepath.Dir(folder))
	a.enter = !open
	return a, err
}

// everybodyMayEnter says whether any user may pass through the folder and all above it. A checkout below /root is the
// usual case where not.
func everybodyMayEnter(folder string) (bool, error) {
	for {
		info, err := os.Stat(folder)
		if err != nil {
			return false, fmt.Errorf("look at the folders above the data: %w", err)
		}
		if info.Mode().Perm()&0o001 == 0 {
			return false, nil
		}
		if folder == filepath.Dir(folder) {
			return true, nil
		}
		folder = filepath.Dir(folder)
	}
}

// capDACOverride is from linux/capability.h. It is the one of its kind that containers commonly leave to root.
const capDACOverride = 1

func (a account) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{}
	if a.switched {
		attributes.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	if a.enter {
		attributes.AmbientCaps = []uintptr{capDACOverride}
	}
	return attributes
}

// own gives the files to the account.
func (a account) own(paths ...string) error {
	if !a.switched {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, a.uid, a.gid); err != nil {
			return fmt.Errorf("give the Postgres folder to user %s: %w", a.name, err)
		}
	}
	return nil
}

// explain adds what to do to the refusal of a machine that does not let even root hand on the capability.
func (a account) explain(err error) error {
	if a.enter && errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w: user %s may not enter the state folder; set HANDOFF_STATE to a folder that everybody may enter", err, a.name)
	}
	return err
}
