package reload

import (
	"context"
	"time"

	"github.com/fsnotify/fsnotify"
)

// patience is how many times Settle files may go on changing before they are looked at all the same.
const patience = 20

// Run watches until ctx ends.
func (w *Watched[T]) Run(ctx context.Context) {
	poll := time.NewTicker(w.o.Poll)
	defer poll.Stop()
	settled := time.NewTimer(time.Hour)
	defer settled.Stop()
	settled.Stop()
	var restless time.Time // since when they have been changing; zero while nothing does
	var seen string        // what the files said when they were last thought to have settled
	stir := func() {
		now := time.Now()
		if restless.IsZero() {
			restless = now
		}
		if now.Sub(restless) < patience*w.o.Settle {
			settled.Reset(w.o.Settle)
		}
	}
	notices := w.notices()
	defer notices.close()
	if w.differs() { // since the first version was loaded
		stir()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.asked:
			w.look(true)
		case <-w.nudged:
			w.Look()
		case event, open := <-notices.events:
			if !open {
				notices.events = nil
			} else if event.Op != fsnotify.Chmod {
				stir()
			}
		case err := <-notices.errors: // too many at once, say: the poll finds what they were about
			w.o.Logger.Warn("a notification of changed files was lost", "what", w.o.What, "error", err)
		case <-poll.C:
			if w.differs() {
				stir()
			}
		case <-settled.C:
			// Without notifications nothing else tells of a file that is being written slowly.
			if id := w.fingerprint(); id != seen && time.Since(restless) < patience*w.o.Settle {
				seen = id
				settled.Reset(w.o.Settle)
				continue
			}
			restless = time.Time{}
			if w.Look() == Changing {
				stir()
			}
			notices.add(w.folders()) // there may be new ones, or others under the same name
		}
	}
}

// differs says whether the files hold what no look has seen.
func (w *Watched[T]) differs() bool {
	id := w.fingerprint()
	w.mu.Lock()
	defer w.mu.Unlock()
	if id == w.serving.Load().ID {
		return w.refused != "" // which is to be cleared
	}
	return id != w.refused
}

// notices are the operating system's notifications, or none.
type notices struct {
	watcher *fsnotify.Watcher
	events  chan fsnotify.Event
	errors  chan error
}

func (w *Watched[T]) notices() *notices {
	watcher, err := w.o.Notify()
	if err != nil {
		w.o.Logger.Warn("no notifications of changed files; the content is looked at all the same", "what", w.o.What,
			"every", w.o.Poll, "error", err)
		return &notices{}
	}
	n := &notices{watcher: watcher, events: watcher.Events, errors: watcher.Errors}
	n.add(w.folders())
	return n
}

// add watches folders; one that cannot be watched is polled.
func (n *notices) add(folders []string) {
	if n.watcher == nil {
		return
	}
	for _, folder := range folders {
		_ = n.watcher.Add(folder)
	}
}

func (n *notices) close() {
	if n.watcher != nil {
		_ = n.watcher.Close()
	}
}
