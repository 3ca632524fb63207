package source

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"handoff/internal/config"
)

// caller calls a sender's API with an access token, which travels in a header and follows no redirect.
type caller struct {
	client  http.Client
	url     string
	version string
	token   config.Secret
	timeout time.Duration
	now     func() time.Time
	limit   *rate.Limiter // nil is none of our own
	// authorize puts the token into a call; a bearer token when nil.
	authorize func(*http.Request)
}

func newCaller(f config.Fetch, client *http.Client, now func() time.Time) caller {
	c := caller{url: f.URL, version: f.Version, token: f.Token, timeout: f.Timeout, now: now}
	if client != nil {
		c.client.Transport = client.Transport
	}
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.timeout <= 0 {
		c.timeout = 10 * time.Second
	}
	return c
}

// at fills in where the API is by default, and its version.
func (c caller) at(url, version string) caller {
	if c.url == "" {
		c.url = url
	}
	if c.version == "" {
		c.version = version
	}
	return c
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 8 << 20

// reply is a sender's answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) ok() bool { return r.status == http.StatusOK }

// get calls a path. Its error is a *FetchError of kind transient: there was no answer. What the transport says of it is
// dropped, because it names the record.
func (c caller) get(ctx context.Context, path string, header map[string]string) (reply, error) {
	if c.limit != nil && c.limit.Wait(ctx) != nil { // the caller's time is up before its turn
		return reply{}, &FetchError{Kind: FetchTransient, Code: "timeout"}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return reply{}, &FetchError{Kind: FetchPermanent, Code: "bad_address"}
	}
	if c.authorize != nil {
		c.authorize(request)
	} else {
		request.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	request.Header.Set("Accept", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := c.client.Do(request)
	if err != nil {
		code := "network"
		if errors.Is(err, context.DeadlineExceeded) {
			code = "timeout"
		}
		return reply{}, &FetchError{Kind: FetchTransient, Code: code}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return reply{}, &FetchError{Kind: FetchTransient, Code: "network", Status: response.StatusCode}
	}
	if len(body) > maxAnswer {
		return reply{}, &FetchError{Kind: FetchPermanent, Code: "too_large", Status: response.StatusCode}
	}
	return reply{response.StatusCode, response.Header, body}, nil
}

// byStatus is the failure that a status alone tells; the senders' own codes refine it.
func (r reply) byStatus(now time.Time) *FetchError {
	e := &FetchError{Kind: FetchPermanent, Code: "http_" + strconv.Itoa(r.status), Status: r.status, RetryAfter: r.retryAfter(now)}
	switch {
	case r.status == http.StatusUnauthorized:
		e.Kind = FetchAuth
	case r.status == http.StatusForbidden:
		e.Kind = FetchForbidden
	case r.status == http.StatusTooManyRequests:
		e.Kind = FetchRateLimited
	case r.status == http.StatusNotFound:
		e.Code = "not_found"
	case r.status == http.StatusRequestTimeout || r.status == http.StatusLocked || r.status >= 500:
		e.Kind = FetchTransient
	}
	return e
}

// maxRetryAfter is the longest wait that is believed: a sender's clock may be wrong.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads Retry-After, in seconds or as a date; 0 where there is none.
func (r reply) retryAfter(now time.Time) time.Duration {
	text := strings.TrimSpace(r.header.Get("Retry-After"))
	var wait time.Duration
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		wait = time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return max(0, min(wait, maxRetryAfter))
}

var (
	vendorCode = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
	requestIDs = regexp.MustCompile(`^[A-Za-z0-9+/=_.:-]{1,100}$`)
)

// codeOf is a sender's code, and "" for what is not one: it goes into histories and logs.
func codeOf(text string) string { return vendorCode.FindString(text) }

// requestID is a sender's id of a call, and "" for what is not one.
func requestID(text string) string { return requestIDs.FindString(text) }

// document reads the answer as JSON, exactly and within the limits.
func (r reply) document(limits config.SourceLimits) (*document, error) {
	d, err := parse(Request{ContentType: TypeJSON, Body: r.body}, limits)
	if err != nil {
		return nil, &FetchError{Kind: FetchTransient, Code: "no_json", Status: r.status} // an error page of a gateway
	}
	return d, nil
}

// decode fills a struct with the answer.
func (r reply) decode(limits config.SourceLimits, into any) error {
	d, err := r.document(limits)
	if err != nil {
		return err
	}
	if err := d.decode(into); err != nil {
		return &FetchError{Kind: FetchPermanent, Code: "unreadable", Status: r.status}
	}
	return nil
}

// settled makes the answers of a record, or fails where there are too many.
func settled(a *answers) error {
	if a.err != nil {
		return &FetchError{Kind: FetchPermanent, Code: "unreadable"}
	}
	return nil
}
