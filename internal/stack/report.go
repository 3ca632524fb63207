package stack

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// WorkflowURL is the page of a submission's workflow in the Temporal UI.
func (s *Stack) WorkflowURL(id submission.ID) string {
	return fmt.Sprintf("%s/namespaces/default/workflows/%s", s.Temporal.UI, id)
}

func newTable(w io.Writer, columns ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(columns)
	return t
}

// reportOne prints what became of one submission.
func (s *Stack) reportOne(w io.Writer, view ledger.View) {
	fmt.Fprintf(w, "\nSubmission %s is %s.\n\n", view.ID, end(view))
	steps := newTable(w, "step", "took", "attempts", "path")
	for _, step := range view.Steps {
		path := "local"
		if step.Durable {
			path = "durable"
		}
		steps.AppendRow(table.Row{step.Step, milliseconds(step.Took), step.Attempts, path})
	}
	steps.Render()
	records := newTable(w, "record", "id", "outcome", "fields")
	for _, r := range view.Records {
		records.AppendRow(table.Row{r.Object, r.RecordID, r.Outcome, len(r.Fields)})
	}
	records.Render()
	if view.Owner != nil {
		fmt.Fprintf(w, "Owner: %s. %s\n", ownerName(view.Owner), view.Owner.Explanation)
	}
	if view.FinishedAt != nil {
		fmt.Fprintf(w, "From receipt to disposition: %s\n", milliseconds(view.FinishedAt.Sub(view.ReceivedAt)))
	}
}

func ownerName(o *ledger.ViewOwner) string {
	if o.Owner != "" {
		return o.Owner
	}
	return "queue " + o.Queue
}

// end says in a few words where a submission is.
func end(view ledger.View) string {
	if view.Review != nil {
		return fmt.Sprintf("in review at %s: %s %s", view.Review.Step, view.Review.Kind, view.Review.Code)
	}
	if view.Disposition != "" {
		return string(view.Disposition)
	}
	return string(view.Stage)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// slowPath names the steps that left the fast path, with their attempts.
func slowPath(view ledger.View) string {
	var steps []string
	for _, step := range view.Steps {
		if step.Durable {
			steps = append(steps, fmt.Sprintf("%s ×%d", step.Step, step.Attempts))
		}
	}
	return strings.Join(steps, ", ")
}

// sceneRow is a scene's row in the demo's table.
func sceneRow(n int, sc *scene, view ledger.View) table.Row {
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
	return table.Row{n, sc.title, sc.note, end(view), strings.TrimSuffix(records, "\n"), owner, took, slowPath(view), refusals(view)}
}

// refusals are what the CRM said that kept a submission waiting, each answer once.
func refusals(view ledger.View) string {
	var said []string
	for _, c := range view.Calls {
		line := c.Kind + " " + c.Code
		if c.Status != 0 {
			line = fmt.Sprintf("%d: %s", c.Status, line)
		}
		if c.Kind != "" && !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	return strings.Join(said, "\n")
}
