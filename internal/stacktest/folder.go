package stacktest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// folderPattern names the servers' folders, so that what a killed test process left is found and removed.
const folderPattern = "handoff-servers-"

// roomNeeded is how much memory must be free to keep the servers' data there: containers often have 64 MiB.
const roomNeeded = 2 << 30

// sharedFolder is the folder of this process' servers, removed after they stopped. The caller holds the lock.
func sharedFolder(t testing.TB) string {
	t.Helper()
	if shared.folder == "" {
		folder, remove, err := makeFolder(dataHome())
		if err != nil {
			t.Fatalf("make a folder for the servers: %v", err)
		}
		shared.folder = folder
		shared.stops = append(shared.stops, remove)
	}
	return shared.folder
}

func tempFolder(t testing.TB) string {
	t.Helper()
	folder, remove, err := makeFolder(dataHome())
	if err != nil {
		t.Fatalf("make a folder for the server: %v", err)
	}
	t.Cleanup(remove)
	return folder
}

// dataHome prefers memory: the servers of tests hold little and write much.
func dataHome() string {
	const memory = "/dev/shm"
	var room syscall.Statfs_t
	if syscall.Access(memory, 2 /* W_OK */) == nil && syscall.Statfs(memory, &room) == nil && room.Bavail*uint64(room.Bsize) > roomNeeded {
		return memory
	}
	return os.TempDir()
}

// makeFolder makes a folder and holds its lock, after it removed the folders of processes that were killed: those whose
// lock nobody holds.
func makeFolder(home string) (folder string, remove func(), err error) {
	left, err := filepath.Glob(filepath.Join(home, folderPattern+"*"))
	if err != nil {
		return "", nil, fmt.Errorf("look for folders that were left: %w", err)
	}
	for _, path := range left {
		if lock, err := lockFolder(path); err == nil {
			_ = os.RemoveAll(path) // another user's, or another process does it too
			lock.Close()
		}
	}
	// It gets the name that others look for once it is locked.
	made, err := os.MkdirTemp(home, "new-"+folderPattern)
	if err != nil {
		return "", nil, err
	}
	lock, err := lockFolder(made)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(made))
	}
	folder = filepath.Join(home, strings.TrimPrefix(filepath.Base(made), "new-"))
	if err := errors.Join(os.Chmod(made, 0o755), os.Rename(made, folder)); err != nil { // Postgres may run as another user
		lock.Close()
		return "", nil, errors.Join(err, os.RemoveAll(made))
	}
	return folder, func() {
		_ = os.RemoveAll(folder)
		lock.Close()
	}, nil
}

// lockFolder locks the folder itself.
func lockFolder(path string) (*os.File, error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		folder.Close()
		return nil, err
	}
	return folder, nil
}
