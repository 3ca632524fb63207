package door

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"handoff/internal/ledger"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// receipt is the answer to a delivery of one submission.
type receipt struct {
	Submission  submission.ID          `json:"submission"`
	Workflow    string                 `json:"workflow"`
	StatusURL   string                 `json:"status_url"`
	Duplicate   bool                   `json:"duplicate,omitempty"` // delivered before
	Stage       submission.Stage       `json:"stage,omitempty"`
	Disposition submission.Disposition `json:"disposition,omitempty"`
	Records     []ledger.WriteRecord   `json:"records,omitempty"`
}

// receipts is the answer to a delivery of several, in their order, and to one of none.
type receipts struct {
	Submissions []receipt `json:"submissions"`
}

// acknowledge answers an accepted delivery: 202 where anything in it is new, 200 where nothing is, and 200 to senders
// that take nothing else. The answer to a single submission comes after the wait that the sender prefers.
func (d *Door) acknowledge(c *gin.Context, reading source.Reading, accepted []ledger.Accepted) {
	status, result := outcome(reading, accepted)
	answers := make([]receipt, len(accepted))
	for i, a := range accepted {
		answers[i] = d.receipt(a)
	}
	if wait := preferredWait(c.Request.Header); wait > 0 && len(answers) == 1 {
		status = d.waited(c, &answers[0], status, wait)
	}
	d.result(c, result)
	m := manners(c)
	if m.Exactly200 {
		status = http.StatusOK
	}
	switch {
	case m.EmptyObject:
		c.JSON(status, struct{}{})
	case len(answers) == 1:
		c.JSON(status, answers[0])
	default:
		c.JSON(status, receipts{answers})
	}
}

// outcome is the status of an accepted delivery, and what the metrics call it.
func outcome(reading source.Reading, accepted []ledger.Accepted) (status int, result string) {
	if len(accepted) == 0 {
		return http.StatusOK, "ignored" // nothing that anybody asked for: sending it again would not help
	}
	status, result = http.StatusOK, "duplicate"
	for i, a := range accepted {
		if !a.New {
			continue
		}
		if status = http.StatusAccepted; result == "duplicate" {
			result = "accepted"
		}
		item := reading.Submissions[i]
		switch {
		case item.Payload.Hold != nil:
			result = item.Payload.Hold.Code
		case item.Submission.Test && result == "accepted":
			result = "test"
		}
	}
	return status, result
}

func (d *Door) receipt(a ledger.Accepted) receipt {
	return receipt{
		Submission: a.ID, Workflow: string(a.ID), Duplicate: !a.New, StatusURL: d.AdminURL + "/api/submissions/" + string(a.ID),
	}
}

// waited fills in how the submission ended, if it does in time.
func (d *Door) waited(c *gin.Context, answer *receipt, status int, wait time.Duration) int {
	c.Header("Preference-Applied", fmt.Sprintf("wait=%d", wait/time.Second))
	c.Set(keyWaited, true)
	allow(c.Writer, wait)
	answer.Stage, answer.Disposition = d.await(c.Request.Context(), answer.Submission, wait)
	if answer.Stage != submission.StageDone {
		return status
	}
	if view, err := d.Ledger.View(c.Request.Context(), answer.Submission); err == nil {
		answer.Records = view.Records
	}
	return http.StatusOK
}
