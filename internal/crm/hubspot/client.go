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

func newClient(timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone() // the standard library's own type
	transport.MaxIdleConnsPerHost = 32
	transport.TLSHandshakeTimeout = min(timeout, 10*time.Second)
	return &http.Client{
		Transport: transport,
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
	token, err := c.config.Credentials.Token(ctx)
	for renewed := false; ; renewed = true {
		if err != nil {
			return r, r.fail(credentialFailure(ctx, err))
		}
		if err := c.once(ctx, r, token, method, path, payload); err != nil {
			return r, r.fail(transportFailure(ctx, err))
		}
		failure := classify(r.status, r.header, r.body, c.untilMidnight())
		if failure == nil {
			call.Status, call.RequestID = r.status, requestID(r.header, nil)
			return r, nil
		}
		if failure.Status != http.StatusUnauthorized || renewed {
			return r, r.fail(failure)
		}
		next, renewal := c.config.Credentials.Renew(ctx, token)
		if errors.Is(renewal, crm.ErrNotRenewable) {
			return r, r.fail(failure)
		}
		token, err = next, renewal
	}
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
