package wire_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// counting is a gate that notes what it is told.
type counting struct {
	waited  int
	answers []crm.Answer
}

func (c *counting) Wait(context.Context, crm.Class) error {
	c.waited++
	return nil
}

func (c *counting) Report(_ crm.Class, answer crm.Answer) { c.answers = append(c.answers, answer) }

// breaking are credentials that break.
type breaking struct{}

func (breaking) Token(context.Context) (string, error) { panic("credentials that break") }

func (breaking) Renew(context.Context, string) (string, error) { panic("credentials that break") }

// TestTheGateHearsOfARequestThatBreaks: it follows every request that was let through, or others would wait for it for ever.
func TestTheGateHearsOfARequestThatBreaks(t *testing.T) {
	t.Parallel()
	gate := &counting{}
	client := &wire.Client{
		BaseURL: func() string { return "http://127.0.0.1:1" }, Credentials: breaking{}, Timeout: time.Second, Gate: gate, Now: time.Now,
		Allowances: func(http.Header) []crm.Allowance { return nil },
	}
	client.Dial(nil)
	require.Panics(t, func() { _, _ = client.Do(t.Context(), "read", http.MethodGet, "/", nil) })
	require.Equal(t, 1, gate.waited)
	require.Len(t, gate.answers, 1)
	require.Equal(t, crm.Transient, gate.answers[0].Err.Kind)
}
