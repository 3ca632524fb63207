package activities

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"handoff/internal/ledger"
	"handoff/internal/outbox"
)

// driftAlertEvery is how often one answer is told about while it drifts.
const driftAlertEvery = 24 * time.Hour

// subject is what one message is about.
type subject struct {
	mapping string
	kind    ledger.DriftKind
}

// alert tells about what nobody was told about today, whichever worker noticed it: one message per mapping and kind, with
// the numbers under which the ledger has the answers.
func (d *Drift) alert(ctx context.Context, recorded []ledger.Drift) {
	var order []subject
	found := map[subject][]ledger.Drift{}
	for _, r := range recorded {
		about := subject{r.Mapping, r.Kind}
		if d.told(r) {
			continue
		}
		if len(found[about]) == 0 {
			order = append(order, about)
		}
		found[about] = append(found[about], r)
	}
	for _, about := range order {
		d.raise(ctx, about, found[about])
	}
}

// told says that this worker knows of an alert of today about the answer.
func (d *Drift) told(r ledger.Drift) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	before, known := d.claimed[drifted{r.Mapping, r.Kind, r.Answer}]
	return known && d.o.Now().Sub(before) < driftAlertEvery
}

// raise raises one alert. It names no answer.
func (d *Drift) raise(ctx context.Context, about subject, found []ledger.Drift) {
	ids, causes := map[string]int64{}, []string{}
	for _, r := range found {
		cause := strings.Join([]string{"drift", r.Mapping, string(r.Kind), r.Answer}, " ")
		ids[cause], causes = r.ID, append(causes, cause)
	}
	numbers := func(due []string) []int64 {
		var of []int64
		for _, cause := range due {
			of = append(of, ids[cause])
		}
		return of
	}
	due, err := d.o.Notifier.Alert(ctx, outbox.Alert{
		Causes: causes, Rhythm: ledger.Rhythm{Every: driftAlertEvery},
		Problems: func(due []string) []string { return driftText(about.mapping, about.kind, numbers(due)) },
	})
	if err != nil {
		d.o.Logger.Warn("drift not told about yet", "mapping", about.mapping, "kind", string(about.kind), "error", err)
		return
	}
	if len(due) > 0 {
		d.o.Logger.LogAttrs(ctx, slog.LevelWarn, "a form and its mapping have come apart", slog.String("mapping", about.mapping),
			slog.String("kind", string(about.kind)), slog.Any("drift", numbers(due)),
			slog.String("next", "the ledger's table drift names the answers; map them, or put them under ignore"))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range found {
		d.claimed[drifted{r.Mapping, r.Kind, r.Answer}] = d.o.Now()
	}
}

// mostNumbers is how many answers a message numbers; the ledger has all of them.
const mostNumbers = 20

// driftText says in a message what has come apart, by the numbers of the ledger's table drift.
func driftText(mapping string, kind ledger.DriftKind, ids []int64) []string {
	what := "answers come that no rule mentions"
	if kind == ledger.DriftVanished {
		what = "answers that used to come have stopped coming"
	}
	numbers := make([]string, 0, len(ids))
	for _, id := range ids[:min(len(ids), mostNumbers)] {
		numbers = append(numbers, fmt.Sprint(id))
	}
	text := "drift " + strings.Join(numbers, ", ")
	if more := len(ids) - mostNumbers; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return []string{fmt.Sprintf("mapping %s: %s", mapping, what), text + " in the ledger's table drift"}
}
