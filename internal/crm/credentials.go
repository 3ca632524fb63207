package crm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// Credentials give calls to a CRM their token. They are safe for concurrent use.
type Credentials interface {
	// Token is what calls carry now. Its errors are *Error.
	Token(ctx context.Context) (string, error)
	// Renew replaces a token that the CRM has refused. ErrNotRenewable says that there is no other; any other error is
	// an *Error.
	Renew(ctx context.Context, refused string) (string, error)
}

// VersionOf says which credentials there are now, "" where they cannot tell.
func VersionOf(ctx context.Context, credentials Credentials) string {
	if versioned, ok := credentials.(Versioned); ok {
		return versioned.CredentialsVersion(ctx)
	}
	return ""
}

// ErrNotRenewable says that a token is refused for good: a person must replace it.
var ErrNotRenewable = errors.New("the token cannot be renewed")

// StaticToken is a token that does not expire, such as a private app's.
type StaticToken string

// Token is the token itself.
func (t StaticToken) Token(context.Context) (string, error) { return string(t), nil }

// CredentialsVersion is another one for another token.
func (t StaticToken) CredentialsVersion(context.Context) string {
	sum := sha256.Sum256([]byte(t))
	return hex.EncodeToString(sum[:8])
}

// Renew is refused.
func (t StaticToken) Renew(context.Context, string) (string, error) { return "", ErrNotRenewable }
