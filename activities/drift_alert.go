package activities

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"handoff/internal/ledger"
	"handoff/internal/notify"
)

// driftAlertEvery is how often one answer is told about while it drifts.
const driftAlertEvery = 24 * time.Hour

// alert tells about what nobody was told about today, whichever worker noticed it: one message per mapping and kind, with
// the numbers under which the ledger has the answers.
func (d *Drift) alert(ctx context.Context, recorded []ledger.Drift) {
	type subject struct {
		mapping string
		kind    ledger.DriftKind
	}
	var order []subject
	ids := map[subject][]int64{}
	for _, r := range recorded {
		key := drifted{r.Mapping, r.Kind, r.Answer}
		now := d.o.Now()
		d.mu.Lock()
		before, known := d.claimed[key]
		d.mu.Unlock()
		if known && now.Sub(before) < driftAlertEvery {
			continue
		}
		first, err := d.o.Ledger.ClaimAlert(ctx, strings.Join([]string{"drift", r.Mapping, string(r.Kind), r.Answer}, " "), driftAlertEvery)
		if err != nil {
			d.o.Logger.Warn("drift not told about yet", "mapping", r.Mapping, "kind", string(r.Kind), "error", err)
			continue
		}
		d.mu.Lock()
		d.claimed[key] = now
		d.mu.Unlock()
		if first {
			about := subject{r.Mapping, r.Kind}
			if len(ids[about]) == 0 {
				order = append(order, about)
			}
			ids[about] = append(ids[about], r.ID)
		}
	}
	for _, about := range order {
		d.tell(ctx, about.mapping, about.kind, ids[about])
	}
}

// tell sends one alert. It names no answer.
func (d *Drift) tell(ctx context.Context, mapping string, kind ledger.DriftKind, ids []int64) {
	message := notify.Message{Event: notify.Alert, Problems: driftText(mapping, kind, ids)}
	d.o.Logger.LogAttrs(ctx, slog.LevelWarn, "a form and its mapping have come apart", slog.String("mapping", mapping),
		slog.String("kind", string(kind)), slog.Any("drift", ids),
		slog.String("next", "the ledger's table drift names the answers; map them, or put them under ignore"))
	for _, channel := range d.o.Notifier.Channels(notify.Alert) {
		if err := d.o.Notifier.Send(ctx, channel, message); err != nil {
			d.o.Logger.Warn("alert not sent", "channel", channel, "error", err)
		}
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
