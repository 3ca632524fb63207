package reload

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Version is one state of the files, compiled.
type Version[T any] struct {
	Value T
	ID    string    // the first 12 hexadecimal digits of a hash of the files' contents
	Since time.Time // when it began to serve
}

// Options say what is watched and what becomes of it. What, Paths and Load are required.
type Options[T any] struct {
	// What names the watched thing in logs, metrics and readiness: "rules".
	What string
	// Paths are the files and folders to watch, asked for at each look: a new version may name others. What does not
	// exist is watched for.
	Paths func() []string
	// Match says which files of a folder count, by their path in it; nil for all. Hidden files never do.
	Match func(path string) bool
	// Beside is what the value depends on beside the files, such as the version of another watched thing.
	Beside func() string
	// Load reads and compiles what the files say now. An error that is a yamlfile.Problems is reported place by place. It
	// must hold no secret.
	Load func() (T, error)
	// Restart names what the running program does not follow: settings in which now differs from what it was started with.
	Restart func(started, now T) []string
	// Changes says more about a new version, for its line in the log.
	Changes func(old, now T) []slog.Attr
	// Swapped is told after a new version began to serve, before the next look.
	Swapped func(old, now Version[T])
	// Refused is told once for each broken version; it must not block.
	Refused func(Refusal)

	Metrics Metrics // nil for none
	Logger  *slog.Logger
	Now     func() time.Time
	Poll    time.Duration // how often the content is looked at; 3 seconds if 0
	Settle  time.Duration // how long files must stay the same before they are read; 100 milliseconds if 0
	// Notify opens the operating system's notifications; fsnotify.NewWatcher if nil.
	Notify func() (*fsnotify.Watcher, error)
}

// Metrics counts what becomes of new versions. The labels are few: names of watched things and of results.
type Metrics interface {
	// Reloaded counts a version: loaded (the first one), reloaded or refused.
	Reloaded(what, result string)
	// Broken says whether the newest version is refused.
	Broken(what string, broken bool)
	// RestartNeeded says how many settings only a restart would apply.
	RestartNeeded(what string, settings int)
}

// Results of Metrics.Reloaded.
const (
	ResultLoaded   = "loaded"
	ResultReloaded = "reloaded"
	ResultRefused  = "refused"
)

const (
	defaultPoll   = 3 * time.Second
	defaultSettle = 100 * time.Millisecond
	// kept is how many versions are remembered for what began under them.
	kept = 16
	// attempts is how often files that change while they are read are read again at once.
	attempts = 5
)

// Watched is the version that serves, and the look-out for the next one. It is safe for concurrent use.
type Watched[T any] struct {
	o       Options[T]
	started T
	serving atomic.Pointer[generation[T]]
	status  atomic.Pointer[State]
	asked   chan struct{}
	nudged  chan struct{}

	mu      sync.Mutex // held while looking
	refused string     // the fingerprint that was refused last, "" for none
}

// generation is a version with those that served before it, newest first.
type generation[T any] struct {
	Version[T]
	earlier []Version[T]
}

// New loads the first version. That one being broken is an error: nothing could serve.
func New[T any](o Options[T]) (*Watched[T], error) {
	complete(&o)
	w := &Watched[T]{o: o, asked: make(chan struct{}, 1), nudged: make(chan struct{}, 1)}
	var value T
	var err error
	var id string
	for range attempts {
		id = w.fingerprint()
		value, err = w.load()
		if w.fingerprint() == id {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	first := Version[T]{Value: value, ID: id, Since: o.Now()}
	w.started = value
	w.serving.Store(&generation[T]{Version: first})
	w.status.Store(&State{What: o.What, Version: id, Since: first.Since})
	w.o.Metrics.Reloaded(o.What, ResultLoaded)
	w.o.Metrics.Broken(o.What, false)
	w.o.Metrics.RestartNeeded(o.What, 0)
	return w, nil
}

func complete[T any](o *Options[T]) {
	if o.Match == nil {
		o.Match = func(string) bool { return true }
	}
	if o.Metrics == nil {
		o.Metrics = unmeasured{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Poll == 0 {
		o.Poll = defaultPoll
	}
	if o.Settle == 0 {
		o.Settle = defaultSettle
	}
	if o.Notify == nil {
		o.Notify = fsnotify.NewWatcher
	}
}

// Current is the value that serves.
func (w *Watched[T]) Current() T { return w.serving.Load().Value }

// Serving is the version that serves.
func (w *Watched[T]) Serving() Version[T] { return w.serving.Load().Version }

// At finds a version that served lately, for what began under it. A program that was restarted meanwhile has not got it.
func (w *Watched[T]) At(id string) (Version[T], bool) {
	now := w.serving.Load()
	if now.ID == id {
		return now.Version, true
	}
	for _, version := range now.earlier {
		if version.ID == id {
			return version, true
		}
	}
	return Version[T]{}, false
}

// State tells about the version that serves, and about the one that was refused.
func (w *Watched[T]) State() State { return *w.status.Load() }

// Ask has Run look at once, for a person: without waiting for the files to settle, and with an answer in the log.
func (w *Watched[T]) Ask() { knock(w.asked) }

// Nudge has Run look at once, because what the value depends on beside the files has changed.
func (w *Watched[T]) Nudge() { knock(w.nudged) }

func knock(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default: // it is about to look
	}
}

// load calls Load. A loader that panics has met a version that it cannot cope with; the program goes on.
func (w *Watched[T]) load() (value T, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = errors.New("the loader panicked: this is a bug, please report it")
			w.o.Logger.Error("a loader panicked", "what", w.o.What, "panic", fmt.Sprintf("%T", caught))
		}
	}()
	return w.o.Load()
}
