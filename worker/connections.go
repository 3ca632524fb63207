package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"handoff/internal/connection"
	"handoff/internal/crm"
	"handoff/internal/notify"
)

// connected gives destinations that a person has connected their tokens. The ledger is opened after the connectors are made.
func (p *program) connected() *connection.Sources {
	return &connection.Sources{
		Store: func() connection.Store { return p.ledger },
		Broke: func(ctx context.Context, destination, code string) { p.alerts.broken(ctx, destination, code) },
	}
}

// broken tells that a connection needs a person. The one worker that has found it out calls it, once, so that the steps which
// fail because of it need not tell the same.
func (a *alerts) broken(ctx context.Context, destination, code string) {
	bounded, cancel := context.WithTimeout(ctx, alertTimeout)
	_, err := a.ledger.ClaimAlert(bounded, strings.Join([]string{"destination " + destination, string(crm.Auth), code}, " "), 0)
	cancel()
	if err != nil {
		a.logger.Warn("the steps may tell of a broken connection again: the ledger is away", "destination", destination)
	}
	a.logger.Error("a connection is broken", "destination", destination, "code", code, "next", "handoff connect "+destination)
	problems := []string{
		fmt.Sprintf("destination %s: the connection is broken (%s)", destination, code),
		"submissions wait; `handoff connect " + destination + "` lets them go on",
	}
	if !connection.Dead(code) {
		problems[1] = "submissions wait; `handoff connections` says what to do"
	}
	a.sending.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), alertTimeout)
		defer cancel()
		id := "broken_" + destination + "_" + time.Now().UTC().Format("20060102T150405Z") // it may break again
		a.send(ctx, notify.Message{ID: id, Event: notify.Alert, Problems: problems})
	})
}
