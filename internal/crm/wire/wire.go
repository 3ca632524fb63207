// Package wire makes the HTTP calls of connectors: each passes the gate, carries a token that is renewed once when it is
// refused, is bounded in time and size, and fails with an Error that holds nobody's data.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"handoff/internal/crm"
)

// maxAnswer bounds what is read of one answer: two hundred records with long texts fit.
const maxAnswer = 32 << 20

// Client calls one CRM. It is safe for concurrent use once Gate is set.
type Client struct {
	// BaseURL is what paths are appended to; asked for each call, because a CRM may move an account.
	BaseURL     func() string
	Credentials crm.Credentials
	Timeout     time.Duration // of one call
	Gate        crm.Gate
	Now         func() time.Time
	// Classify tells what an answer means; nil is a success.
	Classify func(status int, header http.Header, body []byte) *crm.Error
	// Allowances reads what an answer says is left.
	Allowances func(http.Header) []crm.Allowance
	// RequestID is what the vendor's support asks for.
	RequestID func(http.Header) string
	// Authorize puts a token into a request's headers; as a bearer token in Authorization when nil.
	Authorize func(header http.Header, token string)
	// ClassOf tells requests apart that are limited apart; all are Calls when nil.
	ClassOf func(path string) crm.Class

	http *http.Client
}

// Dial prepares the way to the CRM; one of the client's own when way is nil.
func (c *Client) Dial(way http.RoundTripper) { c.http = HTTPClient(way, c.Timeout) }

// HTTPClient makes a client for one vendor, with connections of its own unless way says otherwise.
func HTTPClient(way http.RoundTripper, timeout time.Duration) *http.Client {
	if way == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone() // the standard library's own type
		transport.MaxIdleConnsPerHost = 32
		transport.TLSHandshakeTimeout = min(timeout, 10*time.Second)
		way = transport
	}
	return &http.Client{
		Transport: way,
		// An answer that sends a token elsewhere is not the CRM's.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close closes the connections that wait for calls.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Reply is what the CRM said, whatever it was.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	Call   *crm.Call
}

// Do makes one call. A token that is refused is renewed once. The reply is never nil; its call has no bodies, because those
// may be about several people. Body is written as JSON, unless it is a Raw.
func (c *Client) Do(ctx context.Context, operation, method, path string, body any, headers ...string) (*Reply, *crm.Error) {
	r := &Reply{Call: &crm.Call{Operation: operation, Started: c.Now()}}
	payload, contentType, err := encode(body)
	if err != nil {
		return r, r.Fail(&crm.Error{Kind: crm.Invalid, Code: "bad_value"})
	}
	if contentType != "" {
		headers = append(headers, "Content-Type", contentType)
	}
	began := time.Now()
	defer func() { r.Call.Took = time.Since(began) }()
	class, token := crm.Calls, ""
	if c.ClassOf != nil {
		class = c.ClassOf(path)
	}
	for renewed := false; ; renewed = true {
		if err := c.Gate.Wait(ctx, class); err != nil {
			refusal, _ := crm.AsError(err)
			return r, r.Fail(refusal)
		}
		next, failure := c.counted(class, r, func() (string, *crm.Error) {
			return c.attempt(ctx, r, token, renewed, method, path, payload, headers)
		})
		if failure != nil {
			return r, r.Fail(failure)
		}
		if next == "" {
			r.Call.Status, r.Call.RequestID = r.Status, c.RequestID(r.Header)
			return r, nil
		}
		token = next
	}
}

// counted tells the gate how a request ended that was let through, also where the connector breaks: others wait for that.
func (c *Client) counted(class crm.Class, r *Reply, attempt func() (string, *crm.Error)) (next string, failure *crm.Error) {
	answer := crm.Answer{Err: &crm.Error{Kind: crm.Transient, Code: crm.CodeConnectorPanic}}
	defer func() { c.Gate.Report(class, answer) }()
	next, failure = attempt()
	answer = crm.Answer{Err: failure, Allowances: c.Allowances(r.Header)}
	return next, failure
}

// Raw is a body that is not JSON.
type Raw struct {
	ContentType string
	Bytes       []byte
}

func encode(body any) (payload []byte, contentType string, err error) {
	switch b := body.(type) {
	case nil:
		return nil, "", nil
	case Raw:
		return b.Bytes, b.ContentType, nil
	}
	payload, err = json.Marshal(body)
	return payload, "application/json", err
}

// attempt sends the request once. Where the token was refused and could be renewed, it returns the next one.
func (c *Client) attempt(ctx context.Context, r *Reply, token string, renewed bool, method, path string, payload []byte, headers []string) (string, *crm.Error) {
	r.Status, r.Header, r.Body = 0, nil, nil
	var err error
	if token == "" {
		if token, err = c.Credentials.Token(ctx); err != nil {
			return "", CredentialFailure(ctx, err)
		}
	}
	if err := c.once(ctx, r, token, method, path, payload, headers); err != nil {
		return "", TransportFailure(ctx, err)
	}
	failure := c.Classify(r.Status, r.Header, r.Body)
	if failure == nil || failure.Status != http.StatusUnauthorized || renewed {
		return "", failure
	}
	next, err := c.Credentials.Renew(ctx, token)
	switch {
	case errors.Is(err, crm.ErrNotRenewable):
		return "", failure
	case err != nil:
		return "", CredentialFailure(ctx, err)
	}
	return next, nil
}

// Fail notes a failure in the call.
func (r *Reply) Fail(failure *crm.Error) *crm.Error {
	r.Call.Status, r.Call.Code, r.Call.RequestID = failure.Status, failure.Code, failure.RequestID
	return failure
}

func (c *Client) once(ctx context.Context, r *Reply, token, method, path string, payload []byte, headers []string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, errTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.BaseURL()+path, bytes.NewReader(payload))
	if err != nil {
		return err
	}
	if c.Authorize == nil {
		request.Header.Set("Authorization", "Bearer "+token)
	} else {
		c.Authorize(request.Header, token)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "handoff")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(request)
	if err != nil {
		return orCause(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return orCause(ctx, err)
	}
	r.Status, r.Header, r.Body = response.StatusCode, response.Header, body
	return nil
}

// Read decodes a reply that succeeded. Numbers stay as they are written where into has an any.
func (r *Reply) Read(into any) *crm.Error {
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return r.Fail(&crm.Error{Kind: crm.Transient, Code: "unreadable_answer", Status: r.Status, RequestID: r.Call.RequestID})
	}
	return nil
}

var errTimeout = errors.New("the call took too long")

func orCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// TransportFailure is what happened on the way. Whether a write was done is not known.
func TransportFailure(ctx context.Context, err error) *crm.Error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &crm.Error{Kind: crm.Transient, Code: "canceled"}
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, errTimeout), errors.Is(err, context.DeadlineExceeded):
		return &crm.Error{Kind: crm.Transient, Code: "timeout"}
	}
	return &crm.Error{Kind: crm.Transient, Code: "connection"}
}

// CredentialFailure is why there is no token.
func CredentialFailure(ctx context.Context, err error) *crm.Error {
	if failure, ok := crm.AsError(err); ok {
		own := *failure
		return &own
	}
	if errors.Is(err, crm.ErrNotRenewable) {
		return &crm.Error{Kind: crm.Auth, Code: "not_renewable"}
	}
	return TransportFailure(ctx, err)
}

// RetryAfter reads the header that any answer may carry: seconds, or a date. It is a day at most.
func RetryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, 24*time.Hour)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	from := time.Now()
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		from = date // by the same clock
	}
	return max(0, min(at.Sub(from), 24*time.Hour))
}
