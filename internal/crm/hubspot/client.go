package hubspot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"handoff/internal/crm"
)

// maxAnswer bounds what is read of one answer: a hundred records with long texts fit.
const maxAnswer = 32 << 20

func newClient(way http.RoundTripper, timeout time.Duration) *http.Client {
	if way == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone() // the standard library's own type
		transport.MaxIdleConnsPerHost = 32
		transport.TLSHandshakeTimeout = min(timeout, 10*time.Second)
		way = transport
	}
	return &http.Client{
		Transport: way,
		// An answer that sends a token elsewhere is not HubSpot's.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reply is what HubSpot said, whatever it was.
type reply struct {
	status int
	header http.Header
	body   []byte
	call   *crm.Call
}

// do makes one call. A token that is refused is renewed once. The reply is never nil; its call has no bodies, because those
// may be about several people.
func (c *Connector) do(ctx context.Context, operation, method, path string, body any) (*reply, *crm.Error) {
	call := &crm.Call{Operation: operation, Started: c.config.Now()}
	r := &reply{call: call}
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return r, r.fail(&crm.Error{Kind: crm.Invalid, Code: "bad_value"})
		}
	}
	began := time.Now()
	defer func() { call.Took = time.Since(began) }()
	class, token := classOf(path), ""
	for renewed := false; ; renewed = true {
		if err := c.gate.Wait(ctx, class); err != nil {
			refusal, _ := crm.AsError(err)
			return r, r.fail(refusal)
		}
		next, failure := c.attempt(ctx, r, token, renewed, method, path, payload)
		c.gate.Report(class, crm.Answer{Err: failure, Allowances: allowances(r.header)})
		if failure != nil {
			return r, r.fail(failure)
		}
		if next == "" {
			call.Status, call.RequestID = r.status, requestID(r.header, nil)
			return r, nil
		}
		token = next
	}
}

// attempt sends the request once. Where the token was refused and could be renewed, it returns the next one.
func (c *Connector) attempt(ctx context.Context, r *reply, token string, renewed bool, method, path string, payload []byte) (string, *crm.Error) {
	r.status, r.header, r.body = 0, nil, nil
	var err error
	if token == "" {
		if token, err = c.config.Credentials.Token(ctx); err != nil {
			return "", credentialFailure(ctx, err)
		}
	}
	if err := c.once(ctx, r, token, method, path, payload); err != nil {
		return "", transportFailure(ctx, err)
	}
	failure := classify(r.status, r.header, r.body, c.untilMidnight())
	if failure == nil || failure.Status != http.StatusUnauthorized || renewed {
		return "", failure
	}
	next, err := c.config.Credentials.Renew(ctx, token)
	switch {
	case errors.Is(err, crm.ErrNotRenewable):
		return "", failure
	case err != nil:
		return "", credentialFailure(ctx, err)
	}
	return next, nil
}

// fail notes a failure in the call.
func (r *reply) fail(failure *crm.Error) *crm.Error {
	r.call.Status, r.call.Code, r.call.RequestID = failure.Status, failure.Code, failure.RequestID
	return failure
}

func (c *Connector) once(ctx context.Context, r *reply, token, method, path string, payload []byte) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.Timeout, errTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.config.BaseURL+path, bytes.NewReader(payload))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "handoff")
	if payload != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.client.Do(request)
	if err != nil {
		return orCause(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return orCause(ctx, err)
	}
	r.status, r.header, r.body = response.StatusCode, response.Header, body
	return nil
}

var errTimeout = errors.New("the call took too long")

func orCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// transportFailure is what happened on the way. Whether a write was done is not known.
func transportFailure(ctx context.Context, err error) *crm.Error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &crm.Error{Kind: crm.Transient, Code: "canceled"}
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, errTimeout), errors.Is(err, context.DeadlineExceeded):
		return &crm.Error{Kind: crm.Transient, Code: "timeout"}
	}
	return &crm.Error{Kind: crm.Transient, Code: "connection"}
}

// read decodes a reply that succeeded.
func (r *reply) read(into any) *crm.Error {
	if err := json.Unmarshal(r.body, into); err != nil {
		return r.fail(&crm.Error{Kind: crm.Transient, Code: "unreadable_answer", Status: r.status, RequestID: requestID(r.header, nil)})
	}
	return nil
}
