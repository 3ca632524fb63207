package door

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"handoff/internal/ledger"
	"handoff/internal/submission"
	"handoff/internal/temporal"
)

// Admin is the handler for operators: health and metrics for machines, submissions for people with the token.
func (d *Door) Admin() http.Handler {
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.Use(gin.CustomRecoveryWithWriter(io.Discard, d.recovered))
	engine.NoRoute(func(c *gin.Context) { fail(c, http.StatusNotFound, "there is nothing here") })
	engine.NoMethod(func(c *gin.Context) { fail(c, http.StatusMethodNotAllowed, "this path takes another method") })
	engine.GET("/healthz", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"alive": true}) })
	engine.GET("/readyz", d.ready)
	engine.GET("/metrics", gin.WrapH(d.Metrics))
	api := engine.Group("/api", d.authenticate)
	api.GET("/submissions/:id", d.show)
	api.POST("/submissions/:id/corrections", d.correct)
	api.POST("/submissions/:id/resolve", d.resolve)
	return engine
}

// authenticate compares digests, so that neither the comparison nor the length tells anything about the token.
func (d *Door) authenticate(c *gin.Context) {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	given, wanted := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(d.AdminToken))
	if !strings.EqualFold(scheme, "Bearer") || d.AdminToken == "" || subtle.ConstantTimeCompare(given[:], wanted[:]) != 1 {
		c.Header("WWW-Authenticate", "Bearer")
		fail(c, http.StatusUnauthorized, "send the admin token: Authorization: Bearer TOKEN")
	}
}

// identified reads the submission's id from the path.
func identified(c *gin.Context) (submission.ID, bool) {
	id, err := submission.ParseID(c.Param("id"))
	if err != nil {
		fail(c, http.StatusBadRequest, err.Error())
		return "", false
	}
	return id, true
}

// show tells where a submission is: stage, timings, attempts, records; never an answer.
func (d *Door) show(c *gin.Context) {
	id, ok := identified(c)
	if !ok {
		return
	}
	view, err := d.Ledger.View(c.Request.Context(), id)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		fail(c, http.StatusNotFound, "there is no such submission")
	case err != nil:
		d.Logger.Error("submission not shown", "submission", id, "error", err)
		fail(c, http.StatusServiceUnavailable, "the ledger cannot be read")
	default:
		c.JSON(http.StatusOK, view)
	}
}

const maxAdminBody = 256 << 10

// decode reads a body of one JSON value strictly.
func decode(c *gin.Context, into any, shape string) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, maxAdminBody))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	err := decoder.Decode(into)
	if err == nil {
		if _, err = decoder.Token(); err == io.EOF {
			return true
		}
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		fail(c, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body may be %d bytes at most", maxAdminBody))
		return false
	}
	fail(c, http.StatusBadRequest, "send JSON of the form "+shape)
	return false
}

// correct seals a correction; its id is what the resolution names.
func (d *Door) correct(c *gin.Context) {
	id, ok := identified(c)
	if !ok {
		return
	}
	var correction ledger.Correction
	if !decode(c, &correction, `{"answers": {"FIELD": VALUE}, "unset": ["FIELD"], "by": "NAME"}`) {
		return
	}
	if len(correction.Answers)+len(correction.Unset) == 0 || correction.By == "" {
		fail(c, http.StatusBadRequest, "a correction needs answers or unset, and by: who makes it")
		return
	}
	stage, _, err := d.Ledger.Progress(c.Request.Context(), id)
	if err == nil && stage != submission.StageReview {
		fail(c, http.StatusConflict, "the submission is not in review: its stage is "+string(stage))
		return
	}
	added, err := d.Ledger.AddCorrection(c.Request.Context(), id, correction)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		fail(c, http.StatusNotFound, "there is no such submission")
	case err != nil:
		d.Logger.Error("correction not stored", "submission", id, "error", err)
		fail(c, http.StatusServiceUnavailable, "the correction could not be stored")
	default:
		c.JSON(http.StatusCreated, gin.H{"correction": added})
	}
}

// resolveTimeout is how long a resolution may wait for a worker.
const resolveTimeout = 10 * time.Second

// resolve passes a person's decision to the submission's workflow.
func (d *Door) resolve(c *gin.Context) {
	id, ok := identified(c)
	if !ok {
		return
	}
	var resolution submission.Resolution
	if !decode(c, &resolution, `{"action": "retry|correct|discard", "correction": "ID", "by": "NAME"}`) {
		return
	}
	if resolution.By == "" {
		fail(c, http.StatusBadRequest, "a resolution needs by: who decides")
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), resolveTimeout)
	defer cancel()
	status, err := d.Workflows.Resolve(ctx, id, resolution)
	switch {
	case errors.Is(err, temporal.ErrRefused):
		fail(c, http.StatusConflict, err.Error())
	case errors.Is(err, temporal.ErrNoWorkflow):
		fail(c, http.StatusNotFound, "no workflow of that submission is running")
	case err != nil:
		d.Logger.Error("resolution not passed on", "submission", id, "error", err)
		fail(c, http.StatusServiceUnavailable, "the workflow did not answer: are Temporal and a worker running?")
	default:
		c.JSON(http.StatusOK, status)
	}
}
