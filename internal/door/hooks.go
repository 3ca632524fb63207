package door

import (
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
)

// Public is the handler that senders reach.
func (d *Door) Public() http.Handler {
	engine := gin.New()
	// A redirect counts as a failure with many senders, and a body does not survive one.
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.Use(d.observe, gin.CustomRecoveryWithWriter(io.Discard, d.recovered))
	engine.POST("/hooks/:source", d.hook)
	engine.GET("/hooks/:source", d.challenge)
	engine.NoRoute(func(c *gin.Context) {
		fail(c, http.StatusNotFound, "there is nothing here: deliveries go to /hooks/SOURCE")
	})
	engine.NoMethod(notPost)
	return engine
}

// hook takes one delivery: cheap refusals first, then the proof of origin, then the parsing, then the ledger.
func (d *Door) hook(c *gin.Context) {
	s, ok := d.source(c)
	if !ok {
		return
	}
	request, ok := d.receive(c, s)
	if !ok {
		return
	}
	reading, accepted, ok := d.take(c, s, request)
	if ok {
		d.acknowledge(c, reading, accepted)
	}
}

// take verifies, reads and writes a delivery. Only so many of one source are taken at the same time, so that one noisy
// sender cannot keep the ledger's connections and the processors from the others.
func (d *Door) take(c *gin.Context, s sender, request source.Request) (reading source.Reading, accepted []ledger.Accepted, ok bool) {
	if !s.limit.enter() {
		d.retryAfter(c, time.Second)
		d.refuse(c, "at_once", http.StatusTooManyRequests, "this source sends more at the same time than it may; slow down")
		return reading, nil, false
	}
	defer s.limit.leave()
	if err := s.Verify(request); err != nil {
		d.unverified(c, err, "the delivery is not signed as this source signs")
		return reading, nil, false
	}
	reading = s.Read(request)
	accepted, err := d.acceptAll(c.Request.Context(), reading, request.ContentType)
	if err != nil {
		d.Logger.Error("delivery not accepted", "source", s.Name, "error", err)
		d.retryAfter(c, 5*time.Second)
		d.refuse(c, "ledger_unavailable", http.StatusServiceUnavailable, "the delivery could not be stored; send it again")
		return reading, nil, false
	}
	return reading, accepted, true
}

// unverified refuses a request without its proof of origin. The reason would help whoever guesses; it goes into the log
// and the metrics.
func (d *Door) unverified(c *gin.Context, err error, detail string) {
	reason, status := "unverified", http.StatusUnauthorized
	if refusal, ok := errors.AsType[*source.Refusal](err); ok {
		reason = string(refusal.Reason)
		if refusal.Status != 0 {
			status = refusal.Status
		}
	}
	d.refuse(c, reason, status, detail)
}

// receive checks and reads a request before anything is known about its origin.
func (d *Door) receive(c *gin.Context, s sender) (source.Request, bool) {
	contentType, boundary := contentType(c.GetHeader("Content-Type"))
	if !s.Accepts(contentType) {
		d.refuse(c, "content_type", http.StatusUnsupportedMediaType, "send "+strings.Join(s.ContentTypes(), " or "))
		return source.Request{}, false
	}
	if !s.AcceptsEncoding(c.GetHeader("Content-Encoding")) {
		d.refuse(c, "content_encoding", http.StatusUnsupportedMediaType, "send the body uncompressed")
		return source.Request{}, false
	}
	now, ok := d.admit(c, s)
	if !ok {
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
		d.refuse(c, "incomplete", http.StatusBadRequest, "the body ended before it was complete")
		return source.Request{}, false
	}
	return source.Request{
		Method: c.Request.Method, URI: c.Request.RequestURI, Header: c.Request.Header, ContentType: contentType, Boundary: boundary,
		Body: body, Received: now,
	}, true
}

// admit holds the source to its rate.
func (d *Door) admit(c *gin.Context, s sender) (now time.Time, ok bool) {
	now = d.Now()
	if wait := s.limit.take(now); wait > 0 {
		d.retryAfter(c, wait)
		d.refuse(c, "rate_limited", http.StatusTooManyRequests, "this source sends more than it may; slow down")
		return now, false
	}
	return now, true
}

// contentType is a media type as sources know it, and the boundary of a multipart body.
func contentType(header string) (media, boundary string) {
	media, parameters, err := mime.ParseMediaType(header)
	switch {
	case err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter): // nobody asks for the other parameters
		return "", ""
	case strings.HasSuffix(media, "+json"):
		return source.TypeJSON, ""
	}
	return media, parameters["boundary"]
}

// retryAfter tells the sender when to come back, in the unit in which it reads it.
func (d *Door) retryAfter(c *gin.Context, wait time.Duration) {
	unit := time.Second
	if m := manners(c); m.RetryAfterUnit > 0 {
		unit = m.RetryAfterUnit
	}
	c.Header("Retry-After", strconv.FormatInt(int64(math.Ceil(float64(wait)/float64(unit))), 10))
}

// manners are the answers that the sender of a request understands.
func manners(c *gin.Context) source.Manners {
	found, _ := c.Get(keyManners)
	m, _ := found.(source.Manners) // none before the source is known
	return m
}

func (d *Door) refuse(c *gin.Context, reason string, status int, detail string) {
	d.result(c, reason)
	fail(c, status, detail)
}
