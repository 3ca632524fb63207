package door

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"handoff/internal/ledger"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// Public is the handler that senders reach.
func (d *Door) Public() http.Handler {
	engine := gin.New()
	// A redirect counts as a failure with many senders, and a body does not survive one.
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.Use(d.observe, gin.CustomRecoveryWithWriter(io.Discard, d.recovered))
	engine.POST("/hooks/:source", d.hook)
	engine.NoRoute(func(c *gin.Context) {
		fail(c, http.StatusNotFound, "there is nothing here: deliveries go to /hooks/SOURCE")
	})
	engine.NoMethod(func(c *gin.Context) {
		c.Header("Allow", http.MethodPost)
		fail(c, http.StatusMethodNotAllowed, "deliveries are sent with POST")
	})
	return engine
}

// receipt is the answer to a delivery.
type receipt struct {
	Submission  submission.ID          `json:"submission"`
	Workflow    string                 `json:"workflow"`
	StatusURL   string                 `json:"status_url"`
	Duplicate   bool                   `json:"duplicate,omitempty"` // delivered before
	Stage       submission.Stage       `json:"stage,omitempty"`
	Disposition submission.Disposition `json:"disposition,omitempty"`
	Records     []ledger.WriteRecord   `json:"records,omitempty"`
}

// hook takes one delivery: cheap refusals first, then the proof of origin, then the parsing, then the ledger.
func (d *Door) hook(c *gin.Context) {
	s, ok := d.Sources[c.Param("source")]
	if !ok {
		d.refuse(c, "unknown_source", http.StatusNotFound, "there is no such source")
		return
	}
	c.Set(keySource, s.Name)
	request, ok := d.receive(c, s)
	if !ok {
		return
	}
	if err := s.Verify(request); err != nil {
		// The reason would help whoever guesses; it goes into the log and the metrics.
		reason := "unverified"
		if refusal, ok := errors.AsType[*source.Refusal](err); ok {
			reason = string(refusal.Reason)
		}
		d.refuse(c, reason, http.StatusUnauthorized, "the delivery is not signed as this source signs")
		return
	}
	sub, payload, err := s.Read(request)
	if err != nil {
		d.refuse(c, "malformed", http.StatusBadRequest, err.Error())
		return
	}
	accepted, err := d.accept(c.Request.Context(), ledger.Delivery{
		Submission: sub, Payload: payload, Raw: request.Body, ContentType: request.ContentType, Via: "webhook",
	})
	if err != nil {
		d.Logger.Error("delivery not accepted", "source", s.Name, "submission", sub.ID, "error", err)
		c.Header("Retry-After", "5")
		d.refuse(c, "ledger_unavailable", http.StatusServiceUnavailable, "the delivery could not be stored; send it again")
		return
	}
	if !accepted.Started {
		d.starts.start(c.Request.Context(), sub)
	}
	d.acknowledge(c, accepted)
}

// acceptTimeout bounds how long a ledger that hangs may keep a sender waiting: told to come back it does, timed out by
// itself it may not.
const acceptTimeout = 10 * time.Second

// accept writes a delivery, also for a sender that has just hung up: it may have seen its request through.
func (d *Door) accept(ctx context.Context, delivery ledger.Delivery) (ledger.Accepted, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
	defer cancel()
	return d.Ledger.Accept(ctx, delivery)
}

// receive checks and reads a request before anything is known about its origin.
func (d *Door) receive(c *gin.Context, s *source.Source) (source.Request, bool) {
	contentType, ok := contentType(c.GetHeader("Content-Type"))
	if !ok {
		d.refuse(c, "content_type", http.StatusUnsupportedMediaType,
			"send "+source.TypeJSON+" or "+source.TypeForm)
		return source.Request{}, false
	}
	if encoding := c.GetHeader("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		d.refuse(c, "content_encoding", http.StatusUnsupportedMediaType, "send the body uncompressed")
		return source.Request{}, false
	}
	now := d.Now()
	if wait := d.limits[s.Name].take(now); wait > 0 {
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		d.refuse(c, "rate_limited", http.StatusTooManyRequests, "this source sends more than it may; slow down")
		return source.Request{}, false
	}
	limit := s.MaxBody()
	if limit <= 0 {
		limit = d.MaxBody
	}
	// The length header may be absent or false, so the limit is held while reading, and exceeding it is an error: a body
	// cut short would look like a bad signature.
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		d.refuse(c, "too_large", http.StatusRequestEntityTooLarge, fmt.Sprintf("the body may be %d bytes at most", limit))
		return source.Request{}, false
	case err != nil:
		d.refuse(c, "unreadable", http.StatusBadRequest, "the body ended before it was complete")
		return source.Request{}, false
	}
	return source.Request{Header: c.Request.Header, ContentType: contentType, Body: body, Received: now}, true
}

func contentType(header string) (string, bool) {
	media, _, err := mime.ParseMediaType(header)
	switch {
	case err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter): // nobody asks for the parameters
		return "", false
	case media == source.TypeForm:
		return source.TypeForm, true
	case media == source.TypeJSON || strings.HasSuffix(media, "+json"):
		return source.TypeJSON, true
	}
	return "", false
}

// acknowledge answers an accepted delivery, after the wait that the sender prefers.
func (d *Door) acknowledge(c *gin.Context, accepted ledger.Accepted) {
	answer := receipt{
		Submission: accepted.ID, Workflow: string(accepted.ID), Duplicate: !accepted.New,
		StatusURL: d.AdminURL + "/api/submissions/" + string(accepted.ID),
	}
	status, result := http.StatusAccepted, "accepted"
	if answer.Duplicate {
		status, result = http.StatusOK, "duplicate"
	}
	if wait := preferredWait(c.Request.Header); wait > 0 {
		c.Header("Preference-Applied", fmt.Sprintf("wait=%d", wait/time.Second))
		c.Set(keyWaited, true)
		allow(c.Writer, wait)
		answer.Stage, answer.Disposition = d.await(c.Request.Context(), accepted.ID, wait)
		if answer.Stage == submission.StageDone {
			status = http.StatusOK
			if view, err := d.Ledger.View(c.Request.Context(), accepted.ID); err == nil {
				answer.Records = view.Records
			}
		}
	}
	d.result(c, result)
	c.JSON(status, answer)
}

func (d *Door) refuse(c *gin.Context, reason string, status int, detail string) {
	d.result(c, reason)
	fail(c, status, detail)
}
