package connection_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/sandbox/hubspot"
)

// works says whether HubSpot takes a token.
func (w *world) works(t *testing.T, token string) bool {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/account-info/"+hubspot.Version+"/details", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	answer := httptest.NewRecorder()
	w.vendor.ServeHTTP(answer, request) // the test's own question, and none of Handoff's
	return answer.Code == http.StatusOK
}

// all asks several sources at once, each several times.
func all(t *testing.T, sources []*connection.Source, ask func(*connection.Source) (string, error)) map[string]int {
	t.Helper()
	const each = 8
	var mu sync.Mutex
	got, failures := map[string]int{}, []error(nil)
	var group sync.WaitGroup
	begin := make(chan struct{})
	for _, source := range sources {
		for range each {
			group.Go(func() {
				<-begin
				token, err := ask(source)
				mu.Lock()
				defer mu.Unlock()
				got[token]++
				if err != nil {
					failures = append(failures, err)
				}
			})
		}
	}
	close(begin)
	group.Wait()
	require.Empty(t, failures)
	return got
}

// TestWorkersRefreshOnce: refresh tokens rotate, so that a second refresh with the old one would break the connection.
func TestWorkersRefreshOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	old := w.stored(t).Tokens
	w.expire(t, -time.Second)
	own := w.open(t)
	a := w.worker("a")
	b := w.worker("b", func(o *connection.Options) { o.Store = func() connection.Store { return own } })

	got := all(t, []*connection.Source{a, b}, func(s *connection.Source) (string, error) { return s.Token(t.Context()) })
	require.Equal(t, 1, w.vendor.HubSpot.Refreshes())
	c := w.stored(t)
	require.Equal(t, map[string]int{c.Tokens.Access: 16}, got, "everybody has the new token")
	require.NotEqual(t, old.Refresh, c.Tokens.Refresh, "and the new refresh token is kept")
	require.Equal(t, int64(2), c.Version)
	require.True(t, w.works(t, c.Tokens.Access))

	refused := c.Tokens.Access
	w.vendor.HubSpot.ExpireAll()
	got = all(t, []*connection.Source{a, b}, func(s *connection.Source) (string, error) { return s.Renew(t.Context(), refused) })
	require.Equal(t, 2, w.vendor.HubSpot.Refreshes(), "a token that all workers were refused is replaced once")
	require.Len(t, got, 1)
	require.True(t, w.works(t, w.stored(t).Tokens.Access))

	refused = w.stored(t).Tokens.Access
	_, err := a.Renew(t.Context(), refused)
	_, other := b.Renew(t.Context(), refused)
	require.True(t, err == nil || other == nil)
	require.LessOrEqual(t, w.vendor.HubSpot.Refreshes(), 3)
	require.Empty(t, w.told())
}

// TestATokenThatIsRefusedAtOnce is no reason to refresh again and again.
func TestATokenThatIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.connect(t)
	source := w.worker("a")
	first, err := source.Token(t.Context())
	require.NoError(t, err)
	second, err := source.Renew(t.Context(), first)
	require.NoError(t, err)
	for range 3 {
		_, err = source.Renew(t.Context(), second)
		failure, ok := crm.AsError(err)
		require.True(t, ok)
		require.Equal(t, crm.Error{Kind: crm.Auth, Code: connection.RefusedAgain}, *failure)
	}
	require.Equal(t, 1, w.vendor.HubSpot.Refreshes())
	require.False(t, w.stored(t).Broken)
	require.Equal(t, connection.RefusedAgain, w.stored(t).ErrorCode, "people see it")

	w.clock.Advance(time.Minute)
	third, err := source.Renew(t.Context(), second)
	require.NoError(t, err)
	require.Equal(t, connection.RefusedAgain, w.stored(t).ErrorCode, "whether that one is taken is not known")
	w.clock.Advance(2 * time.Minute)
	_, err = source.Renew(t.Context(), third)
	require.NoError(t, err)
	require.Empty(t, w.stored(t).ErrorCode, "the other one was")
}

// TestARefusalEndsNobodysRefresh: noting it must not let a third worker use the same refresh token.
func TestARefusalEndsNobodysRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	source := w.worker("a")
	second, err := source.Renew(t.Context(), w.stored(t).Tokens.Access)
	require.NoError(t, err)
	claim := func(worker string) bool {
		claimed, err := w.ClaimRefresh(t.Context(), "crm", 2, worker, time.Hour)
		require.NoError(t, err)
		return claimed
	}
	require.True(t, claim("b"))
	_, err = source.Renew(t.Context(), second)
	require.Equal(t, connection.RefusedAgain, failure(t, err).Code)
	require.False(t, claim("c"))
}

