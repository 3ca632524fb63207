package connection

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// retryBroken is for how long a refresh that was refused is not tried again, where trying again makes sense at all: a repair at the
// vendor releases what waits within a minute, and most of that is the pacer's.
const retryBroken = 10 * time.Second

// Codes of our own.
const (
	// NotConnected: nobody has connected the destination yet.
	NotConnected = "not_connected"
	// NoRefreshToken: the vendor gave none, so that the connection ended with its first token.
	NoRefreshToken = "no_refresh_token"
	// RefusedAgain: the API refuses tokens that the token endpoint has just given.
	RefusedAgain = "refused_after_refresh"
)

// dead are codes that no refresh comes back from: a person has to connect again. Others may be about the app's secret or the
// vendor's own trouble, so that trying again now and then makes sense.
// Zoho's own is invalid_code.
var dead = []string{"invalid_grant", "invalid_code", "BAD_REFRESH_TOKEN", "access_denied", "BAD_HUB", NotConnected, NoRefreshToken}

// Dead says whether a person has to connect again.
func Dead(code string) bool { return slices.Contains(dead, code) }

// app are codes of a token endpoint that does not know the app: its id or its secret is wrong.
var app = []string{"BAD_CLIENT_ID", "BAD_CLIENT_SECRET", "invalid_client", "invalid_client_id", "invalid_client_secret", "unauthorized_client"}

// AppRefused says whether the app's id or secret is wrong.
func AppRefused(code string) bool { return slices.Contains(app, code) }

// tooManyTokens is how Zoho refuses more than ten access tokens for a refresh token in ten minutes: a limit, and no refusal of
// the app. See https://www.zoho.com/accounts/protocol/oauth/limits.html.
const tooManyTokens = "Access Denied"

// notNow are statuses below 500 that pass by themselves: a timeout, a lock, a request that came too early, and 477, by which HubSpot
// says that the account is being moved.
var notNow = []int{http.StatusRequestTimeout, http.StatusLocked, http.StatusTooEarly, 477}

// machineCode is what a vendor's code looks like. Tokens have digits, dots or dashes.
var machineCode = regexp.MustCompile(`^[A-Za-z][A-Za-z_]{1,39}$`)

// refusal puts the failure of a token endpoint into the words of the taxonomy. Its text is dropped: it may hold anything.
func refusal(ctx context.Context, err error) *crm.Error {
	var said *oauth2.RetrieveError
	if !errors.As(err, &said) {
		if failure := wire.TransportFailure(ctx, err); failure.Code != "connection" {
			return failure
		}
		var timeout interface{ Timeout() bool }
		if errors.As(err, &timeout) && timeout.Timeout() {
			return &crm.Error{Kind: crm.Transient, Code: "timeout"}
		}
		return &crm.Error{Kind: crm.Transient, Code: "token_endpoint"}
	}
	status := said.Response.StatusCode
	failure := &crm.Error{Kind: crm.Auth, Code: codeOf(said), Status: status}
	switch {
	case status == http.StatusTooManyRequests:
		failure.Kind, failure.RetryAfter = crm.RateLimited, wire.RetryAfter(said.Response.Header)
	case said.ErrorCode == tooManyTokens:
		failure.Kind, failure.Code, failure.RetryAfter = crm.RateLimited, "too_many_tokens", max(time.Minute, wire.RetryAfter(said.Response.Header))
	case status >= 500, slices.Contains(notNow, status), slices.Contains([]string{"server_error", "temporarily_unavailable", "unknown_error"}, failure.Code):
		failure.Kind, failure.RetryAfter = crm.Transient, wire.RetryAfter(said.Response.Header)
	}
	return failure
}

// codeOf is the vendor's machine code: HubSpot has a finer one beside that of OAuth.
func codeOf(said *oauth2.RetrieveError) string {
	var body struct {
		Status string `json:"status"`
	}
	_ = json.Unmarshal(said.Body, &body) // an answer that is no JSON has none
	for _, code := range []string{body.Status, said.ErrorCode} {
		if machineCode.MatchString(code) {
			return code
		}
	}
	return "refused"
}
