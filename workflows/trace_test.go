package workflows_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
	"handoff/internal/submission"
	"handoff/internal/temporal"
)

// TestTraceShowsBatches: a traced submission tells in the list of its steps, and in the details beside it, in which of the
// vendor's batches its records were written and with how many others.
func TestTraceShowsBatches(t *testing.T) {
	t.Parallel()
	l, c, _ := runWorker(t, func(connector crm.Connector) crm.Connector {
		return pacer.New(connector, pacer.Options{Destination: "crm", Limits: []pacer.Limit{{Class: crm.Calls, Calls: 1000, Per: time.Second}}})
	})
	start := func(trace submission.Trace) submission.ID {
		id := deliver(t, l, "batches-"+string(trace), good())
		require.NoError(t, temporal.Start(t.Context(), c, submission.Submission{ID: id, Source: "website", Form: "demo-request", Trace: trace}, 0))
		finish(t, c, l, id)
		return id
	}
	shown := regexp.MustCompile(`company in batch [0-9a-f]{12} of 1\b.*contact in batch [0-9a-f]{12} of 1\b.*lead in batch [0-9a-f]{12} of 1\b`)
	id := start(submission.TraceFull)
	require.Regexp(t, shown, summaryOf(t, c, id, submission.StepAssign))
	require.NotContains(t, summaryOf(t, c, id, submission.StepUpsert), "batch", "nobody knows it when the step is scheduled")
	require.Regexp(t, `(?s)company in batch.*contact in batch.*lead in batch`, detailsOf(t, c, id))
}

// summaryOf is what the Temporal UI shows of a step in the list of events.
func summaryOf(t *testing.T, c client.Client, id submission.ID, step submission.Step) string {
	t.Helper()
	events := c.GetWorkflowHistory(t.Context(), string(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if event.GetActivityTaskScheduledEventAttributes().GetActivityId() == string(step) {
			var summary string
			require.NoError(t, converter.GetDefaultDataConverter().FromPayload(event.GetUserMetadata().GetSummary(), &summary))
			return summary
		}
	}
	require.Fail(t, "the step is no regular activity", "%s", step)
	return ""
}

// detailsOf is what the Temporal UI shows of the workflow as it is now.
func detailsOf(t *testing.T, c client.Client, id submission.ID) string {
	t.Helper()
	value, err := c.QueryWorkflow(t.Context(), string(id), "", "__temporal_workflow_metadata")
	require.NoError(t, err)
	var metadata sdkpb.WorkflowMetadata
	require.NoError(t, value.Get(&metadata))
	return metadata.GetCurrentDetails()
}
