package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/bubble"
	"handoff/internal/outbox"
	"handoff/internal/reload"
)

// outage takes alerts when it is over.
type outage struct {
	over   time.Time
	raised []outbox.Alert
}

func (o *outage) Alert(_ context.Context, a outbox.Alert) ([]string, error) {
	if time.Now().Before(o.over) {
		return nil, errors.New("the ledger is away")
	}
	o.raised = append(o.raised, a)
	return a.Causes, nil
}

// TestAnAlertOutlastsAnOutageOfTheLedger, and neither the reload nor a connection that breaks waits for its end.
func TestAnAlertOutlastsAnOutageOfTheLedger(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		began := time.Now()
		away := &outage{over: began.Add(time.Minute)}
		a := newAlerts(away, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		go a.run(ctx)
		a.refused(reload.Refusal{What: "rules", Version: "2", Serving: "1", Problems: []string{"a", "b", "c", "d", "e", "f", "g"}})
		a.broken(t.Context(), "crm", "invalid_grant")
		require.Equal(t, began, time.Now())
		<-time.After(time.Minute + alertAgain)
		synctest.Wait()
		require.Len(t, away.raised, 2)
		require.Equal(t, []string{
			"rules: version 2 is broken and refused, version 1 serves on", "a", "b", "c", "d", "e", "and 2 more; see the worker's /readyz",
		}, away.raised[0].Problems(nil))
		require.Equal(t, []string{activities.AuthCause("crm", "invalid_grant")}, away.raised[1].Causes)
		require.Contains(t, away.raised[1].Problems(nil)[1], "`handoff connect crm`")
		stop()
	})
}
