package wire

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// TokenCache keeps a token that is got over the network. One is got at a time, for everybody who needs it; an endpoint that
// hangs keeps nobody beyond their own time. The zero value has no token yet.
type TokenCache struct {
	getting singleflight.Group

	mu    sync.Mutex
	token string
	until time.Time // zero where it is good until it is refused
}

// Fresh is a token as its endpoint gave it.
type Fresh struct {
	Token string
	// Until is when another one is got in its place, without waiting until it is refused; zero for never.
	Until time.Time
	// Err is why there is none.
	Err error
}

// Get is the token that is kept, or what get gives where there is none, its time is up, or it is the one that was refused.
// Only one get runs at a time. It must end by itself: it is not stopped with the caller's ctx.
func (k *TokenCache) Get(ctx context.Context, refused string, now func() time.Time, get func(ctx context.Context) Fresh) (string, error) {
	if token, ok := k.kept(refused, now()); ok {
		return token, nil
	}
	fresh, failure := Share(ctx, &k.getting, "", func(ctx context.Context) Fresh {
		if token, ok := k.kept(refused, now()); ok { // another one was got in between
			return Fresh{Token: token}
		}
		fresh := get(ctx)
		k.mu.Lock()
		defer k.mu.Unlock()
		if fresh.Err == nil {
			k.token, k.until = fresh.Token, fresh.Until
		} else if k.token == refused {
			k.token = ""
		}
		return fresh
	})
	if failure != nil {
		return "", failure
	}
	return fresh.Token, fresh.Err
}

func (k *TokenCache) kept(refused string, now time.Time) (string, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.token, k.token != "" && k.token != refused && (k.until.IsZero() || now.Before(k.until))
}
