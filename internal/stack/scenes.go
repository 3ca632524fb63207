package stack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// lockFor is how long the demo locks the CRM's leads: longer than the local attempt of the upsert may take.
const lockFor = 7 * time.Second

// scenes of the demo. run makes the sender's ids new, so that the demo can be played again over the same state.
func (s *Stack) scenes(run string, db *sql.DB) []*scene {
	all := make([]*scene, 13)
	send := func(i int, form, id string, answers map[string]any) func(context.Context) (submission.ID, error) {
		return func(ctx context.Context) (submission.ID, error) {
			delivery, err := s.Sign(form, id+"-"+run, answers)
			if err != nil {
				return "", err
			}
			return s.deliver(ctx, all[i], delivery)
		}
	}
	fresh := func(person map[string]any, name string) map[string]any { return s.asNew(person, name, run) }

	created, second := fresh(mara, "mara"), fresh(tomas, "tomas")
	var twice Delivery
	set := func(i int, title string, play func(context.Context) (submission.ID, error), expect scene) {
		all[i] = &scene{title: title, play: play, expect: expect.expect}
	}
	is := func(d submission.Disposition, slow submission.Step) scene { return scene{expect: ends(d, slow)} }

	set(0, "a new lead", func(ctx context.Context) (submission.ID, error) {
		var err error
		if twice, err = s.Sign("demo-request", "first-"+run, demoRequest(created)); err != nil {
			return "", err
		}
		return s.deliver(ctx, all[0], twice)
	}, is(submission.Created, ""))
	set(1, "the same event delivered again", func(ctx context.Context) (submission.ID, error) {
		id, err := s.deliver(ctx, all[1], twice)
		if err == nil && all[1].note != "200 duplicate" {
			err = fmt.Errorf("want the answer 200 duplicate, got %s", all[1].note)
		}
		return id, err
	}, is(submission.Created, ""))
	set(2, "the same answers, clicked twice", send(2, "demo-request", "double", demoRequest(created)), is(submission.Duplicate, ""))
	changed := maps.Clone(created)
	changed["job_title"] = "VP Sales"
	set(3, "the same person, new answers", send(3, "demo-request", "update", demoRequest(changed)), is(submission.Updated, ""))
	set(4, "a colleague: same company", send(4, "demo-request", "colleague", demoRequest(second)), is(submission.Created, ""))
	set(5, "an existing customer", send(5, "demo-request", "customer", demoRequest(fresh(ines, "ines"))), is(submission.Routed, ""))
	set(6, "a newsletter sign-up", send(6, "newsletter", "news", map[string]any{
		"email": "amara.whitlock+" + label(run) + "@mail.example", "marketing_opt_in": "yes",
	}), is(submission.Created, ""))
	var invalid submission.ID
	set(7, "an address that is none", func(ctx context.Context) (submission.ID, error) {
		id, err := send(7, "demo-request", "invalid", demoRequest(olek))(ctx)
		invalid = id
		return id, err
	}, scene{expect: inReview})
	set(8, "the same, corrected by a person", func(ctx context.Context) (submission.ID, error) {
		all[8].note = "corrected"
		return invalid, s.correctAndWait(ctx, invalid, "olek.marchetti+"+label(run)+"@adatum.example")
	}, is(submission.Created, ""))
	set(9, "nonsense, discarded by a person", func(ctx context.Context) (submission.ID, error) {
		id, err := send(9, "demo-request", "nonsense", demoRequest(bot))(ctx)
		if err != nil {
			return id, err
		}
		return id, s.resolveAndWait(ctx, id, submission.Resolution{Action: submission.ActionDiscard, By: "demo"})
	}, is(submission.Discarded, ""))
	set(10, "the CRM's table is locked for a while", func(ctx context.Context) (submission.ID, error) {
		unlock, err := lockLeads(ctx, db)
		if err != nil {
			return "", err
		}
		time.AfterFunc(lockFor, unlock)
		return send(10, "demo-request", "locked", demoRequest(fresh(yuki, "yuki")))(ctx)
	}, is(submission.Created, submission.StepUpsert))
	refer := func(i, n int) func(context.Context) (submission.ID, error) {
		return func(ctx context.Context) (submission.ID, error) {
			return s.deliver(ctx, all[i], s.SignPortal(s.referral(run, n)))
		}
	}
	set(11, "a partner's event sign-up, traced", refer(11, 1), is(submission.Created, ""))
	set(12, "another: over the CRM's rate, waits", refer(12, 2), scene{expect: func(v ledger.View) error {
		for _, step := range v.Steps {
			if step.Step == submission.StepUpsert && step.Attempts > 1 {
				return ends(submission.Created, submission.StepUpsert)(v)
			}
		}
		return errors.New("want the upsert to have waited for its turn")
	}})
	for i, name := range map[int]string{
		0: "created", 2: "duplicate", 3: "updated", 5: "routed", 6: "created-contact-only", 7: "in-review", 8: "corrected",
		9: "discarded", 10: "transient-recovered", 11: "created-traced", 12: "rate-limited-traced",
	} {
		all[i].record = name
	}
	return all
}

