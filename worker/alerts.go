package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"handoff/activities"
	"handoff/internal/ledger"
	"handoff/internal/outbox"
	"handoff/internal/reload"
)

// alerts tells people about what no submission tells: the worker's own findings.
type alerts struct {
	notifier activities.Alerter
	logger   *slog.Logger
	// waiting are those that run raises.
	waiting chan outbox.Alert
}

func newAlerts(notifier activities.Alerter, logger *slog.Logger) *alerts {
	return &alerts{notifier: notifier, logger: logger, waiting: make(chan outbox.Alert, mostWaiting)}
}

const (
	// refusedEvery is how often one broken version is told about while it lasts.
	refusedEvery = 24 * time.Hour
	// alertTimeout bounds one attempt.
	alertTimeout = 2 * time.Second
	// alertAgain is when an alert that the ledger could not take is raised again.
	alertAgain = 5 * time.Second
	// mostWaiting is how many alerts wait for a ledger that is away.
	mostWaiting = 64
	// mostTold is how many problems a message quotes; the log and readiness have all of them.
	mostTold = 5
)

// later has an alert raised beside the caller, as soon as the ledger takes it.
func (a *alerts) later(alert outbox.Alert) {
	select {
	case a.waiting <- alert:
	default:
		a.logger.Error("alert dropped: too many wait for the ledger", "causes", alert.Causes)
	}
}

func (a *alerts) try(ctx context.Context, alert outbox.Alert) bool {
	ctx, cancel := context.WithTimeout(ctx, alertTimeout)
	defer cancel()
	_, err := a.notifier.Alert(ctx, alert)
	if err != nil {
		a.logger.Warn("alert not raised yet", "causes", alert.Causes, "error", err)
	}
	return err == nil
}

// run raises what waits, until ctx ends.
func (a *alerts) run(ctx context.Context) {
	for {
		select {
		case alert := <-a.waiting:
			for !a.try(ctx, alert) {
				select {
				case <-time.After(alertAgain):
				case <-ctx.Done():
					return
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// refused tells about a broken version once, whichever worker meets it first.
func (a *alerts) refused(r reload.Refusal) {
	problems := []string{fmt.Sprintf("%s: version %s is broken and refused, version %s serves on", r.What, r.Version, r.Serving)}
	problems = append(problems, r.Problems[:min(len(r.Problems), mostTold)]...)
	if more := len(r.Problems) - mostTold; more > 0 {
		problems = append(problems, fmt.Sprintf("and %d more; see the worker's /readyz", more))
	}
	a.later(outbox.Alert{
		Causes: []string{"refused " + r.What + " " + r.Version}, Rhythm: ledger.Rhythm{Every: refusedEvery},
		Problems: func([]string) []string { return problems },
	})
}
