package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// script collects the scenes of a vendor's CRM.
type script struct {
	*Stack
	crm    CRM
	run    string // makes ids and addresses new
	scenes []*scene

	mu     sync.Mutex
	people map[string]string // whose records must be there, by address, with the title that they gave last
}

// play plays one scene.
type play func(ctx context.Context, sc *scene) (submission.ID, error)

func (p *script) add(title string, do play, expect func(ledger.View) error) *scene {
	sc := &scene{title: title, expect: expect}
	sc.play = func(ctx context.Context) (submission.ID, error) { return do(ctx, sc) }
	p.scenes = append(p.scenes, sc)
	return sc
}

// person gives somebody an address that the CRM has not seen.
func (p *script) person(who map[string]any, name string) map[string]any {
	return p.asNew(who, name, p.run)
}

// known notes that somebody's records must be in the CRM, with these answers.
func (p *script) known(answers map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.people[fmt.Sprint(answers["email"])] = fmt.Sprint(answers["job_title"])
}

// send sends answers of which records must come.
func (p *script) send(id string, answers map[string]any) play {
	return func(ctx context.Context, sc *scene) (submission.ID, error) {
		p.known(answers)
		return p.post(ctx, sc, id, answers)
	}
}

// post sends answers.
func (p *script) post(ctx context.Context, sc *scene, id string, answers map[string]any) (submission.ID, error) {
	delivery, err := p.Sign("demo-request", id+"-"+p.run, answers)
	if err != nil {
		return "", err
	}
	return p.deliver(ctx, sc, delivery)
}

// but does something before a scene.
func (p *script) but(first func(ctx context.Context) error, then play) play {
	return func(ctx context.Context, sc *scene) (submission.ID, error) {
		if err := first(ctx); err != nil {
			return "", err
		}
		return then(ctx, sc)
	}
}

// basics are the scenes that every CRM has: a new lead, the same twice, new answers. They return whose they are, and what
// tells the first submission.
func (p *script) basics() (lead map[string]any, first *submission.ID) {
	lead, first = demoRequest(p.person(mara, "mara")), new(submission.ID)
	changed := maps.Clone(lead)
	changed["job_title"] = "VP Sales"
	p.add("a new lead", func(ctx context.Context, sc *scene) (submission.ID, error) {
		id, err := p.send("first", lead)(ctx, sc)
		*first = id
		return id, err
	}, ends(submission.Created, ""))
	p.add("the same answers, clicked twice", func(ctx context.Context, sc *scene) (submission.ID, error) {
		return p.post(ctx, sc, "double", lead)
	}, ends(submission.Duplicate, ""))
	p.add("the same person, new answers", p.send("update", changed), wrote("lead", crm.Updated))
	return lead, first
}

// review are the scenes of an address that is none.
func (p *script) review() {
	answers := demoRequest(olek)
	var invalid submission.ID
	p.add("an address that is none", func(ctx context.Context, sc *scene) (submission.ID, error) {
		id, err := p.post(ctx, sc, "invalid", answers)
		invalid = id
		return id, err
	}, inReview)
	p.add("the same, corrected by a person", func(ctx context.Context, sc *scene) (submission.ID, error) {
		sc.note = "corrected"
		right := maps.Clone(answers)
		right["email"] = "olek.marchetti+" + label(p.run) + "@adatum.example"
		p.known(right)
		return invalid, p.correctAndWait(ctx, invalid, fmt.Sprint(right["email"]))
	}, ends(submission.Created, ""))
}

// crowdSize is how many leads come at once.
const crowdSize = 50

// crowd sends many leads at once, and counts what they took.
func (p *script) crowd() {
	title := fmt.Sprintf("%d leads at once", crowdSize)
	p.add(title, func(ctx context.Context, sc *scene) (submission.ID, error) {
		before, err := p.Sandbox.Calls(ctx, p.crm)
		if err != nil {
			return "", err
		}
		began := time.Now()
		ids := make([]submission.ID, crowdSize)
		var sending errgroup.Group
		for i := range ids {
			sending.Go(func() error {
				answers := maps.Clone(yuki)
				answers["email"] = fmt.Sprintf("yuki-%d+%s@contoso-%d.example", i, label(p.run), i)
				var err error
				ids[i], err = p.send(fmt.Sprintf("crowd-%d", i), demoRequest(answers))(ctx, &scene{})
				return err
			})
		}
		if err := sending.Wait(); err != nil {
			return "", err
		}
		var problems []error
		for _, id := range ids {
			view, err := p.Await(ctx, id)
			if err == nil {
				err = ends(submission.Created, "")(view)
			}
			problems = append(problems, err)
		}
		after, err := p.Sandbox.Calls(ctx, p.crm)
		sc.note = fmt.Sprintf("%d calls, %.1f s", len(after)-len(before), time.Since(began).Seconds())
		return ids[0], errors.Join(append(problems, err)...)
	}, ends(submission.Created, ""))
}

// awaitView looks at a submission until it is as wanted.
func (s *Stack) awaitView(ctx context.Context, id submission.ID, wanted func(ledger.View) bool) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		view, err := s.View(ctx, id)
		if err == nil && wanted(view) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("look at %s, which is at stage %s: %w", id, view.Stage, errors.Join(ctx.Err(), err))
		case <-ticker.C:
		}
	}
}