// asNew gives a person an address that the CRM has not seen in an earlier demo.
func (s *Stack) asNew(person map[string]any, name, run string) map[string]any {
	p := maps.Clone(person)
	email, _ := p["email"].(string)
	for i := range email {
		if email[i] == '@' {
			p["email"] = name + "+" + label(run) + email[i:]
		}
	}
	return p
}

// referral is what the partner portal sends.
func (s *Stack) referral(run string, n int) []byte {
	return fmt.Appendf(nil, `{"referral_id":"ref-%d-%s","partner":"Woodgrove Events","event":{"name":"Autumn Summit"},`+
		`"attendee":{"email":"guest%d+%s@litware.example","name":"Amara Whitlock","country":"FR"},"marketing_consent":"I agree"}`,
		n, run, n, label(run))
}

// label makes a run's time fit for an address.
func label(run string) string {
	out := make([]byte, 0, len(run))
	for i := range len(run) {
		if run[i] >= '0' && run[i] <= '9' {
			out = append(out, run[i])
		}
	}
	return string(out)
}

// deliver sends a delivery and notes the endpoint's answer.
func (s *Stack) deliver(ctx context.Context, sc *scene, d Delivery) (submission.ID, error) {
	receipt, err := s.Send(ctx, d, 0)
	if err != nil {
		return "", err
	}
	sc.note = fmt.Sprint(receipt.Status)
	if receipt.Duplicate {
		sc.note += " duplicate"
	}
	if receipt.Status >= http.StatusBadRequest {
		return "", fmt.Errorf("the endpoint answered %d: %s", receipt.Status, receipt.Detail)
	}
	return receipt.Submission, nil
}

func (s *Stack) correctAndWait(ctx context.Context, id submission.ID, email string) error {
	if err := s.Correct(ctx, id, map[string]any{"email": email}); err != nil {
		return err
	}
	return s.awaitDone(ctx, id)
}

func (s *Stack) resolveAndWait(ctx context.Context, id submission.ID, r submission.Resolution) error {
	if _, err := s.Await(ctx, id); err != nil {
		return err
	}
	if err := s.Resolve(ctx, id, r); err != nil {
		return err
	}
	return s.awaitDone(ctx, id)
}

// awaitDone waits for the disposition of a submission that was in review.
func (s *Stack) awaitDone(ctx context.Context, id submission.ID) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		view, err := s.View(ctx, id)
		if err == nil && view.Stage == submission.StageDone {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the end of %s: %w", id, ctx.Err())
		case <-ticker.C:
		}
	}
}

// lockLeads locks the CRM's table as a migration or a report would.
func lockLeads(ctx context.Context, db *sql.DB) (unlock func(), err error) {
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, fmt.Errorf("lock the CRM's leads: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `LOCK TABLE leads IN ACCESS EXCLUSIVE MODE`); err != nil {
		_ = tx.Rollback()
		return nil, fmt.Errorf("lock the CRM's leads: %w", err)
	}
	return func() { _ = tx.Rollback() }, nil
}
