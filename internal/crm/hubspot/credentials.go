package hubspot

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// Refresh gets access tokens for a refresh token of an app. One is got at a time, for whoever waits, and before the last
// one's time is up.
// See https://developers.hubspot.com/changelog/new-oauth-v3-api-endpoints.
type Refresh struct {
	BaseURL      string // DefaultBaseURL when empty
	ClientID     string
	ClientSecret string
	RefreshToken string
	// Rotated is told, once, that HubSpot has put another refresh token in the place of the configured one; nil for nobody.
	// The new one is used and kept nowhere else. HubSpot gives the same one back today.
	Rotated func()
	// Now is the clock; time.Now when nil.
	Now func() time.Time

	cache   wire.TokenCache
	client  *http.Client // these three are used by one refresh at a time
	newer   string       // the refresh token that took the place of the configured one
	rotated bool
}

// early is how long before its time is up a token is replaced.
const early = time.Minute

// Token is the last token, or a new one when its time is nearly up.
func (r *Refresh) Token(ctx context.Context) (string, error) {
	return r.cache.Get(ctx, "", r.now, r.refresh)
}

// Renew gets a new token, unless somebody else has already done so.
func (r *Refresh) Renew(ctx context.Context, refused string) (string, error) {
	return r.cache.Get(ctx, refused, r.now, r.refresh)
}

func (r *Refresh) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

// tokenAnswer is what the token endpoint says.
type tokenAnswer struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int    `json:"expires_in"` // seconds
	Error     string `json:"error"`
	Status    string `json:"status"`
}

func (r *Refresh) refresh(ctx context.Context) wire.Fresh {
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	form := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {r.ClientID}, "client_secret": {r.ClientSecret},
		"refresh_token": {cmp.Or(r.newer, r.RefreshToken)},
	}
	base := r.BaseURL
	if base == "" {
		base = DefaultBaseURL
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+pathTo(areaOAuth, "token"), strings.NewReader(form.Encode()))
	if err != nil {
		return wire.Fresh{Err: &crm.Error{Kind: crm.Misconfigured, Code: "base_url"}}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.client == nil {
		r.client = wire.HTTPClient(nil, defaultTimeout)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return wire.Fresh{Err: wire.TransportFailure(ctx, err)}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return wire.Fresh{Err: wire.TransportFailure(ctx, err)}
	}
	answer, failure := readToken(response.StatusCode, response.Header, body)
	if failure != nil {
		return wire.Fresh{Err: failure}
	}
	if answer.Refresh != "" && answer.Refresh != cmp.Or(r.newer, r.RefreshToken) {
		r.newer = answer.Refresh
		if !r.rotated && r.Rotated != nil {
			r.Rotated()
		}
		r.rotated = true
	}
	return wire.Fresh{Token: answer.Access, Until: r.now().Add(time.Duration(answer.ExpiresIn)*time.Second - early)}
}

// readToken reads an answer of the token endpoint, whose errors have codes of their own.
func readToken(status int, header http.Header, body []byte) (tokenAnswer, *crm.Error) {
	var answer tokenAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		answer = tokenAnswer{}
	}
	if status >= 200 && status < 300 {
		if answer.Access == "" {
			return answer, &crm.Error{Kind: crm.Transient, Code: "unreadable_answer", Status: status, RequestID: requestID(header, nil)}
		}
		return answer, nil
	}
	failure := classify(status, header, body, dailyPause)
	if status >= 400 && status < 500 && failure.Kind != crm.RateLimited && failure.Kind != crm.Transient {
		// Nobody but a person can give another refresh token, or the app's right secret.
		failure.Kind, failure.Code, failure.Fields = crm.Auth, "invalid_grant", nil
		if code := machine(answer.Status); code != "" {
			failure.Code = code
		}
	}
	return answer, failure
}
