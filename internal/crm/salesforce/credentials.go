package salesforce

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/jwt"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// LoginURL is where production orgs give tokens; TestLoginURL where sandboxes do.
const (
	LoginURL     = "https://login.salesforce.com"
	TestLoginURL = "https://test.salesforce.com"
)

// Grant gets access tokens by one of OAuth's ways. Salesforce does not say how long a token lasts: one is used until it is
// refused. One is got at a time, for whoever waits.
type Grant struct {
	// Get asks for a token: see ClientCredentials and JWT.
	Get func(ctx context.Context) (*oauth2.Token, error)

	cache  wire.TokenCache
	client *http.Client // used by one get at a time

	mu       sync.Mutex
	instance string
}

// ClientCredentials is the grant of an app that works as a user of its own. Host is the org's My Domain: Salesforce's common
// hosts refuse it.
func ClientCredentials(host, clientID, clientSecret string) *Grant {
	config := clientcredentials.Config{
		ClientID: clientID, ClientSecret: clientSecret, TokenURL: tokenURL(host), AuthStyle: oauth2.AuthStyleInParams,
	}
	return &Grant{Get: config.Token}
}

// assertionLasts is how long Salesforce may take a signed request; three minutes are the most.
const assertionLasts = 2 * time.Minute

// JWT is the grant of an app that signs for a user, with the key whose certificate the app knows. Host gives the token;
// audience is LoginURL or TestLoginURL. Key is in PEM.
func JWT(host, audience, clientID, username string, key []byte) *Grant {
	return &Grant{Get: func(ctx context.Context) (*oauth2.Token, error) {
		if !canSign(key) {
			return nil, errCannotSign
		}
		config := jwt.Config{
			Email: clientID, Subject: username, Audience: audience, PrivateKey: key, TokenURL: tokenURL(host), Expires: assertionLasts,
		}
		return config.TokenSource(ctx).Token()
	}}
}

var errCannotSign = errors.New("salesforce: no RSA private key in PEM")

func canSign(key []byte) bool {
	block, _ := pem.Decode(key)
	if block == nil {
		return false
	}
	of8, _ := x509.ParsePKCS8PrivateKey(block.Bytes)
	of1, _ := x509.ParsePKCS1PrivateKey(block.Bytes)
	_, isRSA := of8.(*rsa.PrivateKey)
	return isRSA || of1 != nil
}

func tokenURL(host string) string { return strings.TrimSuffix(host, "/") + "/services/oauth2/token" }

// Token is the last token, or the first.
func (g *Grant) Token(ctx context.Context) (string, error) {
	return g.cache.Get(ctx, "", time.Now, g.get)
}

// Renew gets a new token, unless somebody else has already done so.
func (g *Grant) Renew(ctx context.Context, refused string) (string, error) {
	return g.cache.Get(ctx, refused, time.Now, g.get)
}

// InstanceURL is where the org answers, as the last token said.
func (g *Grant) InstanceURL() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.instance
}

// patience is how long a token may take.
const patience = 10 * time.Second

func (g *Grant) get(ctx context.Context) wire.Fresh {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if g.client == nil {
		g.client = wire.HTTPClient(nil, patience)
	}
	token, err := g.Get(context.WithValue(ctx, oauth2.HTTPClient, g.client))
	if err != nil {
		return wire.Fresh{Err: tokenFailure(ctx, err)}
	}
	if token.AccessToken == "" {
		return wire.Fresh{Err: &crm.Error{Kind: crm.Transient, Code: "unreadable_answer"}}
	}
	if instance, ok := token.Extra("instance_url").(string); ok && isInstance(instance) {
		g.mu.Lock()
		g.instance = instance
		g.mu.Unlock()
	}
	return wire.Fresh{Token: token.AccessToken}
}

// isInstance keeps a token from being sent where it would be read on the way.
func isInstance(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost")
}

var aTokenError = regexp.MustCompile(`^[a-z][a-z_]{0,63}$`)

// tokenFailure tells what a refusal to give a token means. The errors of that endpoint are one object; what its description
// says is for people.
func tokenFailure(ctx context.Context, err error) *crm.Error {
	var refused *oauth2.RetrieveError
	switch {
	case errors.Is(err, errCannotSign):
		return &crm.Error{Kind: crm.Auth, Code: "bad_credentials"}
	case errors.As(err, &refused) && refused.Response != nil:
		return readTokenError(refused.Response.StatusCode, refused.Response.Header, refused.Body)
	}
	return wire.TransportFailure(ctx, err) // no answer, or one that is no token, such as a page of a proxy
}

func readTokenError(status int, header http.Header, body []byte) *crm.Error {
	var answer struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(body, &answer) // a page of HTML: the status has to do
	failure := &crm.Error{Kind: crm.Auth, Code: "invalid_grant", Status: status, RequestID: requestID(header)}
	if aTokenError.MatchString(answer.Error) {
		failure.Code = answer.Error
	}
	switch {
	case status == http.StatusTooManyRequests:
		failure.Kind, failure.RetryAfter = crm.RateLimited, concurrentPause
	case status >= 500, status == http.StatusRequestTimeout, status == 420, status == http.StatusLocked,
		answer.Error == "server_error", answer.Error == "unknown_error":
		failure.Kind = crm.Transient
	}
	if said := wire.RetryAfter(header); said > 0 {
		failure.RetryAfter = said
	}
	return failure
}
