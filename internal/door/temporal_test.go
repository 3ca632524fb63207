package door_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"handoff/internal/door"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
	"handoff/internal/temporal"
)

// I1 on real servers: Temporal stops, deliveries are acknowledged all the same and without delay, Temporal comes back,
// and each has one workflow, started in order of arrival.
func TestTemporalStopsAndComesBack(t *testing.T) {
	t.Parallel()
	server := stacktest.TemporalServer(t)
	client, err := temporal.Dial(temporal.Options{Address: server.Address, Namespace: "default", Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	eventually(t, "the search attributes are registered", func() bool {
		return temporal.RegisterSearchAttributes(t.Context(), client, "default") == nil
	})
	w := newWorld(t, func(o *door.Options) {
		o.Workflows, o.RelayBatch = temporal.Workflows{Client: client}, 200
	})
	w.run(t)
	eventually(t, "a workflow is started", func() bool {
		w.deliver(t, "first")
		return len(w.unstarted(t)) == 0
	})

	require.NoError(t, server.Stop(t.Context()))
	const deliveries = 60
	var want []string
	began := time.Now()
	for i := range deliveries {
		id := fmt.Sprint("away-", i)
		require.Equal(t, http.StatusAccepted, w.deliver(t, id).Status)
		want = append(want, string(idOf(id)))
	}
	require.Less(t, time.Since(began), time.Minute, "acknowledgements do not wait for Temporal")
	require.Len(t, w.unstarted(t), deliveries)

	require.NoError(t, server.Start(t.Context()))
	// The client's connection backs off while nobody answers, for ten seconds at most.
	require.Eventually(t, func() bool { return len(w.unstarted(t)) == 0 }, time.Minute, glance, "the relay has started all")
	started := map[string]time.Time{}
	eventually(t, "all workflows are listed", func() bool {
		answer, err := client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: "default", Query: "WorkflowType = '" + submission.WorkflowType + "'", PageSize: 500,
		})
		if err != nil {
			return false
		}
		for _, execution := range answer.GetExecutions() {
			started[execution.GetExecution().GetWorkflowId()] = execution.GetStartTime().AsTime()
		}
		return len(answer.GetExecutions()) == deliveries+1
	})
	require.Len(t, started, deliveries+1, "one workflow each")
	for i := 1; i < deliveries; i++ {
		require.False(t, started[want[i]].Before(started[want[i-1]]), "%d started before %d", i, i-1)
	}
	require.NotContains(t, w.logs.String(), "planted")
}