// TestCrashes: what was kept is used by whoever comes next, and what was begun is done by somebody else.
func TestCrashes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	w.expire(t, -time.Second)
	_, err := w.worker("crashes before it uses the token").Token(t.Context())
	require.NoError(t, err)
	token, err := w.worker("next").Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, w.vendor.HubSpot.Refreshes(), "the token in the ledger is good")
	require.True(t, w.works(t, token))

	w.expire(t, -time.Second)
	claimed, err := w.ClaimRefresh(t.Context(), "crm", w.stored(t).Version, "crashes before it asks", 300*time.Millisecond)
	require.NoError(t, err)
	require.True(t, claimed)
	token, err = w.worker("next").Token(t.Context())
	require.NoError(t, err)
	require.True(t, w.works(t, token))
	require.Equal(t, 2, w.vendor.HubSpot.Refreshes())
}

// TestNobodyWaitsForAnotherWorkersRefresh while the old token is good.
func TestNobodyWaitsForAnotherWorkersRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	w.expire(t, 30*time.Second) // nearly up
	_, err := w.ClaimRefresh(t.Context(), "crm", 1, "elsewhere", time.Hour)
	require.NoError(t, err)
	token, err := w.worker("a").Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, w.stored(t).Tokens.Access, token)
	require.Zero(t, w.vendor.HubSpot.Refreshes())
}

// way is a way to the vendor that a test stands in.
type way func(*http.Request) (*http.Response, error)

func (f way) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestACallThatIsGivenUp does not lose what the vendor has answered: the old refresh token is dead by then.
func TestACallThatIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	w.expire(t, -time.Second)
	answered, leave := make(chan struct{}), make(chan struct{})
	source := w.worker("a", func(o *connection.Options) {
		o.App.Way = way(func(r *http.Request) (*http.Response, error) {
			response, err := http.DefaultTransport.RoundTrip(r)
			close(answered)
			<-leave
			return response, err
		})
	})
	ctx, giveUp := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := source.Token(ctx)
		ended <- err
	}()
	<-answered
	giveUp()
	failure, ok := crm.AsError(<-ended)
	require.True(t, ok)
	require.Equal(t, crm.Transient, failure.Kind)
	require.Equal(t, int64(1), w.stored(t).Version)
	close(leave)
	require.NoError(t, source.Close())
	require.Equal(t, int64(2), w.stored(t).Version)
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	require.True(t, w.works(t, token))
	require.Equal(t, 1, w.vendor.HubSpot.Refreshes())
}

// forgetful is a ledger that is away when tokens are to be kept.
type forgetful struct {
	connection.Store
	away atomic.Int32
	seen atomic.Int32
}

func (f *forgetful) Refreshed(ctx context.Context, destination string, version int64, g ledger.Granted) (bool, error) {
	f.seen.Add(1)
	if f.away.Add(-1) >= 0 {
		return false, errors.New("away")
	}
	return f.Store.Refreshed(ctx, destination, version, g)
}

// TestTokensAreKeptBeforeTheyAreUsed, however long that takes.
func TestTokensAreKeptBeforeTheyAreUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	w.expire(t, -time.Second)
	store := &forgetful{Store: w.Ledger}
	store.away.Store(2)
	source := w.worker("a", func(o *connection.Options) { o.Store = func() connection.Store { return store } })
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, int32(3), store.seen.Load())
	require.Equal(t, token, w.stored(t).Tokens.Access)
	require.Equal(t, 1, w.vendor.HubSpot.Refreshes())
}

// TestAVendorThatIsAway breaks nothing: the old token is used while it is good.
func TestAVendorThatIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	var asked atomic.Int32
	away := func(o *connection.Options) {
		o.App.Way = way(func(*http.Request) (*http.Response, error) {
			asked.Add(1)
			return nil, errors.New("no route")
		})
	}
	w.expire(t, 30*time.Second)
	source := w.worker("a", away)
	for range 3 {
		token, err := source.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, w.stored(t).Tokens.Access, token)
	}
	require.Equal(t, int32(1), asked.Load(), "and the vendor is left alone for a while")
	require.Equal(t, "token_endpoint", w.stored(t).ErrorCode)

	w.expire(t, -time.Second)
	_, err := w.worker("b", away).Token(t.Context())
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, crm.Transient, failure.Kind)
	require.False(t, w.stored(t).Broken)
	require.Empty(t, w.told())
	_, err = w.worker("c").Token(t.Context())
	require.NoError(t, err)
	require.Empty(t, w.stored(t).ErrorCode)
}

// TestAWrongSecretHealsByItself: the tokens are good, so that nobody has to connect again.
func TestAWrongSecretHealsByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	w.expire(t, -time.Second)
	wrong := w.worker("a", func(o *connection.Options) { o.App.ClientSecret = config.NewSecret("another") })
	_, err := wrong.Token(t.Context())
	require.ErrorContains(t, err, "Auth: BAD_CLIENT_SECRET (status 400)")
	require.True(t, w.stored(t).Broken)
	_, err = wrong.Token(t.Context())
	require.Error(t, err)
	require.Equal(t, 1, w.vendor.HubSpot.Refreshes(), "it is not tried by every call")
	require.Equal(t, []string{"BAD_CLIENT_SECRET"}, w.told())
	token, err := w.worker("b").Token(t.Context())
	require.NoError(t, err)
	require.True(t, w.works(t, token))
	require.False(t, w.stored(t).Broken)
}
