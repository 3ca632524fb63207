package hubspot

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// Refresh gets access tokens for a refresh token of an app that somebody has connected. One is got at a time, whoever
// waits for it, and before the last one's time is up.
// See https://developers.hubspot.com/changelog/new-oauth-v3-api-endpoints.
type Refresh struct {
	BaseURL      string // DefaultBaseURL when empty
	ClientID     string
	ClientSecret string
	RefreshToken string
	// Keep is told a refresh token that takes the place of the last one, before anything else is done with it. HubSpot
	// gives the same one back today.
	Keep func(ctx context.Context, refreshToken string) error
	// Now is the clock; time.Now when nil.
	Now func() time.Time

	mu      sync.Mutex
	client  *http.Client
	token   string
	expires time.Time
}

// early is how long before its time is up a token is replaced.
const early = time.Minute

// Token is the last token, or a new one when its time is nearly up.
func (r *Refresh) Token(ctx context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.token != "" && r.now().Before(r.expires.Add(-early)) {
		return r.token, nil
	}
	return r.refresh(ctx)
}

// Renew gets a new token, unless somebody else has already done so.
func (r *Refresh) Renew(ctx context.Context, refused string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.token != refused && r.token != "" {
		return r.token, nil
	}
	return r.refresh(ctx)
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

func (r *Refresh) refresh(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	form := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {r.ClientID}, "client_secret": {r.ClientSecret}, "refresh_token": {r.RefreshToken},
	}
	base := r.BaseURL
	if base == "" {
		base = DefaultBaseURL
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+pathTo(areaOAuth, "token"), strings.NewReader(form.Encode()))
	if err != nil {
		return "", &crm.Error{Kind: crm.Misconfigured, Code: "base_url"}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.client == nil {
		r.client = wire.HTTPClient(nil, defaultTimeout)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return "", wire.TransportFailure(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return "", wire.TransportFailure(ctx, err)
	}
	answer, failure := readToken(response.StatusCode, response.Header, body)
	if failure != nil {
		return "", failure
	}
	if answer.Refresh != "" && answer.Refresh != r.RefreshToken {
		if r.Keep != nil {
			if err := r.Keep(ctx, answer.Refresh); err != nil {
				return "", &crm.Error{Kind: crm.Transient, Code: "token_not_kept"}
			}
		}
		r.RefreshToken = answer.Refresh
	}
	r.token, r.expires = answer.Access, r.now().Add(time.Duration(answer.ExpiresIn)*time.Second)
	return r.token, nil
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
	if status >= 400 && status < 500 && failure.Kind != crm.RateLimited {
		// Nobody but a person can give another refresh token, or the app's right secret.
		failure.Kind, failure.Code, failure.Fields = crm.Auth, "invalid_grant", nil
		if code := machine(answer.Status); code != "" {
			failure.Code = code
		}
	}
	return answer, failure
}
