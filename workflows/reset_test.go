package workflows_test

import (
	"context"
	"database/sql"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/ledger"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
	"handoff/internal/temporal"
	"handoff/workflows"
)

// TestResetIsSafeAtAnyEvent resets a finished run at every point that the server allows. Each run ends again with the
// same owner, and the CRM holds one record per object all the while (I2).
func TestResetIsSafeAtAnyEvent(t *testing.T) {
	t.Parallel()
	for _, trace := range []submission.Trace{submission.TraceFast, submission.TraceFull} {
		t.Run("trace "+string(trace), func(t *testing.T) {
			t.Parallel()
			l, c, crmDSN := runWorker(t, func(connector crm.Connector) crm.Connector { return connector })
			id := deliver(t, l, "reset-"+string(trace)+time.Now().String(), good())
			require.NoError(t, temporal.Start(t.Context(), c, submission.Submission{ID: id, Source: "website", Form: "demo-request", Trace: trace}, 0))
			first := finish(t, c, l, id)
			require.Equal(t, submission.Created, first.Disposition)

			points := resetPoints(t, c, id)
			require.NotEmpty(t, points)
			for _, event := range points {
				_, err := c.ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
					Namespace: "default", WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: string(id), RunId: firstRun(t, c, id)},
					Reason: "test", WorkflowTaskFinishEventId: event, RequestId: time.Now().String(),
				})
				require.NoError(t, err, "event %d", event)
				again := finish(t, c, l, id)
				require.Equal(t, first.Owner, again.Owner, "the owner stays")
				require.Len(t, again.Records, 3)
				for _, record := range again.Records {
					require.Equal(t, crm.Created, record.Outcome, "who created a record has created it")
				}
			}
			requireOneRecordEach(t, crmDSN)
		})
	}
}

// runWorker runs the real workflow and activities over a real ledger and a real CRM of tables, on the shared server. What
// front makes stands in front of the CRM.
func runWorker(t *testing.T, front func(crm.Connector) crm.Connector) (*ledger.Ledger, client.Client, string) {
	t.Helper()
	crmDSN := stacktest.Postgres(t)
	env := []string{
		"HANDOFF_LEDGER_DSN=" + crmDSN, "HANDOFF_CRM_DSN=" + crmDSN, "HANDOFF_KEYS=" + newKeys(t),
	}
	shipped, err := config.Load("../handoff.yaml", env, config.ProgramWorker)
	require.NoError(t, err)
	connector, err := connectors.New(t.Context(), "crm", shipped.Destinations["crm"])
	require.NoError(t, err)
	t.Cleanup(func() { connector.Close() })
	_, err = connector.(connectors.SetUp).Setup(t.Context())
	require.NoError(t, err)
	acts, l := newActivities(t, func(d *activities.Deps) {
		d.Destinations = map[string]activities.Destination{"crm": {Connector: front(connector)}}
	})
	server := stacktest.TemporalServer(t)
	c, err := temporal.Dial(temporal.Options{Address: server.Address, Namespace: "default", Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	for _, queue := range []string{submission.QueueSubmissions, submission.QueueCRM("crm")} {
		w := worker.New(c, queue, worker.Options{})
		w.RegisterWorkflowWithOptions(workflows.ProcessSubmission, workflow.RegisterOptions{Name: submission.WorkflowType})
		w.RegisterActivity(acts)
		require.NoError(t, w.Start())
		t.Cleanup(w.Stop)
	}
	return l, c, crmDSN
}

// finish waits for the current run's end and returns what the ledger says.
func finish(t *testing.T, c client.Client, l *ledger.Ledger, id submission.ID) ledger.View {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, c.GetWorkflow(ctx, string(id), "").Get(ctx, nil))
	view, err := l.View(ctx, id)
	require.NoError(t, err)
	require.Equal(t, submission.StageDone, view.Stage)
	return view
}

// firstRun is the run whose history has all the points; resets make new runs beside it.
func firstRun(t *testing.T, c client.Client, id submission.ID) string {
	t.Helper()
	described, err := c.DescribeWorkflowExecution(t.Context(), string(id), "")
	require.NoError(t, err)
	return described.GetWorkflowExecutionInfo().GetFirstRunId()
}

func requireOneRecordEach(t *testing.T, dsn string) {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	for _, table := range []string{"companies", "contacts", "leads"} {
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
		require.Equal(t, 1, n, table)
	}
}

// resetPoints are the events at which a run can be reset: completed workflow tasks.
func resetPoints(t *testing.T, c client.Client, id submission.ID) []int64 {
	t.Helper()
	var points []int64
	events := c.GetWorkflowHistory(t.Context(), string(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			points = append(points, event.GetEventId())
		}
	}
	return points
}
