package activities

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"handoff/internal/ledger"
	"handoff/internal/mapping"
)

// DriftLedger is what the look-out for drift asks of the ledger.
type DriftLedger interface {
	RecordDrift(ctx context.Context, found []ledger.Drift) ([]ledger.Drift, error)
	AddPresence(ctx context.Context, added []ledger.Presence, before time.Time) error
	PresenceSince(ctx context.Context, day time.Time) ([]ledger.Presence, error)
}

// DriftMetrics counts submissions with drift.
type DriftMetrics interface {
	Drifted(mapping string, kind ledger.DriftKind)
}

// DriftOptions are what a Drift is made of; all are required.
type DriftOptions struct {
	Ledger   DriftLedger
	Notifier Alerter
	Metrics  DriftMetrics
	Logger   *slog.Logger
	Now      func() time.Time
}

// Drift notices that a form and its mapping have come apart: answers come that no rule mentions, or answers that rules
// read come no more. Steps tell it about each submission, which costs no call and can fail none of them; what it has
// noticed goes to the ledger in the background. Names of answers are the sender's text: they go there and nowhere else.
type Drift struct {
	o    DriftOptions
	wake chan struct{}

	mu      sync.Mutex
	pending map[drifted]*noticed
	names   map[string]map[string]bool // unknown answers by mapping version
	forms   map[form]*attendance
	reads   map[string][]string // answers that a mapping version reads
	claimed map[drifted]time.Time
}

// drifted is one answer in which a form and its mapping have come apart.
type drifted struct {
	mapping string
	kind    ledger.DriftKind
	answer  string
}

// noticed is what is to be written about it.
type noticed struct {
	version string
	count   int64
}

// form is where answers come from: mappings may serve several, which ask for different things.
type form struct{ mapping, source, form string }

// Bounds, because senders decide about names and how many there are.
const (
	mostNames     = 200 // unknown answers by mapping version; the ledger keeps more, of several versions
	mostVersions  = 64  // after so many reloads what is remembered of each begins anew
	longestAnswer = 200 // bytes of a name
)

// NewDrift looks out for drift. What it notices is written by Run or Flush.
func NewDrift(o DriftOptions) *Drift {
	return &Drift{
		o: o, wake: make(chan struct{}, 1), pending: map[drifted]*noticed{}, names: map[string]map[string]bool{}, forms: map[form]*attendance{},
		reads: map[string][]string{}, claimed: map[drifted]time.Time{},
	}
}

// Mapped notes a submission that was mapped, with the answers that its mapping does not mention.
func (d *Drift) Mapped(m *mapping.Mapping, in mapping.Input, unmapped []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.reads) > mostVersions {
		clear(d.reads)
		clear(d.names)
	}
	if len(unmapped) > 0 {
		d.o.Metrics.Drifted(m.Name(), ledger.DriftUnknown)
	}
	for _, answer := range unmapped {
		d.note(m, ledger.DriftUnknown, answer)
	}
	vanished := d.attend(m, in)
	if len(vanished) > 0 {
		d.o.Metrics.Drifted(m.Name(), ledger.DriftVanished)
	}
	for _, answer := range vanished {
		d.note(m, ledger.DriftVanished, answer)
	}
}

// note counts one answer of a submission, to be written. One that is new is written soon.
func (d *Drift) note(m *mapping.Mapping, kind ledger.DriftKind, answer string) {
	if len(answer) > longestAnswer || !utf8.ValidString(answer) || strings.ContainsRune(answer, 0) {
		return // no form's question; counted all the same
	}
	key := drifted{m.Name(), kind, answer}
	if found, ok := d.pending[key]; ok {
		found.count++
		found.version = m.Version()
		return
	}
	_, told := d.claimed[key]
	if kind == ledger.DriftUnknown && !d.names[m.Ref()][answer] {
		if d.names[m.Ref()] == nil {
			d.names[m.Ref()] = map[string]bool{}
		}
		if len(d.names[m.Ref()]) >= mostNames {
			return
		}
		d.names[m.Ref()][answer] = true
	}
	d.pending[key] = &noticed{version: m.Version(), count: 1}
	if !told {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}
}

const (
	flushEvery = 30 * time.Second
	// flushSoon is how long something new waits for more of its kind.
	flushSoon = 2 * time.Second
	// flushTimeout bounds what a stopping worker waits for.
	flushTimeout = 10 * time.Second
)

// Run remembers what the ledger has counted, and writes what is noticed until ctx ends; then it writes the rest.
func (d *Drift) Run(ctx context.Context) {
	if err := d.Remember(ctx); err != nil {
		d.o.Logger.Warn("drift is measured from now on: what came before cannot be read", "error", err)
	}
	every := time.NewTicker(flushEvery)
	defer every.Stop()
	soon := time.NewTimer(time.Hour)
	defer soon.Stop()
	soon.Stop()
	for {
		select {
		case <-ctx.Done():
			d.flush(context.WithoutCancel(ctx))
			return
		case <-d.wake:
			soon.Reset(flushSoon)
		case <-soon.C:
			d.flush(ctx)
		case <-every.C:
			d.flush(ctx)
		}
	}
}

func (d *Drift) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	if err := d.Flush(ctx); err != nil {
		d.o.Logger.Warn("drift not recorded; it is tried again", "error", err)
	}
}

// Flush writes what was noticed, and tells the alert channels about what they were not told within a day.
func (d *Drift) Flush(ctx context.Context) error {
	found, added := d.take()
	if len(added) > 0 {
		if err := d.o.Ledger.AddPresence(ctx, added, day(d.o.Now()).AddDate(0, 0, -memory)); err != nil {
			d.giveBack(found, added)
			return err
		}
	}
	recorded, err := d.o.Ledger.RecordDrift(ctx, found)
	if err != nil {
		d.giveBack(found, nil)
		return err
	}
	d.alert(ctx, recorded)
	return nil
}

// take empties what is to be written.
func (d *Drift) take() ([]ledger.Drift, []ledger.Presence) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []ledger.Drift
	for key, n := range d.pending {
		found = append(found, ledger.Drift{Mapping: key.mapping, Version: n.version, Kind: key.kind, Answer: key.answer, Count: n.count})
	}
	clear(d.pending)
	slices.SortFunc(found, func(a, b ledger.Drift) int {
		return cmp.Or(cmp.Compare(a.Mapping, b.Mapping), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Answer, b.Answer))
	})
	var added []ledger.Presence
	for key, a := range d.forms {
		added = append(added, a.take(key)...)
	}
	return found, added
}

// giveBack keeps for the next time what could not be written.
func (d *Drift) giveBack(found []ledger.Drift, added []ledger.Presence) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range found {
		key := drifted{f.Mapping, f.Kind, f.Answer}
		if n, ok := d.pending[key]; ok {
			n.count += f.Count
		} else {
			d.pending[key] = &noticed{version: f.Version, count: f.Count}
		}
	}
	for _, p := range added {
		d.attendance(form{p.Mapping, p.Source, p.Form}).giveBack(p)
	}
}
