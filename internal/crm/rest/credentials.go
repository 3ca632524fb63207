package rest

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
	"handoff/internal/restapi"
)

// InAuthorization puts tokens into the header Authorization, after a word such as Bearer.
func InAuthorization(word string) func(http.Header, string) {
	return func(header http.Header, token string) { header.Set("Authorization", word+" "+token) }
}

// InHeader puts tokens into a header as they are.
func InHeader(name string) func(http.Header, string) {
	return func(header http.Header, token string) { header.Set(name, token) }
}

// Basic puts a user's name and password into requests: the token is the password.
func Basic(user string) func(http.Header, string) {
	return func(header http.Header, password string) {
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	}
}

// Grant gets access tokens by OAuth 2.0: for a refresh token, or for the client itself where there is none. One is got at a
// time, for whoever waits, and before the last one's time is up.
type Grant struct {
	TokenURL     string
	ClientID     string
	ClientSecret string
	RefreshToken string
	Scopes       []string
	// InBody has the client prove itself in the form, and not in the header Authorization.
	InBody bool
	// Params are sent too, such as an audience.
	Params map[string]string
	// Rules are those of the API, for what the token endpoint says.
	Rules []restapi.Rule
	// Rotated is told, once, that the vendor has put another refresh token in the place of the configured one; nil for nobody.
	// The new one is used and kept nowhere else.
	Rotated func()
	// Timeout is how long getting one may take; 10 seconds when zero.
	Timeout time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time

	cache   wire.TokenCache
	newer   string // the refresh token that took the place of the configured one; both are used by one get at a time
	rotated bool
}

// early is how long before its time is up a token is replaced.
const early = time.Minute

// Token is the last token, or a new one when its time is nearly up.
func (g *Grant) Token(ctx context.Context) (string, error) { return g.cache.Get(ctx, "", g.now, g.get) }

// Renew gets a new token, unless somebody else has already done so.
func (g *Grant) Renew(ctx context.Context, refused string) (string, error) {
	return g.cache.Get(ctx, refused, g.now, g.get)
}

func (g *Grant) now() time.Time {
	if g.Now != nil {
		return g.Now()
	}
	return time.Now()
}

func (g *Grant) get(ctx context.Context) wire.Fresh {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(g.Timeout, defaultTimeout))
	defer cancel()
	began := g.now()
	token, err := g.ask(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))
	if err != nil {
		return wire.Fresh{Err: g.failure(ctx, err)}
	}
	if newer := token.RefreshToken; g.RefreshToken != "" && newer != "" && newer != g.refreshToken() {
		g.newer = newer
		if !g.rotated && g.Rotated != nil {
			g.Rotated()
		}
		g.rotated = true
	}
	fresh := wire.Fresh{Token: token.AccessToken}
	if !token.Expiry.IsZero() { // which is by the machine's clock
		fresh.Until = began.Add(time.Until(token.Expiry) - early)
	}
	return fresh
}

// refreshToken is the last one that the vendor gave.
func (g *Grant) refreshToken() string { return cmp.Or(g.newer, g.RefreshToken) }

func (g *Grant) ask(ctx context.Context) (*oauth2.Token, error) {
	style := oauth2.AuthStyleInHeader
	if g.InBody {
		style = oauth2.AuthStyleInParams
	}
	if g.RefreshToken != "" {
		config := oauth2.Config{ClientID: g.ClientID, ClientSecret: g.ClientSecret, Endpoint: oauth2.Endpoint{TokenURL: g.TokenURL, AuthStyle: style}}
		return config.TokenSource(ctx, &oauth2.Token{RefreshToken: g.refreshToken()}).Token()
	}
	params := url.Values{}
	for name, value := range g.Params {
		params.Set(name, value)
	}
	config := clientcredentials.Config{
		ClientID: g.ClientID, ClientSecret: g.ClientSecret, TokenURL: g.TokenURL, Scopes: g.Scopes, AuthStyle: style, EndpointParams: params,
	}
	return config.Token(ctx)
}

// failure is why there is no token. A vendor may say so with status 200.
func (g *Grant) failure(ctx context.Context, err error) *crm.Error {
	var refused *oauth2.RetrieveError
	var broken *url.Error
	switch {
	case errors.As(err, &refused) && refused.Response != nil:
		return g.judge(refused.Response, refused.Body)
	case errors.As(err, &broken), ctx.Err() != nil:
		return wire.TransportFailure(ctx, err)
	}
	return &crm.Error{Kind: crm.Transient, Code: "unreadable_answer"}
}

func (g *Grant) judge(response *http.Response, body []byte) *crm.Error {
	status, page := response.StatusCode, isPage(response.Header, body)
	failure := &crm.Error{Kind: crm.Auth}
	if rule, found := ruled(g.Rules, status, body, page); found && rule.Kind != "success" {
		failure = &crm.Error{Kind: crm.Kind(rule.Kind), Code: rule.Code, RetryAfter: rule.RetryAfter}
	} else if kind, _ := byStatus(status, page); kind == crm.RateLimited || kind == crm.Transient {
		failure.Kind = kind
	}
	if failure.Kind == crm.Invalid || failure.Kind == crm.Conflict || failure.Kind == crm.Misconfigured {
		failure.Kind = crm.Auth // nobody but a person can give another refresh token, or the client's right secret
	}
	failure.Status, failure.Code = status, cmp.Or(failure.Code, machine(at(body, "error").String()), "no_token")
	if said := wire.RetryAfter(response.Header); said > 0 {
		failure.RetryAfter = said
	}
	return failure
}
