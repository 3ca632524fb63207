package activities

import (
	"context"
	"log/slog"
	"strings"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/notify"
	"handoff/internal/submission"
)

// recordStep names the bookkeeping in logs and metrics.
const recordStep submission.Step = "record"

// RecordReview opens the review item of a submission that needs a person, and has the channels told that want to know.
func (a *Activities) RecordReview(ctx context.Context, in Review) (Recorded, error) {
	done := a.begin(ctx, recordStep)
	problems := in.Failure.Problems
	for _, field := range in.Failure.Fields {
		problems = append(problems, submission.Problem{Field: field, Code: in.Failure.Code})
	}
	err := a.Ledger.OpenReview(ctx, in.Submission, ledger.Review{
		Step: in.Step, Kind: string(in.Failure.Kind), Code: in.Failure.Code, Problems: problems,
	})
	if err != nil {
		return Recorded{}, a.fail(ctx, recordStep, in.Destination, err)
	}
	message := notify.Message{
		Event: notify.Review, Submission: string(in.Submission), Problems: codes(in.Failure), URL: a.StatusURL(in.Submission),
	}
	if _, err := a.Notifier.Notify(ctx, message, ""); err != nil {
		return Recorded{}, a.fail(ctx, recordStep, in.Destination, err)
	}
	a.Metrics.InReview(in.Failure.Kind, in.Failure.Code)
	done("kind", string(in.Failure.Kind), "code", in.Failure.Code)
	return Recorded{Ran: ran(ctx)}, nil
}

func codes(f Failure) []string {
	if len(f.Problems) == 0 {
		return []string{f.message()}
	}
	codes := make([]string, 0, len(f.Problems))
	for _, problem := range f.Problems {
		codes = append(codes, strings.TrimSpace(problem.Field+" "+problem.Code))
	}
	return codes
}

// RecordResolution closes the review item with what the person decided.
func (a *Activities) RecordResolution(ctx context.Context, in Resolved) (Recorded, error) {
	done := a.begin(ctx, recordStep)
	if err := a.Ledger.CloseReview(ctx, in.Submission, in.Resolution); err != nil {
		return Recorded{}, a.fail(ctx, recordStep, "", err)
	}
	done("action", string(in.Resolution.Action))
	return Recorded{Ran: ran(ctx)}, nil
}

// RecordConclusion writes the disposition and the timings of the steps: from here on the submission is done.
func (a *Activities) RecordConclusion(ctx context.Context, in Conclusion) (Recorded, error) {
	done := a.begin(ctx, recordStep)
	name, version, _ := strings.Cut(in.Mapping, "@")
	concluded, err := a.Ledger.Conclude(ctx, in.Submission, ledger.Conclusion{
		Disposition: in.Disposition, DuplicateOf: in.DuplicateOf, Mapping: name, MappingVersion: version,
		Destination: in.Destination, Steps: in.Steps,
	})
	if err != nil {
		return Recorded{}, a.fail(ctx, recordStep, in.Destination, err)
	}
	form := a.servedForm(concluded)
	if quietEnd(in.Disposition) {
		message := notify.Message{
			Event: notify.Event(in.Disposition), Submission: string(in.Submission), Source: concluded.Source, Form: form,
			Disposition: string(in.Disposition), URL: a.StatusURL(in.Submission),
		}
		if _, err := a.Notifier.Notify(ctx, message, ""); err != nil {
			return Recorded{}, a.fail(ctx, recordStep, in.Destination, err)
		}
	}
	a.Metrics.Concluded(concluded.Source, form, in.Disposition, concluded.Took)
	a.Logger.LogAttrs(ctx, slog.LevelInfo, "submission concluded",
		slog.String("submission", string(in.Submission)), slog.String("source", concluded.Source),
		slog.String("form", form), slog.String("disposition", string(in.Disposition)),
		slog.String("mapping", in.Mapping), slog.String("destination", in.Destination),
		slog.Int("attempts", attempts(in.Steps)), slog.Duration("took", concluded.Took))
	done("disposition", string(in.Disposition))
	return Recorded{Ran: ran(ctx)}, nil
}

// servedForm is the form as metrics, logs and messages name it: one that no mapping serves is whatever a sender wrote, and there is no
// end of those.
func (a *Activities) servedForm(c ledger.Concluded) string {
	if _, served := a.Rules().Mappings.For(c.Source, c.Form); served {
		return c.Form
	}
	return "unknown"
}

// quietEnd says whether a submission ended before the step that notifies.
func quietEnd(d submission.Disposition) bool {
	return d == submission.Duplicate || d == submission.Discarded || d == submission.Rejected
}

func attempts(steps []submission.StepTiming) int {
	n := 0
	for _, step := range steps {
		n += step.Attempts
	}
	return n
}

// alertKind says whether it is trouble that stops every submission alike: somebody must be told once, not once per lead.
func alertKind(kind crm.Kind) bool { return kind == crm.Auth || kind == crm.Misconfigured }
