// Package connection keeps destinations connected that a person has connected by OAuth: it makes the connection, gives calls
// their tokens, and refreshes those, one worker at a time. The tokens live in the ledger. A new refresh token is kept there
// before the access token that came with it is used, because many vendors end the old one with the same answer.
//
// Nothing here tells a token: not an error, not a log line, not a printed value.
package connection

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/ledger"
)

// Store is where connections are kept: the ledger.
type Store interface {
	Connection(ctx context.Context, destination string) (ledger.Connection, error)
	ClaimRefresh(ctx context.Context, destination string, version int64, worker string, lasts time.Duration) (bool, error)
	Refreshed(ctx context.Context, destination string, version int64, g ledger.Granted) (kept bool, err error)
	RefreshFailed(ctx context.Context, destination string, version int64, code string, broken bool) (broke bool, err error)
}

var _ Store = (*ledger.Ledger)(nil)

// App is an app at a vendor, with the endpoints that it talks to.
type App struct {
	config.OAuth
	// Way is how the vendor is reached; the standard library's way when nil.
	Way http.RoundTripper
}

// tokenTimeout bounds one request to a token endpoint.
const tokenTimeout = 10 * time.Second

// refreshLasts bounds a refresh with all that it takes: another worker may claim it soon afterwards.
const refreshLasts = 15 * time.Second

// client follows no redirect: an answer that sends secrets elsewhere is not the vendor's.
func (a App) client() *http.Client {
	return &http.Client{
		Transport: a.Way, Timeout: tokenTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (a App) oauth() *oauth2.Config {
	style := oauth2.AuthStyleInParams
	if a.ClientAuth == "header" {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: a.ClientID, ClientSecret: a.ClientSecret.Again().Reveal(), RedirectURL: a.RedirectURL, Scopes: a.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: a.AuthURL, TokenURL: a.TokenURL, AuthStyle: style},
	}
}

// refresh gets new tokens for a refresh token. Where that is refused, and the app's secret has been replaced meanwhile, it is
// tried with the new one.
func (a App) refresh(ctx context.Context, refreshToken string) (ledger.Granted, *crm.Error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, a.client()), refreshLasts)
	defer cancel()
	with := a.oauth()
	token, err := with.TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
	if err != nil && refusal(ctx, err).Kind == crm.Auth {
		a.ClientSecret.Ask(ctx)
		if now := a.oauth(); now.ClientSecret != with.ClientSecret {
			token, err = now.TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
		}
	}
	if err != nil {
		return ledger.Granted{}, refusal(ctx, err)
	}
	return granted(token), nil
}

// exchange gets the first tokens for a code, with the proof that it was asked for here.
func (a App) exchange(ctx context.Context, code, verifier string) (ledger.Granted, *crm.Error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, a.client())
	token, err := a.oauth().Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return ledger.Granted{}, refusal(ctx, err)
	}
	g := granted(token)
	if g.Scopes == nil {
		g.Scopes = a.Scopes // what was asked for, where the vendor says nothing else
	}
	return g, nil
}

// granted reads an answer: HubSpot lists scopes, others separate them by spaces; Salesforce says where the account is, and
// not for how long the token is good.
func granted(token *oauth2.Token) ledger.Granted {
	g := ledger.Granted{Tokens: ledger.Tokens{Access: token.AccessToken, Refresh: token.RefreshToken}}
	if !token.Expiry.IsZero() {
		g.Lasts = max(time.Until(token.Expiry), time.Millisecond)
	}
	if text, ok := token.Extra("scope").(string); ok && text != "" {
		g.Scopes = strings.Fields(text)
	}
	if list, ok := token.Extra("scopes").([]any); ok {
		g.Scopes = []string{}
		for _, item := range list {
			if scope, ok := item.(string); ok && !strings.ContainsAny(scope, " \n") {
				g.Scopes = append(g.Scopes, scope)
			}
		}
	}
	if site, ok := token.Extra("instance_url").(string); ok && private(site) {
		g.Site = strings.TrimSuffix(site, "/")
	}
	return g
}

// private says whether tokens can be sent to an address without being read on the way.
func private(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost")
}
