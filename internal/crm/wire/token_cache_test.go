package wire_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// TestTokenEndpointThatHangs: it is asked once for everybody, and nobody waits for it longer than their own time.
func TestTokenEndpointThatHangs(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		var cache wire.TokenCache
		asked := 0
		hangs := func(ctx context.Context) wire.Fresh {
			asked++
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			<-ctx.Done()
			return wire.Fresh{Err: wire.TransportFailure(ctx, ctx.Err())}
		}
		type end struct {
			took time.Duration
			err  error
		}
		ends := make(chan end, 3)
		began := time.Now()
		for _, patience := range []time.Duration{time.Minute, time.Second, 2 * time.Second} {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				_, err := cache.Get(ctx, "", time.Now, hangs)
				ends <- end{time.Since(began), err}
			}()
			synctest.Wait()
		}
		for _, took := range []time.Duration{time.Second, 2 * time.Second, 10 * time.Second} {
			require.Equal(t, end{took, &crm.Error{Kind: crm.Transient, Code: "timeout"}}, <-ends)
		}
		require.Equal(t, 1, asked)
	})
}

// TestTokenIsKept until its time is up, or until it is refused; one that was refused is not given again.
func TestTokenIsKept(t *testing.T) {
	t.Parallel()
	var cache wire.TokenCache
	now := time.Unix(1_800_000_000, 0)
	var next wire.Fresh
	get := func(refused string) string {
		token, err := cache.Get(t.Context(), refused, func() time.Time { return now }, func(context.Context) wire.Fresh { return next })
		require.Equal(t, next.Err, err)
		return token
	}
	next = wire.Fresh{Token: "a", Until: now.Add(time.Minute)}
	require.Equal(t, "a", get(""))
	next.Token = "b"
	require.Equal(t, "a", get(""))
	require.Equal(t, "a", get("an older one"), "somebody else has renewed it already")
	require.Equal(t, "b", get("a"))
	now, next = now.Add(time.Minute), wire.Fresh{Token: "c"}
	require.Equal(t, "c", get(""))
	now, next = now.Add(time.Hour), wire.Fresh{Token: "d"}
	require.Equal(t, "c", get(""), "it is good until it is refused")
	next = wire.Fresh{Err: &crm.Error{Kind: crm.Auth, Code: "invalid_grant"}}
	require.Empty(t, get("c"))
	require.Empty(t, get(""))
}

// TestATokenThatBreaksBreaksNobodyElse: the call for it runs beside its callers, where a panic would end the program.
func TestATokenThatBreaksBreaksNobodyElse(t *testing.T) {
	t.Parallel()
	var cache wire.TokenCache
	_, err := cache.Get(t.Context(), "", time.Now, func(context.Context) wire.Fresh { panic("credentials that break") })
	failure, _ := crm.AsError(err)
	require.Equal(t, &crm.Error{Kind: crm.Transient, Code: crm.CodeConnectorPanic}, failure)
	token, err := cache.Get(t.Context(), "", time.Now, func(context.Context) wire.Fresh { return wire.Fresh{Token: "a"} })
	require.NoError(t, err)
	require.Equal(t, "a", token)
}
