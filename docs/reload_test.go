package docs_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"handoff/internal/submission"
)

// reloading is the page about changes while Handoff runs.
const reloading = "reload.md"

// own copies the mappings for the world, which edits them.
func own(t *testing.T, project string) string {
	t.Helper()
	mappings := filepath.Join(t.TempDir(), "mappings")
	require.NoError(t, os.CopyFS(mappings, os.DirFS(filepath.Join(project, "mappings"))))
	return mappings
}

// arrangeReload brings about the situations of that page, and says whether it knows the one that is asked for.
func (w *world) arrangeReload(t *testing.T, situation string) bool {
	t.Helper()
	demo := filepath.Join(w.mappings, "demo-request.yaml")
	switch situation {
	case "untouched":
		w.env = append(w.env, "WORKER_PID="+strconv.Itoa(w.stack.Worker.PID()))
	case "refused":
		edit(t, demo, "type: email, required", "type: emial, required")
	case "repaired":
		edit(t, demo, "type: emial, required", "type: email, required")
	case "drifted":
		w.sent++
		delivery, err := w.stack.Sign("demo-request", "drifted", map[string]any{
			"email": w.address(), "lastname": "Doe", "marketing_opt_in": "yes", "favourite_colour": "blue",
		})
		require.NoError(t, err)
		_, err = w.stack.Send(w.ctx, delivery, 20*time.Second)
		require.NoError(t, err)
	case "schema":
		w.alter(t, "ALTER TABLE contacts RENAME COLUMN job_title TO position")
		t.Cleanup(func() { w.alter(t, "ALTER TABLE contacts RENAME COLUMN position TO job_title") })
		_, err := w.stack.Check(w.ctx, w.temporal, "crm")
		require.NoError(t, err)
	case "retired":
		_, err := w.temporal.ScheduleClient().Create(w.ctx, client.ScheduleOptions{
			ID: submission.ScheduleCheck("old-crm"), Paused: true, Spec: client.ScheduleSpec{},
			Action: &client.ScheduleWorkflowAction{Workflow: submission.CheckType, TaskQueue: submission.QueueSubmissions},
		})
		require.NoError(t, err)
	default:
		return false
	}
	return true
}

func (w *world) alter(t *testing.T, statement string) {
	t.Helper()
	_, err := w.crm.ExecContext(w.ctx, statement)
	require.NoError(t, err)
}

// edit replaces a text in a file as an editor saves it.
func edit(t *testing.T, name, old, now string) {
	t.Helper()
	text := read(t, name)
	require.Contains(t, text, old)
	require.NoError(t, os.WriteFile(name+"~", []byte(strings.Replace(text, old, now, 1)), 0o644))
	require.NoError(t, os.Rename(name+"~", name))
}
