package stack

import (
	"context"
	"fmt"
	"log/slog"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"handoff/internal/submission"
	"handoff/internal/temporal"
)

// Dial connects to the stack's Temporal.
func (s *Stack) Dial() (client.Client, error) {
	return temporal.Dial(temporal.Options{Address: s.Temporal.Address, Namespace: "default", Logger: slog.New(slog.DiscardHandler)})
}

// History is the history of a submission's workflow as JSON, as `temporal workflow show --output json` prints it.
func (s *Stack) History(ctx context.Context, c client.Client, id submission.ID) ([]byte, error) {
	return exportHistory(ctx, c, string(id), "")
}

// Histories are the histories of all workflows that the namespace still holds, every run of them, by workflow and run id.
func (s *Stack) Histories(ctx context.Context, c client.Client) (map[string][]byte, error) {
	histories := map[string][]byte{}
	var page []byte
	for {
		list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{NextPageToken: page})
		if err != nil {
			return nil, fmt.Errorf("list the workflows: %w", err)
		}
		for _, execution := range list.GetExecutions() {
			id, run := execution.GetExecution().GetWorkflowId(), execution.GetExecution().GetRunId()
			if histories[id+"/"+run], err = exportHistory(ctx, c, id, run); err != nil {
				return nil, err
			}
		}
		if page = list.GetNextPageToken(); len(page) == 0 {
			return histories, nil
		}
	}
}

func exportHistory(ctx context.Context, c client.Client, id, run string) ([]byte, error) {
	history := &historypb.History{}
	events := c.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", id, err)
		}
		history.Events = append(history.Events, event)
	}
	text, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(history)
	if err != nil {
		return nil, fmt.Errorf("encode the history of %s: %w", id, err)
	}
	return text, nil
}
