package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/seal"
)

func grantOf(access, refresh string) ledger.Granted {
	return ledger.Granted{Tokens: ledger.Tokens{Access: access, Refresh: refresh}, Scopes: []string{"api"}, Site: "https://one.example", Lasts: time.Hour}
}

func (w *world) connection(t *testing.T) ledger.Connection {
	t.Helper()
	c, err := w.Connection(t.Context(), "crm")
	require.NoError(t, err)
	return c
}

// TestOneWorkerClaimsARefresh, of one version, until it ends or its time is up.
func TestOneWorkerClaimsARefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Connect(t.Context(), "crm", "ana", grantOf("a1", "r1")))
	claim := func(version int64, worker string) bool {
		claimed, err := w.ClaimRefresh(t.Context(), "crm", version, worker, time.Hour)
		require.NoError(t, err)
		return claimed
	}
	won := 0
	for _, claimed := range together(t, 8, func(ctx context.Context, i int) (bool, error) {
		return w.ClaimRefresh(ctx, "crm", 1, string(rune('a'+i)), time.Hour)
	}) {
		if claimed {
			won++
		}
	}
	require.Equal(t, 1, won)
	require.False(t, claim(2, "z"), "there is no such version yet")
	_, err := w.db.Exec(`UPDATE connections SET refreshing_until = clock_timestamp()`)
	require.NoError(t, err)
	require.True(t, claim(1, "z"), "whoever claimed it has crashed")

	kept, err := w.Refreshed(t.Context(), "crm", 1, ledger.Granted{Tokens: ledger.Tokens{Access: "a2", Refresh: "r2"}})
	require.NoError(t, err)
	require.True(t, kept)
	c := w.connection(t)
	require.Equal(t, ledger.Tokens{Access: "a2", Refresh: "r2"}, c.Tokens)
	require.Equal(t, []string{"api"}, c.Scopes, "as before, where the vendor says nothing")
	require.Equal(t, "https://one.example", c.Site)
	require.True(t, c.ExpiresAt.IsZero(), "the vendor does not say for how long it is good")
	require.False(t, c.RefreshedAt.IsZero())
	kept, err = w.Refreshed(t.Context(), "crm", 1, grantOf("a3", "r3"))
	require.NoError(t, err)
	require.False(t, kept, "those of version 1 are not the last any more")
	require.True(t, claim(2, "a"))
}

// TestAConnectionBreaksOnce: one of all who find it out is told so, and a repair ends it.
func TestAConnectionBreaksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Connect(t.Context(), "crm", "ana", grantOf("a1", "r1")))
	fail := func(version int64, code string, broken bool) bool {
		broke, err := w.RefreshFailed(t.Context(), "crm", version, code, broken)
		require.NoError(t, err)
		return broke
	}
	require.False(t, fail(1, "timeout", false))
	require.False(t, w.connection(t).Broken)
	told := 0
	for _, broke := range together(t, 8, func(ctx context.Context, _ int) (bool, error) {
		return w.RefreshFailed(ctx, "crm", 1, "invalid_grant", true)
	}) {
		if broke {
			told++
		}
	}
	require.Equal(t, 1, told)
	c := w.connection(t)
	require.True(t, c.Broken)
	require.Equal(t, "invalid_grant", c.ErrorCode)
	at := c.BrokenAt
	require.False(t, fail(1, "timeout", false))
	require.True(t, w.connection(t).Broken, "a vendor that is away heals nothing")
	require.Equal(t, at, w.connection(t).BrokenAt)

	require.NoError(t, w.Connect(t.Context(), "crm", "ben", grantOf("a2", "r2")))
	require.False(t, fail(1, "invalid_grant", true), "the old tokens are nobody's any more")
	c = w.connection(t)
	require.False(t, c.Broken)
	require.Equal(t, int64(2), c.Version)
	require.Equal(t, "ben", c.ConnectedBy)
	require.Empty(t, c.ErrorCode)
	require.True(t, c.BrokenAt.IsZero())
	require.True(t, fail(2, "invalid_grant", true))

	all, err := w.Connections(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
}

// TestTokensOutliveARotatedKeyset, as answers do.
func TestTokensOutliveARotatedKeyset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Connect(t.Context(), "crm", "ana", grantOf("a1", "r1")))
	rotated, err := seal.Rotate(w.keys)
	require.NoError(t, err)
	c, err := openLedger(t, w.dsn, rotated, w.now.Now).Connection(t.Context(), "crm")
	require.NoError(t, err)
	require.Equal(t, "r1", c.Tokens.Refresh)
}
