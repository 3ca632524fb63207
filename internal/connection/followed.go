package connection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"handoff/internal/config"
	"handoff/internal/crm"
)

// TokenRefused: the CRM refuses the token in a file or a secret manager, and there is no other yet.
const TokenRefused = "token_refused"

// OfSecret gives calls a token that people or an orchestrator keep; see Following.
func OfSecret(token config.Secret, now func() time.Time) crm.Credentials {
	return Following(now, func(texts []string) crm.Credentials { return crm.StaticToken(texts[0]) }, token)
}

// Following gives calls the tokens of credentials that are made of secrets. A secret in a file or a secret manager may be
// replaced while workers run: it is looked at again now and then, and when it is refused, and credentials are then made of the
// new one. Those in the environment stay as they are. The clock is time.Now when now is nil.
func Following(now func() time.Time, build func(texts []string) crm.Credentials, secrets ...config.Secret) crm.Credentials {
	if !slices.ContainsFunc(secrets, config.Secret.Replaceable) {
		return build(texts(secrets))
	}
	if now == nil {
		now = time.Now
	}
	return &following{now: now, build: build, secrets: slices.Clone(secrets), made: build(texts(secrets)), looked: now()}
}

func texts(secrets []config.Secret) []string {
	var all []string
	for _, secret := range secrets {
		all = append(all, secret.Reveal())
	}
	return all
}

// following are credentials whose secrets may be replaced.
type following struct {
	now   func() time.Time
	build func(texts []string) crm.Credentials

	mu      sync.Mutex
	secrets []config.Secret
	made    crm.Credentials // of the secrets
	looked  time.Time       // into files
	refused bool            // what is made of them
}

var _ crm.Versioned = (*following)(nil)

// Token is that of the secrets as they are known.
func (f *following) Token(ctx context.Context) (string, error) {
	made := f.current(lookWell)
	token, err := made.Token(ctx)
	return f.orReplaced(ctx, made, token, err)
}

// Renew looks whether somebody has replaced a secret, and has a token renewed where that is possible.
func (f *following) Renew(ctx context.Context, refused string) (string, error) {
	made := f.current(0)
	token, err := made.Token(ctx)
	if err == nil && token == refused {
		token, err = made.Renew(ctx, refused)
	}
	return f.orReplaced(ctx, made, token, err)
}

// orReplaced is a token, or that of secrets which have taken the place of those that were refused.
func (f *following) orReplaced(ctx context.Context, made crm.Credentials, token string, err error) (string, error) {
	fixed := errors.Is(err, crm.ErrNotRenewable)
	if failure, known := crm.AsError(err); !fixed && (!known || failure.Kind != crm.Auth) {
		return token, err
	}
	f.ask(ctx)
	if now := f.current(0); now != made {
		return now.Token(ctx)
	}
	f.mu.Lock()
	f.refused = f.made == made
	f.mu.Unlock()
	if fixed {
		err = &crm.Error{Kind: crm.Auth, Code: TokenRefused}
	}
	return "", err
}

// InstanceURL is where the account's API is, as the vendor last said; "" where it says nothing.
func (f *following) InstanceURL() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if told, tells := f.made.(interface{ InstanceURL() string }); tells {
		return told.InstanceURL()
	}
	return ""
}

// CredentialsVersion changes with the secrets. Files are looked into often while what is in them is refused.
func (f *following) CredentialsVersion(context.Context) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	every := lookWell
	if f.refused {
		every = lookBroken
	}
	f.look(every)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", texts(f.secrets)))
	return hex.EncodeToString(sum[:8])
}

// current are the credentials made of the secrets as they are now, files as they were so long ago at most.
func (f *following) current(every time.Duration) crm.Credentials {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look(every)
	return f.made
}

// look makes credentials anew where a secret has been replaced. Looking into files takes a while, and asking what is known of
// secret managers does not. The caller holds the lock.
func (f *following) look(every time.Duration) {
	now := f.now()
	due := now.Sub(f.looked) >= every
	if due {
		f.looked = now
	}
	replaced := false
	for i, secret := range f.secrets {
		if secret.InFile() && !due {
			continue
		}
		if again := secret.Again(); again.Reveal() != secret.Reveal() {
			f.secrets[i], replaced = again, true
		}
	}
	if replaced {
		f.made, f.refused = f.build(texts(f.secrets)), false
	}
}

// ask has secret managers asked at this moment.
func (f *following) ask(ctx context.Context) {
	f.mu.Lock()
	secrets := slices.Clone(f.secrets)
	f.mu.Unlock()
	var asking sync.WaitGroup
	for _, secret := range secrets {
		asking.Go(func() { secret.Ask(ctx) })
	}
	asking.Wait()
}
