package activities

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/outbox"
	"handoff/internal/submission"
)

// pullStep names the pull in logs and metrics.
const pullStep submission.Step = "pull"

// Puller lists what was submitted to a source's sender, with the source's own credentials and limits. Its errors are
// *crm.Error.
type Puller interface {
	// PullPlan says how the source is pulled, or that it is not.
	PullPlan(source string) (PullPlan, error)
	// PullPage reads one page of a form; the empty cursor is the first one.
	PullPage(ctx context.Context, source, form string, since time.Time, cursor string) (PulledPage, error)
}

// PullPlan is how a source is pulled.
type PullPlan struct {
	Forms                 []string
	Overlap, First, Grace time.Duration
	Only                  bool // no webhooks come from it: nothing is missed
}

// PulledPage is one page of a list.
type PulledPage struct {
	Found []Found
	Next  string // "" at the end
}

// Found is one submission of a list, identified as a webhook's would be.
type Found struct {
	Submission submission.Submission
	Payload    submission.Payload
	Raw        []byte
}

// timeless says that a record cannot be read and neither can its time, for which the present stands: it would be young for
// ever.
func (f Found) timeless() bool {
	return f.Payload.Hold != nil && f.Submission.SubmittedAt.Equal(f.Submission.ReceivedAt)
}

// PullLedger is what a pull asks of the ledger.
type PullLedger interface {
	BeginPull(ctx context.Context, p ledger.PullStart) error
	NextPull(ctx context.Context, id string) (ledger.PullRun, bool, error)
	AdvancePull(ctx context.Context, run ledger.PullRun, page ledger.PullCounts, next string) error
	PullTotal(ctx context.Context, id string) (ledger.PullCounts, int, error)
	KnownOf(ctx context.Context, source, pull string, senderIDs []string) (map[string]bool, error)
	Accept(ctx context.Context, d ledger.Delivery) (ledger.Accepted, error)
}

// PullMetrics counts what pulls find.
type PullMetrics interface {
	Pulled(source string, read, missed int64)
}

// Pulled says what a pull has found until now.
type Pulled struct {
	Ran
	ledger.PullCounts
	Pages int  `json:"pages"`
	Done  bool `json:"done"` // all forms have been read
}

// PullPage reads the next page of a pull, stores what is missing, and notes how far it got in the ledger: whoever runs it
// next goes on from there. What is stored is started by the starter, as every submission that waits.
func (a *Activities) PullPage(ctx context.Context, in submission.Pull) (Pulled, error) {
	done := a.begin(ctx, pullStep)
	pulled, err := a.pullPage(ctx, in)
	if err != nil {
		return Pulled{}, a.fail(ctx, pullStep, "", ofSource(in.Source, err))
	}
	pulled.Ran = ran(ctx)
	done("source", in.Source, "pages", pulled.Pages, "read", pulled.Read, "missed", pulled.Missed)
	return pulled, nil
}

func (a *Activities) pullPage(ctx context.Context, in submission.Pull) (Pulled, error) {
	if a.Puller == nil {
		return Pulled{}, &crm.Error{Kind: crm.Misconfigured, Code: "no_pull"}
	}
	plan, err := a.Puller.PullPlan(in.Source)
	if err != nil {
		return Pulled{}, err
	}
	start := ledger.PullStart{
		ID: in.Run, Source: in.Source, Forms: plan.Forms, Since: in.Since, Overlap: plan.Overlap, First: plan.First, Grace: plan.Grace, Dry: in.Dry,
	}
	if err := a.Pulls.BeginPull(ctx, start); err != nil {
		return Pulled{}, err
	}
	run, more, err := a.Pulls.NextPull(ctx, in.Run)
	if err != nil {
		return Pulled{}, err
	}
	if more {
		if err := a.readPage(ctx, run, plan); err != nil {
			return Pulled{}, err
		}
		if _, more, err = a.Pulls.NextPull(ctx, in.Run); err != nil {
			return Pulled{}, err
		}
	}
	total, pages, err := a.Pulls.PullTotal(ctx, in.Run)
	if err != nil {
		return Pulled{}, err
	}
	if !more && total.Missed > 0 && !plan.Only && !in.Dry {
		if err := a.tellMissed(ctx, in, total); err != nil {
			return Pulled{}, err
		}
	}
	return Pulled{PullCounts: total, Pages: pages, Done: !more}, nil
}

// readPage reads one page and stores what is missing.
func (a *Activities) readPage(ctx context.Context, run ledger.PullRun, plan PullPlan) error {
	page, err := a.Puller.PullPage(ctx, run.Source, run.Form, run.Since, run.Cursor)
	if err != nil {
		return err
	}
	ids := make([]string, len(page.Found))
	for i, found := range page.Found {
		ids[i] = found.Submission.SenderID
	}
	known, err := a.Pulls.KnownOf(ctx, run.Source, run.ID, ids)
	if err != nil {
		return err
	}
	var counts ledger.PullCounts
	for _, found := range page.Found {
		if found.Submission.SubmittedAt.Before(run.Since) {
			continue // senders round
		}
		counts.Read++
		own, there := known[found.Submission.SenderID]
		switch {
		case there && !own:
			counts.There++
			continue
		case !there && found.Submission.SubmittedAt.After(run.Until) && !found.timeless():
			counts.Young++
			continue
		}
		if !there && !run.Dry {
			if err := a.acceptPulled(ctx, run, found); err != nil {
				return err
			}
		}
		known[found.Submission.SenderID] = true
		counts.Missed++
		if found.Payload.Hold != nil {
			counts.Unreadable++
		}
	}
	if err := a.Pulls.AdvancePull(ctx, run, counts, page.Next); err != nil {
		return err
	}
	if missed := counts.Missed; !run.Dry && a.PullMetrics != nil {
		if plan.Only {
			missed = 0
		}
		a.PullMetrics.Pulled(run.Source, counts.Read, missed)
	}
	return nil
}

// acceptPulled writes a submission as the endpoint would. Its webhook may come at the same moment: one of them is the
// first, and the other an event of it (invariant I2).
func (a *Activities) acceptPulled(ctx context.Context, run ledger.PullRun, found Found) error {
	found.Submission.EventID = run.ID
	_, err := a.Pulls.Accept(ctx, ledger.Delivery{
		Submission: found.Submission, Payload: found.Payload, Raw: found.Raw, ContentType: "application/json", Via: ledger.ViaPull,
	})
	return err
}

// missedEvery is how often people are told that a source's webhook does not work, while it does not.
const missedEvery = 6 * time.Hour

// tellMissed says that a webhook is broken, once for all that it missed.
func (a *Activities) tellMissed(ctx context.Context, in submission.Pull, total ledger.PullCounts) error {
	a.Logger.LogAttrs(ctx, slog.LevelError, "webhooks were missed", slog.String("source", in.Source), slog.Int64("missed", total.Missed))
	_, err := a.Notifier.Alert(ctx, outbox.Alert{
		Causes: []string{"missed " + in.Source}, Rhythm: ledger.Rhythm{Every: missedEvery}, Source: in.Source,
		Problems: func([]string) []string {
			return []string{fmt.Sprintf("source %s: %d submissions never came as webhooks and were found by asking the sender. They are being processed. "+
				"Is the webhook switched off, or its secret another one?", in.Source, total.Missed)}
		},
	})
	return err
}
