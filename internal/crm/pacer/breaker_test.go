package pacer_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// TestCircuit: a CRM that is away is left alone; one request at a time finds out whether it is back.
func TestCircuit(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, paced := gateOf(t, pacer.Options{Probe: 10 * time.Second})
		away := &crm.Error{Kind: crm.Transient, Code: "http_503"}
		ask := func(answer *crm.Error) *crm.Error {
			err := gate.Wait(t.Context(), crm.Calls)
			if failure, refused := crm.AsError(err); refused {
				return failure
			}
			gate.Report(crm.Calls, crm.Answer{Err: answer})
			return nil
		}
		for range 4 {
			require.Nil(t, ask(away))
		}
		require.Nil(t, ask(nil), "one answer says that it is there")
		for range 5 {
			require.Nil(t, ask(away))
		}
		require.Equal(t, "open", paced.State().Circuit)
		refusal := ask(nil)
		require.Equal(t, crm.Error{Kind: crm.Transient, Code: "circuit_open", RetryAfter: 10 * time.Second}, *refusal)
		pass(10 * time.Second)
		require.NoError(t, gate.Wait(t.Context(), crm.Calls), "one finds out")
		require.NotNil(t, ask(nil), "the others wait for what it hears")
		gate.Report(crm.Calls, crm.Answer{Err: away})
		require.NotNil(t, ask(nil), "it is still away")
		pass(10 * time.Second)
		require.Nil(t, ask(nil))
		require.Equal(t, "closed", paced.State().Circuit)
	})
}

// TestRecordsDoNotOpenTheCircuit: what is wrong with a record says that the CRM is there; so does a rate limit.
func TestRecordsDoNotOpenTheCircuit(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, paced := gateOf(t, pacer.Options{})
		for _, kind := range []crm.Kind{crm.Invalid, crm.Misconfigured, crm.Conflict} {
			for range 50 {
				require.NoError(t, gate.Wait(t.Context(), crm.Calls))
				gate.Report(crm.Calls, crm.Answer{Err: &crm.Error{Kind: kind}})
			}
		}
		for range 50 {
			gate.Report(crm.Calls, crm.Answer{Err: &crm.Error{Kind: crm.RateLimited, RetryAfter: time.Millisecond}})
			gate.Report(crm.Calls, crm.Answer{Err: &crm.Error{Kind: crm.Transient, Code: "canceled"}})
		}
		require.Equal(t, "closed", paced.State().Circuit)
	})
}

// versioned is a connector whose credentials somebody replaces.
type versioned struct {
	metered
	mu      sync.Mutex
	version string
}

func (v *versioned) CredentialsVersion(context.Context) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.version
}

// TestRevokedCredentials: nobody hammers with a refused token, callers are told that it is the connection, and new
// credentials are used at once.
func TestRevokedCredentials(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &versioned{version: "first"}
		paced := pacer.New(v, pacer.Options{})
		require.NoError(t, v.gate.Wait(t.Context(), crm.Calls))
		v.gate.Report(crm.Calls, crm.Answer{Err: &crm.Error{Kind: crm.Auth, Code: "INVALID_AUTHENTICATION", Status: 401}})
		refusal, _ := crm.AsError(v.gate.Wait(t.Context(), crm.Calls))
		require.Equal(t, crm.Auth, refusal.Kind, "an expired credential sends nobody to review")
		require.Positive(t, refusal.RetryAfter)
		require.Equal(t, "Auth INVALID_AUTHENTICATION", paced.State().Why)
		v.mu.Lock()
		v.version = "second"
		v.mu.Unlock()
		require.NoError(t, v.gate.Wait(t.Context(), crm.Calls))
		require.Equal(t, "closed", paced.State().Circuit)
	})
}

// TestWhileOneFindsOut: who comes while one batch finds out whether the CRM is back is told to come again, together with all the
// others, and none of them goes alone when it has.
func TestWhileOneFindsOut(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		away := &crm.Error{Kind: crm.Transient, Code: "unavailable", Status: 503}
		v := &vendor{takes: 200 * time.Millisecond, script: []*crm.Error{away, away, away, away, away}}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: per(100, time.Second)})
		for range 5 {
			require.NotNil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err)
		}
		pass(11 * time.Second)
		var all sync.WaitGroup
		all.Go(func() { require.Nil(t, paced.Upsert(t.Context(), "contacts", one())[0].Err) })
		pass(50 * time.Millisecond)
		for range 3 {
			all.Go(func() {
				failure := paced.Upsert(t.Context(), "contacts", []crm.Write{write("later")})[0].Err
				require.Equal(t, crm.Error{Kind: crm.Transient, Code: "circuit_open", RetryAfter: time.Second}, *failure)
			})
		}
		all.Wait()
		pass(time.Minute)
		require.Equal(t, 6, v.count(), "one found out")
		require.Equal(t, "closed", paced.State().Circuit)
	})
}
