package pacing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"handoff/internal/crm"
)

// way is the way to a sandbox, without a network.
type way struct {
	front   http.Handler
	latency time.Duration // of one call
}

// RoundTrip asks the sandbox.
func (w way) RoundTrip(r *http.Request) (response *http.Response, err error) {
	defer func() {
		if hungUp := recover(); hungUp != nil {
			response, err = nil, errHungUp
		}
	}()
	wait(r.Context(), w.latency/2)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	w.front.ServeHTTP(recorder, r)
	wait(r.Context(), w.latency/2)
	return recorder.Result(), r.Context().Err()
}

var errHungUp = errors.New("the connection was closed")

// asked is when the leads were asked for.
var asked = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func submission(n int) string { return fmt.Sprintf("sub_%08d", n) }

// put writes a record, and tells its id.
func put(ctx context.Context, c crm.Connector, object string, w crm.Write, id *string) error {
	result := c.Upsert(ctx, object, []crm.Write{w})[0]
	if result.Err != nil {
		return result.Err
	}
	if id != nil {
		*id = result.RecordID
	}
	return nil
}

func own(ctx context.Context, c crm.Connector, object, id, owner string) error {
	_, _, err := c.SetOwner(ctx, object, id, owner)
	return err
}

// Alone is a connector that takes one write at a time, and one owner.
type Alone struct{ crm.Connector }

// Meter passes the gate on.
func (a Alone) Meter(gate crm.Gate) { a.Connector.(crm.Metered).Meter(gate) }
