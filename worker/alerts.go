package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"handoff/activities"
	"handoff/internal/notify"
	"handoff/internal/reload"
)

// alerts tells people about what no submission tells: the worker's own findings.
type alerts struct {
	ledger   activities.Ledger
	notifier activities.Notifier
	logger   *slog.Logger
	sending  sync.WaitGroup
}

const (
	// refusedEvery is how often one broken version is told about while it lasts.
	refusedEvery = 24 * time.Hour
	// alertTimeout bounds the telling, so that a worker can stop.
	alertTimeout = 15 * time.Second
	// mostTold is how many problems a message quotes; the log and readiness have all of them.
	mostTold = 5
)

// refused tells about a broken version once, whichever worker meets it first.
func (a *alerts) refused(r reload.Refusal) {
	problems := []string{fmt.Sprintf("%s: version %s is broken and refused, version %s serves on", r.What, r.Version, r.Serving)}
	problems = append(problems, r.Problems[:min(len(r.Problems), mostTold)]...)
	if more := len(r.Problems) - mostTold; more > 0 {
		problems = append(problems, fmt.Sprintf("and %d more; see the worker's /readyz", more))
	}
	a.sending.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), alertTimeout)
		defer cancel()
		first, err := a.ledger.ClaimAlert(ctx, "refused "+r.What+" "+r.Version, refusedEvery)
		switch {
		case err != nil:
			a.logger.Warn("alert not sent: the ledger is away", "what", r.What, "refused", r.Version)
		case first:
			a.send(ctx, notify.Message{ID: "refused_" + r.What + "_" + r.Version, Event: notify.Alert, Problems: problems})
		}
	})
}

func (a *alerts) send(ctx context.Context, message notify.Message) {
	for _, channel := range a.notifier.Channels(notify.Alert) {
		if err := a.notifier.Send(ctx, channel, message); err != nil {
			a.logger.Warn("alert not sent", "channel", channel, "error", err)
		}
	}
}
