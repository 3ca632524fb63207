package docs_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"handoff/internal/devstack"
	"handoff/internal/ledger"
	"handoff/internal/programs"
	"handoff/internal/stack"
	"handoff/internal/submission"
)

// world is a whole Handoff of real processes, in which the situations of the documents are arranged.
type world struct {
	ctx      context.Context
	stack    *stack.Stack
	temporal client.Client
	crm      *sql.DB
	lock     *sql.Tx
	folder   string // where commands are run
	mappings string // the world's own, to be edited
	env      []string
	values   map[string]string // of the placeholders
	sent     int
}

// timeout bounds everything: on a busy machine each of dozens of commands takes seconds.
const timeout = 8 * time.Minute

func newWorld(t *testing.T) *world {
	t.Helper()
	tools(t)
	folder := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(folder), 0o755)) // Postgres may run as another user
	bin := filepath.Join(folder, "bin")
	require.NoError(t, programs.Link(bin))
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	t.Cleanup(cancel)
	project, err := devstack.ProjectRoot()
	require.NoError(t, err)

	mappings := own(t, project)
	s, err := stack.Up(ctx, stack.Options{Folder: devstack.Folder{Path: folder}, Root: project, Env: []string{"HANDOFF_MAPPINGS=" + mappings}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Down()) })
	w := &world{ctx: ctx, stack: s, folder: t.TempDir(), mappings: mappings, values: map[string]string{}}
	w.temporal, err = s.Dial()
	require.NoError(t, err)
	t.Cleanup(w.temporal.Close)
	w.crm, err = sql.Open("postgres", s.CRMDSN)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.crm.Close() })
	w.env = append(s.Environment(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return w
}

// arrange brings a situation about, and says which submission it is about.
func (w *world) arrange(t *testing.T, situation string) {
	t.Helper()
	switch situation {
	case "review":
		w.review(t, "demo-request")
	case "several":
		for range 3 {
			w.review(t, "newsletter")
		}
	case "done":
		w.done(t)
	case "corrected":
		id := w.review(t, "demo-request")
		require.NoError(t, w.stack.Correct(w.ctx, id, map[string]any{"email": w.address()}))
		w.await(t, id, func(v ledger.View) bool { return v.Stage == submission.StageDone })
	case "locked":
		var err error
		w.lock, err = w.crm.BeginTx(w.ctx, nil)
		require.NoError(t, err)
		_, err = w.lock.ExecContext(w.ctx, "LOCK TABLE leads IN ACCESS EXCLUSIVE MODE")
		require.NoError(t, err)
		w.awaitPending(t, w.send(t, "demo-request", w.address()))
	case "unlocked":
		require.NoError(t, w.lock.Rollback())
	case "held":
		w.awaitLog(t, `"held":true`)
		w.awaitPending(t, w.send(t, "demo-request", w.address()))
	case "failed":
		w.fail(t)
	case "terminated":
		id := w.review(t, "demo-request")
		require.NoError(t, w.temporal.TerminateWorkflow(w.ctx, string(id), "", "test"))
	case "lost":
		w.lose(t, w.review(t, "demo-request"))
	default:
		require.True(t, w.arrangeReload(t, situation), "no such situation: %s", situation)
	}
}

// address is one that nobody has had before.
func (w *world) address() string {
	w.sent++
	return fmt.Sprintf("person%d@runbook-%d.example", w.sent, w.sent)
}

// send sends a submission, which from here on is the one that the documents speak of.
func (w *world) send(t *testing.T, form, email string) submission.ID {
	t.Helper()
	w.sent++
	delivery, err := w.stack.Sign(form, fmt.Sprintf("runbook-%d", w.sent), map[string]any{
		"email": email, "firstname": "Jo", "lastname": "Doe", "country": "DE", "marketing_opt_in": "yes",
	})
	require.NoError(t, err)
	receipt, err := w.stack.Send(w.ctx, delivery, 0)
	require.NoError(t, err)
	require.Equal(t, 202, receipt.Status, receipt.Detail)
	w.values["SUBMISSION_ID"] = string(receipt.Submission)
	return receipt.Submission
}

func (w *world) review(t *testing.T, form string) submission.ID {
	t.Helper()
	id := w.send(t, form, fmt.Sprintf("no-address-%d", w.sent))
	w.await(t, id, func(v ledger.View) bool { return v.Stage == submission.StageReview })
	return id
}

func (w *world) done(t *testing.T) {
	t.Helper()
	id := w.send(t, "demo-request", w.address())
	w.await(t, id, func(v ledger.View) bool { return v.Stage == submission.StageDone })
}

func (w *world) await(t *testing.T, id submission.ID, reached func(ledger.View) bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		view, err := w.stack.View(w.ctx, id)
		return err == nil && reached(view)
	}, patience, 50*time.Millisecond, "%s", id)
}

// awaitPending waits for a regular activity, which a step becomes when its local attempt has failed.
func (w *world) awaitPending(t *testing.T, id submission.ID) {
	t.Helper()
	require.Eventually(t, func() bool {
		described, err := w.temporal.DescribeWorkflowExecution(w.ctx, string(id), "")
		return err == nil && len(described.GetPendingActivities()) == 1
	}, patience, 50*time.Millisecond, "%s", id)
}

func (w *world) awaitLog(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool {
		log, err := os.ReadFile(w.stack.Folder.Log("worker"))
		return err == nil && strings.Contains(string(log), text)
	}, patience, 50*time.Millisecond, text)
}

// fail starts a workflow that fails: a submission that expires takes a month.
func (w *world) fail(t *testing.T) {
	t.Helper()
	id := submission.NewID("runbook", "failed", "")
	run, err := w.temporal.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{ID: string(id), TaskQueue: submission.QueueSubmissions},
		submission.WorkflowType, submission.Input{Submission: "none"})
	require.NoError(t, err)
	require.Error(t, run.Get(w.ctx, nil))
	w.values["SUBMISSION_ID"] = string(id)
}

// lose takes a workflow away, as a new and empty Temporal would.
func (w *world) lose(t *testing.T, id submission.ID) {
	t.Helper()
	output, err := w.shell("temporal workflow delete -w " + string(id))
	require.NoError(t, err, output)
	require.Eventually(t, func() bool {
		_, err := w.temporal.DescribeWorkflowExecution(w.ctx, string(id), "")
		return err != nil && strings.Contains(err.Error(), "not found")
	}, patience, 50*time.Millisecond)
}
