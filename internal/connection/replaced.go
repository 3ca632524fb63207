package connection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"handoff/internal/config"
	"handoff/internal/crm"
)

// TokenRefused: the CRM refuses the token in a file, and the file holds no other yet.
const TokenRefused = "token_refused"

// OfSecret gives calls a token that people or an orchestrator keep. One in a file may be replaced while workers run: it is
// read again now and then, and when the CRM refuses it. One in the environment stays as it is.
func OfSecret(token config.Secret, now func() time.Time) crm.Credentials {
	if !token.InFile() {
		return crm.StaticToken(token.Reveal())
	}
	if now == nil {
		now = time.Now
	}
	return &replaced{token: token, now: now, looked: now()}
}

// replaced is a token in a file.
type replaced struct {
	now func() time.Time

	mu      sync.Mutex
	token   config.Secret
	looked  time.Time
	refused bool // the token that is known
}

var _ crm.Versioned = (*replaced)(nil)

// Token is the one that is known, or the file's where that has not been read for a while.
func (r *replaced) Token(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look(lookWell)
	return r.token.Reveal(), nil
}

// Renew reads the file: somebody may have replaced the token.
func (r *replaced) Renew(_ context.Context, refused string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look(0)
	if token := r.token.Reveal(); token != refused {
		return token, nil
	}
	r.refused = true
	return "", &crm.Error{Kind: crm.Auth, Code: TokenRefused, RetryAfter: retryBroken}
}

// CredentialsVersion changes with the token. The file is read often while its token is refused.
func (r *replaced) CredentialsVersion(context.Context) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	every := lookWell
	if r.refused {
		every = lookBroken
	}
	r.look(every)
	sum := sha256.Sum256([]byte(r.token.Reveal()))
	return hex.EncodeToString(sum[:8])
}

// look reads the file where that was so long ago. The caller holds the lock.
func (r *replaced) look(every time.Duration) {
	now := r.now()
	if now.Sub(r.looked) < every {
		return
	}
	r.looked = now
	if again := r.token.Again(); again.Reveal() != r.token.Reveal() {
		r.token, r.refused = again, false
	}
}
