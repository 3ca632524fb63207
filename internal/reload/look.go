package reload

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// Outcome is what a look found.
type Outcome string

const (
	Unchanged Outcome = "unchanged" // the files say what serves
	Reloaded  Outcome = "reloaded"  // a new version serves now
	Refused   Outcome = "refused"   // the files hold a version that is broken
	Changing  Outcome = "changing"  // somebody was writing; the next look sees more
)

// Look compares the files with the version that serves, and swaps in what they say where it is new and sound. A version
// that was refused is not compiled again until the files change.
func (w *Watched[T]) Look() Outcome { return w.look(false) }

// look is Look; asked compiles and reports a refused version again.
func (w *Watched[T]) look(asked bool) Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	for range attempts {
		id := w.fingerprint()
		switch {
		case id == w.serving.Load().ID:
			w.back(asked)
			return Unchanged
		case id == w.refused && !asked:
			return Refused
		}
		began := w.o.Now()
		value, err := w.load()
		if w.fingerprint() != id {
			continue // what was read is a mixture
		}
		if err != nil {
			w.refuse(id, err)
			return Refused
		}
		w.swap(id, value, began)
		return Reloaded
	}
	return Changing
}

// back notes that the files say what serves: a refused version, if there was one, is gone.
func (w *Watched[T]) back(asked bool) {
	state := *w.status.Load()
	switch {
	case w.refused != "":
		w.o.Logger.Info("the refused version is gone", "what", w.o.What, "serving", state.Version, "refused", w.refused)
	case asked:
		w.o.Logger.Info("nothing to reload", "what", w.o.What, "serving", state.Version)
	}
	w.refused, state.Refused = "", nil
	w.status.Store(&state)
	w.o.Metrics.Broken(w.o.What, false)
}

func (w *Watched[T]) swap(id string, value T, began time.Time) {
	old := w.serving.Load()
	now := Version[T]{Value: value, ID: id, Since: w.o.Now()}
	earlier := slices.Concat([]Version[T]{old.Version}, old.earlier)
	w.serving.Store(&generation[T]{Version: now, earlier: earlier[:min(len(earlier), kept)]})
	w.refused = ""
	state := State{What: w.o.What, Version: id, Since: now.Since}
	if w.o.Restart != nil {
		state.NeedsRestart = w.o.Restart(w.started, value)
	}
	w.status.Store(&state)
	w.o.Metrics.Reloaded(w.o.What, ResultReloaded)
	w.o.Metrics.Broken(w.o.What, false)
	w.o.Metrics.RestartNeeded(w.o.What, len(state.NeedsRestart))
	attributes := []slog.Attr{
		slog.String("what", w.o.What), slog.String("from", old.ID), slog.String("to", id), slog.Duration("took", now.Since.Sub(began)),
	}
	if w.o.Changes != nil {
		attributes = append(attributes, w.o.Changes(old.Value, value)...)
	}
	w.o.Logger.LogAttrs(context.Background(), slog.LevelInfo, "reloaded", attributes...)
	if len(state.NeedsRestart) > 0 {
		w.o.Logger.Warn("changed settings need a restart", "what", w.o.What, "settings", state.NeedsRestart)
	}
	if w.o.Swapped != nil {
		w.o.Swapped(old.Version, now)
	}
}

func (w *Watched[T]) refuse(id string, err error) {
	state := *w.status.Load()
	problems := problemsOf(err)
	refusal := Refusal{What: w.o.What, Version: id, Serving: state.Version, Since: w.o.Now()}
	for _, p := range problems {
		refusal.Problems = append(refusal.Problems, p.Error())
	}
	w.refused, state.Refused = id, &refusal
	w.status.Store(&state)
	w.o.Metrics.Reloaded(w.o.What, ResultRefused)
	w.o.Metrics.Broken(w.o.What, true)
	w.report(refusal, problems)
	if w.o.Refused != nil {
		w.o.Refused(refusal)
	}
}
