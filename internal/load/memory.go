package load

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// Watcher looks at a process's memory while something happens to it.
type Watcher struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	most   int64
}

// Watch begins to look at the resident memory of a process.
func Watch(ctx context.Context, pid int) *Watcher {
	ctx, cancel := context.WithCancel(ctx)
	w := &Watcher{cancel: cancel}
	w.done.Go(func() {
		ticker := time.NewTicker(50 * time.Millisecond)
		defer ticker.Stop()
		for {
			w.most = max(w.most, Resident(pid))
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return w
}

// Stop ends the watching and returns the most that was seen, in bytes.
func (w *Watcher) Stop() int64 {
	w.cancel()
	w.done.Wait()
	return w.most
}

// Resident is a process's resident memory in bytes, or 0 where there is no such process.
func Resident(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(data) // proc(5): size resident shared …, in pages
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
