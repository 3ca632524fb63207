package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"handoff/internal/submission"
)

// View is all that may be shown of a submission: never an answer, never the sender's own ids.
type View struct {
	ID             submission.ID           `json:"submission"`
	Source         string                  `json:"source"`
	Form           string                  `json:"form"`
	Stage          submission.Stage        `json:"stage"`
	Disposition    submission.Disposition  `json:"disposition,omitempty"`
	DuplicateOf    submission.ID           `json:"duplicate_of,omitempty"`
	Mapping        string                  `json:"mapping,omitempty"`
	MappingVersion string                  `json:"mapping_version,omitempty"`
	Destination    string                  `json:"destination,omitempty"`
	Owner          *ViewOwner              `json:"owner,omitempty"`
	Review         *ViewReview             `json:"review,omitempty"`
	Records        []WriteRecord           `json:"records,omitempty"`
	Steps          []submission.StepTiming `json:"steps,omitempty"`
	Calls          []ViewCall              `json:"calls,omitempty"`
	Events         int                     `json:"events"`
	SubmittedAt    time.Time               `json:"submitted_at"`
	ReceivedAt     time.Time               `json:"received_at"`
	StartedAt      *time.Time              `json:"started_at,omitempty"`
	FinishedAt     *time.Time              `json:"finished_at,omitempty"`
}

// ViewOwner says who got the records and why.
type ViewOwner struct {
	Owner       string `db:"owner" json:"owner,omitempty"`
	Queue       string `db:"queue" json:"queue,omitempty"`
	Rule        string `db:"rule" json:"rule"`
	Explanation string `db:"explanation" json:"explanation"`
}

// ViewReview says why the submission waits for a person.
type ViewReview struct {
	Step     submission.Step      `json:"step"`
	Kind     string               `json:"kind"`
	Code     string               `json:"code"`
	Problems []submission.Problem `json:"problems,omitempty"`
	OpenedAt time.Time            `json:"opened_at"`
}

// ViewCall is the clear part of a call to a CRM.
type ViewCall struct {
	Step        submission.Step `db:"step" json:"step"`
	Destination string          `db:"destination" json:"destination"`
	Operation   string          `db:"operation" json:"operation"`
	Attempt     int             `db:"attempt" json:"attempt"`
	Status      int             `db:"status" json:"status,omitempty"`
	Kind        string          `db:"kind" json:"kind,omitempty"`
	Code        string          `db:"code" json:"code,omitempty"`
	RequestID   string          `db:"request_id" json:"request_id,omitempty"`
	Batch       int             `db:"batch" json:"batch"`
	StartedAt   time.Time       `db:"started_at" json:"started_at"`
	TookMS      float64         `db:"took_ms" json:"took_ms"`
}

// View reads what may be shown of a submission, or fails with ErrNotFound.
func (l *Ledger) View(ctx context.Context, id submission.ID) (View, error) {
	v, err := l.viewSubmission(ctx, id)
	if err != nil {
		return View{}, fmt.Errorf("view %s: %w", id, err)
	}
	if v.Records, err = l.Writes(ctx, id); err != nil {
		return View{}, err
	}
	if err := l.db.SelectContext(ctx, &v.Calls, `
SELECT step, destination, operation, attempt, status, kind, code, request_id, batch, started_at, took_ms FROM crm_calls
WHERE submission_id = $1 ORDER BY id`, string(id)); err != nil {
		return View{}, fmt.Errorf("view the calls of %s: %w", id, err)
	}
	var owner ViewOwner
	switch err := l.db.GetContext(ctx, &owner, `
SELECT owner, queue, rule, explanation FROM assignments WHERE submission_id = $1`, string(id)); {
	case err == nil:
		v.Owner = &owner
	case !errors.Is(err, sql.ErrNoRows):
		return View{}, fmt.Errorf("view the owner of %s: %w", id, err)
	}
	v.Review, err = l.viewReview(ctx, id)
	return v, err
}

func (l *Ledger) viewSubmission(ctx context.Context, id submission.ID) (View, error) {
	var r struct {
		row
		Stage          submission.Stage       `db:"stage"`
		Disposition    submission.Disposition `db:"disposition"`
		DuplicateOf    submission.ID          `db:"duplicate_of"`
		Mapping        string                 `db:"mapping"`
		MappingVersion string                 `db:"mapping_version"`
		Destination    string                 `db:"destination"`
		Steps          []byte                 `db:"steps"`
		StartedAt      *time.Time             `db:"started_at"`
		FinishedAt     *time.Time             `db:"finished_at"`
		Events         int                    `db:"events"`
	}
	err := l.db.GetContext(ctx, &r, `
SELECT id, source, form, sender_id, revision, submitted_at, received_at, trace, stage, disposition, duplicate_of, mapping,
       mapping_version, destination, steps, started_at, finished_at,
       (SELECT count(*) FROM events WHERE submission_id = $1) AS events
FROM submissions WHERE id = $1`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return View{}, ErrNotFound
	}
	if err != nil {
		return View{}, err
	}
	v := View{
		ID: r.ID, Source: r.Source, Form: r.Form, Stage: r.Stage, Disposition: r.Disposition, DuplicateOf: r.DuplicateOf,
		Mapping: r.Mapping, MappingVersion: r.MappingVersion, Destination: r.Destination, Events: r.Events,
		SubmittedAt: r.SubmittedAt.UTC(), ReceivedAt: r.ReceivedAt.UTC(), StartedAt: r.StartedAt, FinishedAt: r.FinishedAt,
	}
	if err := json.Unmarshal(r.Steps, &v.Steps); err != nil {
		return View{}, fmt.Errorf("decode the steps: %w", err)
	}
	return v, nil
}

func (l *Ledger) viewReview(ctx context.Context, id submission.ID) (*ViewReview, error) {
	var r struct {
		Step     submission.Step `db:"step"`
		Kind     string          `db:"kind"`
		Code     string          `db:"code"`
		Problems []byte          `db:"problems"`
		OpenedAt time.Time       `db:"opened_at"`
	}
	err := l.db.GetContext(ctx, &r, `
SELECT step, kind, code, problems, opened_at FROM review_items WHERE submission_id = $1 AND closed_at IS NULL`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("view the review of %s: %w", id, err)
	}
	v := &ViewReview{Step: r.Step, Kind: r.Kind, Code: r.Code, OpenedAt: r.OpenedAt.UTC()}
	if err := json.Unmarshal(r.Problems, &v.Problems); err != nil {
		return nil, fmt.Errorf("decode the problems of %s: %w", id, err)
	}
	return v, nil
}

// Progress says where a submission is and, once it has ended, how.
func (l *Ledger) Progress(ctx context.Context, id submission.ID) (submission.Stage, submission.Disposition, error) {
	var r struct {
		Stage       submission.Stage       `db:"stage"`
		Disposition submission.Disposition `db:"disposition"`
	}
	err := l.db.GetContext(ctx, &r, `SELECT stage, disposition FROM submissions WHERE id = $1`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", fmt.Errorf("look at %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return "", "", fmt.Errorf("look at %s: %w", id, err)
	}
	return r.Stage, r.Disposition, nil
}
