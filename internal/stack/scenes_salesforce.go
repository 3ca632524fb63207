package stack

import (
	"context"
	"maps"
	"net/http"
	"time"

	"handoff/internal/crm"
	"handoff/internal/sandbox"
	"handoff/internal/submission"
)

// salesforcePause is how long Handoff leaves an org alone that has too many long calls under way.
const salesforcePause = 10 * time.Second

func (s *Stack) salesforcePart(run string) part {
	p := &script{Stack: s, crm: Salesforce, run: run, people: map[string]string{}}
	lead, first := p.basics()
	p.converted(lead, first)
	p.review()
	someone := func(name string) map[string]any { return demoRequest(p.person(yuki, name)) }
	fault := func(f sandbox.Fault) func(context.Context) error {
		return func(ctx context.Context) error { return s.Sandbox.Fault(ctx, f) }
	}
	p.add("the session has expired: a new one, at once",
		p.but(fault(sandbox.Fault{Kind: sandbox.Expire, Count: 1}), p.send("expired", someone("yuki-401"))), ends(submission.Created, ""))
	locked := someone("yuki-locked")
	p.add("somebody else holds the record's lock", p.but(func(ctx context.Context) error {
		return s.Sandbox.Command(ctx, http.MethodPost, "salesforce/locks", map[string]any{"object": "Lead", "field": "Email", "value": locked["email"], "count": 2})
	}, p.send("locked", locked)), overcame(crm.Transient))
	p.add("Salesforce stores a lead, and its reply is lost",
		p.but(fault(sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/composite", Count: 1}), p.send("lost", someone("yuki-lost"))),
		all(overcame(crm.Transient), wrote("lead", crm.Created)))
	p.add("Salesforce breaks down three times: 503",
		p.but(fault(sandbox.Fault{Kind: sandbox.ServerError, Status: http.StatusServiceUnavailable, Path: "/data/", Count: 3}), p.send("broken", someone("yuki-503"))),
		overcame(crm.Transient))
	p.add("Salesforce says: too many at once",
		p.but(fault(sandbox.Fault{Kind: sandbox.RateLimit, Policy: "ConcurrentPerOrgLongTxn", Path: "/data/", Count: 1}), p.send("many", someone("yuki-limit"))),
		all(overcame(crm.RateLimited), tookAtLeast(salesforcePause)))
	p.crowd()
	return part{title: "Salesforce, on the sandbox", scenes: p.scenes, check: p.checkSalesforce}
}

// converted: sales has made a contact of the first lead; new answers go to the contact.
func (p *script) converted(lead map[string]any, first *submission.ID) {
	answers := maps.Clone(lead)
	answers["job_title"] = "Chief Revenue Officer"
	p.add("a lead that sales has converted", func(ctx context.Context, sc *scene) (submission.ID, error) {
		view, err := p.View(ctx, *first)
		if err != nil {
			return "", err
		}
		for _, r := range view.Records {
			if r.Object != "lead" {
				continue
			}
			if err := p.Sandbox.Command(ctx, http.MethodPost, "salesforce/leads/"+r.RecordID+"/convert", nil); err != nil {
				return "", err
			}
		}
		return p.send("converted", answers)(ctx, sc)
	}, wrote("lead", crm.Updated)) // and with it a new task
}
