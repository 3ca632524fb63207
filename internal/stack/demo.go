package stack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	_ "github.com/lib/pq"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// scene is one line of the demo: a submission and what must become of it.
type scene struct {
	title  string
	play   func(ctx context.Context) (submission.ID, error)
	expect func(v ledger.View) error
	note   string // filled in while playing
	record string // name of the recorded history, "" for none
}

// demoTimeout bounds one scene.
const demoTimeout = 90 * time.Second

// Demo sends samples that reach every disposition, through the real endpoint with real signatures, prints what became of
// each, and fails if one of them did not end as it must.
func (s *Stack) Demo(ctx context.Context, w io.Writer) error {
	crm, err := sql.Open("postgres", s.CRMDSN)
	if err != nil {
		return fmt.Errorf("open the CRM's database: %w", err)
	}
	defer crm.Close()
	if err := makeCustomer(ctx, crm); err != nil {
		return err
	}
	run := time.Now().UTC().Format("20060102-150405.000")
	scenes := s.scenes(run, crm)
	results := newTable(w, "#", "sample", "answer", "disposition", "records", "owner", "took", "durable steps")
	var problems []error
	for i, sc := range scenes {
		fmt.Fprintf(s.Progress, "%2d/%d %s\n", i+1, len(scenes), sc.title)
		sceneCtx, cancel := context.WithTimeout(ctx, demoTimeout)
		view, err := s.playScene(sceneCtx, &scenes[i])
		cancel()
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", sc.title, err))
		}
		results.AppendRow(sceneRow(i+1, scenes[i], view))
	}
	fmt.Fprintln(w)
	results.Render()
	fmt.Fprintf(w, "Histories: %s/namespaces/default/workflows (while the stack runs)\n", s.Temporal.UI)
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

func sceneRow(n int, sc scene, view ledger.View) table.Row {
	var records, took, owner string
	for _, r := range view.Records {
		records += fmt.Sprintf("%s %s\n", r.Outcome, r.Object)
	}
	if view.FinishedAt != nil {
		took = milliseconds(view.FinishedAt.Sub(view.ReceivedAt))
	}
	if view.Owner != nil {
		owner = ownerName(view.Owner)
	}
	return table.Row{n, sc.title, sc.note, end(view), records, owner, took, slowPath(view)}
}

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
