package main

import (
	"context"
	"fmt"
	"time"

	"handoff/activities"
	"handoff/internal/connection"
	"handoff/internal/ledger"
	"handoff/internal/outbox"
)

// connected gives destinations that a person has connected their tokens. The ledger is opened after the connectors are made.
func (p *program) connected() *connection.Sources {
	return &connection.Sources{
		Store: func() connection.Store { return p.ledger },
		Broke: func(ctx context.Context, destination, code string) { p.alerts.broken(ctx, destination, code) },
	}
}

// justTold is for how long a step of another worker may have told of a broken connection before the worker that found it out does.
const justTold = time.Minute

// broken tells that a connection needs a person. The one worker that has found it out calls it, once, under the cause that the
// steps have which fail because of it: they need not tell the same, and remind of it while it lasts.
func (a *alerts) broken(ctx context.Context, destination, code string) {
	a.logger.Error("a connection is broken", "destination", destination, "code", code, "next", "handoff connect "+destination)
	problems := []string{
		fmt.Sprintf("destination %s: the connection is broken (%s)", destination, code),
		"submissions wait; `handoff connect " + destination + "` lets them go on",
	}
	if !connection.Dead(code) {
		problems[1] = "submissions wait; `handoff connections` says what to do"
	}
	alert := outbox.Alert{
		Causes: []string{activities.AuthCause(destination, code)}, Rhythm: ledger.Rhythm{Every: justTold},
		Problems: func([]string) []string { return problems },
	}
	if !a.try(ctx, alert) { // first of all, before the steps fail
		a.later(alert)
	}
}
