package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"handoff/activities"
	"handoff/internal/submission"
)

// process is the state of one submission's workflow. It holds ids, codes and counts; answers never enter it.
type process struct {
	id          submission.ID
	trace       submission.Trace
	thin        bool   // the answers are to be fetched first
	background  bool   // nobody waits: live submissions go first
	correction  string // the correction that the steps apply, "" for none
	duplicateOf submission.ID
	status      submission.Status
	parked      bool
	reviewLimit time.Duration
	resolution  *submission.Resolution
	batches     []string // of the vendor, in which the records were written; of steps that ran as regular activities
	logger      log.Logger
}

func newProcess(ctx workflow.Context, input submission.Input) (*process, error) {
	if _, err := submission.ParseID(string(input.Submission)); err != nil {
		return nil, temporal.NewNonRetryableApplicationError(err.Error(), "InvalidInput", nil)
	}
	p := &process{
		id:    input.Submission,
		trace: input.Trace,
		thin:  input.Thin, background: input.Background,
		status: submission.Status{Submission: input.Submission, Stage: submission.StageProcessing},
		logger: workflow.GetLogger(ctx),

		reviewLimit: input.ReviewLimit,
	}
	if p.reviewLimit <= 0 {
		p.reviewLimit = submission.DefaultReviewLimit
	}
	return p, p.listen(ctx)
}

// at notes which step is under way, for the status query and the details in the UI. Neither costs an event.
func (p *process) at(ctx workflow.Context, step submission.Step) {
	if step == stepRecord {
		return
	}
	p.status.Step = step
	p.describe(ctx)
}

func (p *process) timed(timing submission.StepTiming) {
	if timing.Step == stepRecord {
		return
	}
	for i := range p.status.Steps {
		if p.status.Steps[i].Step == timing.Step { // again, after a review
			p.status.Steps[i].Took += timing.Took
			p.status.Steps[i].Attempts += timing.Attempts
			p.status.Steps[i].Durable = p.status.Steps[i].Durable || timing.Durable
			return
		}
	}
	p.status.Steps = append(p.status.Steps, timing)
}

func (p *process) mapped(m activities.Mapped) {
	p.status.Mapping, p.status.Destination = m.Mapping, m.Destination
	if m.Trace == submission.TraceFull {
		p.trace = m.Trace
	}
}

// upserted notes the batches in which the records were written, with their sizes.
func (p *process) upserted(u activities.Upserted) {
	for _, record := range u.Records {
		if record.Batch != "" {
			p.batches = append(p.batches, fmt.Sprintf("%s in batch %s of %d", record.Object, record.Batch, record.Writes))
		}
	}
}

// inBatches ends the summary of the step after the upsert: that of the upsert itself was fixed when it was scheduled, before
// anybody knew its batches.
func (p *process) inBatches() string {
	if len(p.batches) == 0 {
		return ""
	}
	return "; " + strings.Join(p.batches, ", ")
}

// upsertQueue is where records go to a destination: by a load of many, or at once.
func upsertQueue(m activities.Mapped, destination string) string {
	if slices.Contains(m.Bulk, destination) {
		return submission.QueueBulk(destination)
	}
	return submission.QueueCRM(destination)
}

func (p *process) assigned(a activities.Assigned) {
	p.status.Owner, p.status.OwnerQueue = a.Owner, a.Queue
}

// struggling shows that a step left the fast path: found by a list filter, and told in the details.
func (p *process) struggling(ctx workflow.Context, step submission.Step, err error) {
	failure := failureOf(err)
	p.status.Stage = submission.Stage(step)
	p.status.ErrorKind, p.status.ErrorCode = string(failure.Kind), failure.Code
	p.describe(ctx)
	p.upsertAttributes(ctx)
	p.logger.Warn("step is retried durably", "step", string(step), "kind", string(failure.Kind), "code", failure.Code)
}

// conclude writes the end into the ledger and the search attributes.
func (p *process) conclude(ctx workflow.Context, disposition submission.Disposition) (submission.Status, error) {
	_, err := run[activities.Recorded](ctx, p, stepRecord, submission.QueueSubmissions, "disposition "+string(disposition),
		do.RecordConclusion, activities.Conclusion{
			Submission: p.id, Disposition: disposition, DuplicateOf: p.duplicateOf, Mapping: p.status.Mapping,
			Destination: p.status.Destination, Steps: p.status.Steps,
		})
	if err != nil {
		return p.status, err
	}
	p.status.Stage, p.status.Step, p.status.Disposition = submission.StageDone, "", disposition
	p.status.ErrorKind, p.status.ErrorCode, p.status.Problems = "", "", nil
	p.describe(ctx)
	p.upsertAttributes(ctx)
	return p.status, nil
}

// upsertAttributes brings the search attributes up to date. Each call is a history event, so the happy path makes one.
func (p *process) upsertAttributes(ctx workflow.Context) {
	updates := []temporal.SearchAttributeUpdate{submission.AttrStage.ValueSet(string(p.status.Stage))}
	set := func(key temporal.SearchAttributeKeyKeyword, value string) {
		if value != "" {
			updates = append(updates, key.ValueSet(value))
		}
	}
	set(submission.AttrMapping, p.status.Mapping)
	set(submission.AttrDestination, p.status.Destination)
	set(submission.AttrDisposition, string(p.status.Disposition))
	set(submission.AttrOwnerQueue, p.status.OwnerQueue)
	if p.status.ErrorKind != "" {
		updates = append(updates, submission.AttrErrorKind.ValueSet(p.status.ErrorKind))
	} else if workflow.GetTypedSearchAttributes(ctx).ContainsKey(submission.AttrErrorKind) {
		updates = append(updates, submission.AttrErrorKind.ValueUnset())
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		p.logger.Error("search attributes not updated", "error", err)
	}
}

// describe writes the details that the Temporal UI shows: where the submission is and why, readable without the history.
func (p *process) describe(ctx workflow.Context) {
	var b strings.Builder
	s := p.status
	fmt.Fprintf(&b, "**Stage** %s", s.Stage)
	if s.Step != "" {
		fmt.Fprintf(&b, ", step %s", s.Step)
	}
	b.WriteString("\n\n")
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "- %s: `%s`\n", name, value)
		}
	}
	line("Disposition", string(s.Disposition))
	line("Mapping", s.Mapping)
	line("Destination", s.Destination)
	line("Owner", s.Owner)
	line("Queue", s.OwnerQueue)
	for _, batch := range p.batches {
		line("Written", batch)
	}
	line("Why", strings.TrimSpace(s.ErrorKind+" "+s.ErrorCode))
	for _, problem := range s.Problems {
		fmt.Fprintf(&b, "- Problem: `%s` %s %s\n", problem.Field, problem.Code, problem.Expect)
	}
	if s.Stage == submission.StageReview {
		b.WriteString("\nWaits for a person: update `resolve` with `retry`, `correct` or `discard`.\n")
	}
	workflow.SetCurrentDetails(ctx, b.String())
}
