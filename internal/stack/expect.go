package stack

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// ends expects a disposition, and that a step had to be retried where slow is named.
func ends(disposition submission.Disposition, slow submission.Step) func(ledger.View) error {
	return func(v ledger.View) error {
		if v.Disposition != disposition {
			return fmt.Errorf("want disposition %s, got %s", disposition, end(v))
		}
		if slow == "" {
			return nil
		}
		for _, step := range v.Steps {
			if step.Step == slow && step.Durable {
				return nil
			}
		}
		return fmt.Errorf("want step %s to have left the fast path", slow)
	}
}

func inReview(v ledger.View) error {
	if v.Review == nil {
		return fmt.Errorf("want a review item, got %s", end(v))
	}
	return nil
}

// all expects several things.
func all(expectations ...func(ledger.View) error) func(ledger.View) error {
	return func(v ledger.View) error {
		var problems []error
		for _, expect := range expectations {
			problems = append(problems, expect(v))
		}
		return errors.Join(problems...)
	}
}

// wrote expects what became of a record of the CRM's.
func wrote(object string, outcome crm.Outcome) func(ledger.View) error {
	return func(v ledger.View) error {
		for _, r := range v.Records {
			if r.Object == object && r.Outcome == outcome {
				return nil
			}
		}
		return fmt.Errorf("want the %s to be %s; the submission is %s", object, outcome, end(v))
	}
}

// overcame expects that the CRM refused a call so, and that the submission was created all the same, by a durable retry.
func overcame(kind crm.Kind) func(ledger.View) error {
	return all(ends(submission.Created, submission.StepUpsert), func(v ledger.View) error {
		if !refused(v, kind) {
			return fmt.Errorf("want a call that was refused as %s", kind)
		}
		return nil
	})
}

func refused(v ledger.View, kind crm.Kind) bool {
	return slices.ContainsFunc(v.Calls, func(c ledger.ViewCall) bool { return c.Kind == string(kind) })
}

// tookAtLeast expects that nobody was quicker than the CRM allowed.
func tookAtLeast(d time.Duration) func(ledger.View) error {
	return func(v ledger.View) error {
		if v.FinishedAt != nil && v.FinishedAt.Sub(v.ReceivedAt) < d {
			return fmt.Errorf("want it to have waited for %s, it took %s", d, v.FinishedAt.Sub(v.ReceivedAt))
		}
		return nil
	}
}
