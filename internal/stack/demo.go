package stack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	_ "github.com/lib/pq"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// scene is one line of the demo: a submission and what must become of it.
type scene struct {
	title  string
	play   func(ctx context.Context) (submission.ID, error)
	expect func(v ledger.View) error
	late   bool   // takes long to end: the others go on meanwhile
	note   string // filled in while playing
	record string // name of the recorded history, "" for none
}

// part is the demo of one CRM.
type part struct {
	title  string
	scenes []*scene
	// check asks the CRM's own records whether all is as it must be.
	check func(ctx context.Context) error
}

// demoTimeout bounds one scene.
const demoTimeout = 90 * time.Second

// Demo sends samples that reach every disposition, through the real endpoint with real signatures, to one CRM after the
// other: HubSpot and Salesforce are those of the sandbox, which the stack must have. It prints what became of each sample, and
// fails if one of them did not end as it must, or a CRM's records say otherwise.
func (s *Stack) Demo(ctx context.Context, w io.Writer, crms ...CRM) error {
	if s.Sandbox != nil {
		fmt.Fprintf(w, "What arrives at HubSpot and Salesforce: %s (while the stack runs; `make run CRM=hubspot` keeps one up)\n", s.Sandbox.URL)
	}
	var problems []error
	for _, crm := range crms {
		if s.CRM != crm {
			if err := s.Use(ctx, crm); err != nil {
				return errors.Join(append(problems, err)...)
			}
		}
		if err := s.demoOf(ctx, w, crm); err != nil {
			problems = append(problems, err)
		}
	}
	fmt.Fprintf(w, "Histories: %s/namespaces/default/workflows (while the stack runs)\n", s.Temporal.UI)
	return errors.Join(problems...)
}

// demoOf is the demo of the CRM that is served.
func (s *Stack) demoOf(ctx context.Context, w io.Writer, crm CRM) error {
	run := time.Now().UTC().Format("20060102-150405.000")
	switch crm {
	case HubSpot:
		p, err := s.hubspotPart(ctx, run)
		if err != nil {
			return err
		}
		return s.playPart(ctx, w, p)
	case Salesforce:
		return s.playPart(ctx, w, s.salesforcePart(run))
	}
	db, err := sql.Open("postgres", s.CRMDSN)
	if err != nil {
		return fmt.Errorf("open the CRM's database: %w", err)
	}
	defer db.Close()
	if err := makeCustomer(ctx, db); err != nil {
		return err
	}
	return s.playPart(ctx, w, part{title: "A CRM of your own tables", scenes: s.scenes(run, db)})
}

// playPart plays the scenes one after the other and prints the table.
func (s *Stack) playPart(ctx context.Context, w io.Writer, p part) error {
	var problems []error
	views := make([]ledger.View, len(p.scenes))
	failed := func(sc *scene, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: %w", p.title, sc.title, err))
		}
	}
	late := map[int]submission.ID{}
	for i, sc := range p.scenes {
		fmt.Fprintf(s.Progress, "%2d/%d %s\n", i+1, len(p.scenes), sc.title)
		sceneCtx, cancel := context.WithTimeout(ctx, demoTimeout)
		var err error
		if sc.late {
			late[i], err = sc.play(sceneCtx)
		} else {
			views[i], err = s.playScene(sceneCtx, sc)
		}
		cancel()
		failed(sc, err)
	}
	for i, id := range late {
		if id == "" {
			continue // it has not been played well
		}
		lateCtx, cancel := context.WithTimeout(ctx, demoTimeout)
		var err error
		if views[i], err = s.Await(lateCtx, id); err == nil {
			err = p.scenes[i].expect(views[i])
		}
		cancel()
		failed(p.scenes[i], err)
	}
	if p.check != nil && ctx.Err() == nil {
		if err := p.check(ctx); err != nil {
			problems = append(problems, fmt.Errorf("%s: the CRM's records: %w", p.title, err))
		}
	}
	fmt.Fprintln(w)
	results := newTable(w, "#", "sample", "answer", "disposition", "records", "owner", "took", "durable steps", "what the CRM refused")
	results.SetTitle("%s", p.title)
	for i, sc := range p.scenes {
		results.AppendRow(sceneRow(i+1, sc, views[i]))
	}
	results.Render()
	return errors.Join(problems...)
}

// makeCustomer makes a company a customer, as the CRM's users would have it.
func makeCustomer(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `
INSERT INTO companies (name, domain, lifecycle) VALUES ('Fabrikam', $1, 'customer')
ON CONFLICT (domain) DO UPDATE SET lifecycle = 'customer'`, customerDomain)
	if err != nil {
		return fmt.Errorf("make a customer in the CRM: %w", err)
	}
	return nil
}

func (s *Stack) playScene(ctx context.Context, sc *scene) (ledger.View, error) {
	id, err := sc.play(ctx)
	if err != nil {
		return ledger.View{}, err
	}
	view, err := s.Await(ctx, id)
	if err != nil {
		return view, err
	}
	return view, sc.expect(view)
}
