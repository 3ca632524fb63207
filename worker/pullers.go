package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/source"
)

// pullers list what was submitted to the senders. They follow the configuration.
type pullers struct {
	settings func() *config.Config

	mu     sync.Mutex
	madeOf *config.Config // what made was made of
	made   map[string]puller
}

type puller struct {
	source *source.Source
	lister source.Lister // its limit holds for all pulls of the source in this worker
}

// PullPlan implements activities.Puller.
func (p *pullers) PullPlan(name string) (activities.PullPlan, error) {
	c, ok := p.settings().Sources[name]
	if !ok {
		return activities.PullPlan{}, &crm.Error{Kind: crm.Misconfigured, Code: "no_source"}
	}
	if c.Pull == nil {
		return activities.PullPlan{}, &crm.Error{Kind: crm.Misconfigured, Code: "no_pull"}
	}
	plan := activities.PullPlan{
		Forms: c.Pull.Forms, Overlap: c.Pull.Overlap, First: c.Pull.First, Grace: c.Pull.Grace, Only: c.Pull.Only,
	}
	if len(plan.Forms) == 0 {
		plan.Forms = []string{""}
	}
	return plan, nil
}

// PullPage implements activities.Puller.
func (p *pullers) PullPage(ctx context.Context, name, form string, since time.Time, cursor string) (activities.PulledPage, error) {
	made, err := p.of(name)
	if err != nil {
		return activities.PulledPage{}, err
	}
	listed, err := made.lister.List(ctx, form, since, cursor)
	if err != nil {
		return activities.PulledPage{}, listError(err)
	}
	page := activities.PulledPage{Next: listed.Next}
	for _, item := range made.source.Pulled(listed.Entries, time.Now()) {
		page.Found = append(page.Found, activities.Found{Submission: item.Submission, Payload: item.Payload, Raw: item.Raw})
	}
	return page, nil
}

// listError puts a sender's failure into the words of the taxonomy. A list that is refused is refused for every
// submission: somebody has to change the configuration.
func listError(err error) error {
	err = fetchError(err)
	if e, ok := crm.AsError(err); ok && e.Kind == crm.Invalid {
		e.Kind = crm.Misconfigured
	}
	return err
}

// of is the puller of a source as it is configured now.
func (p *pullers) of(name string) (puller, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.settings()
	if p.madeOf != now {
		p.madeOf, p.made = now, map[string]puller{}
	}
	if made, ok := p.made[name]; ok {
		return made, nil
	}
	s, err := source.NewReader(name, now.Sources[name])
	if err != nil {
		return puller{}, &crm.Error{Kind: crm.Misconfigured, Code: "bad_source"}
	}
	l, err := s.Lister(http.DefaultClient, time.Now)
	if err != nil {
		return puller{}, &crm.Error{Kind: crm.Misconfigured, Code: "no_pull"}
	}
	p.made[name] = puller{s, l}
	return p.made[name], nil
}
