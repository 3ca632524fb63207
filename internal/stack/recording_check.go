package stack

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"handoff/internal/submission"
)

// recordChecks records checks of the CRM's schema: one that finds nothing, and one of a CRM that has lost a column.
func (s *Stack) recordChecks(ctx context.Context, c client.Client, crm *sql.DB, dir string) error {
	if err := s.recordCheck(ctx, c, filepath.Join(dir, "check-clean.json")); err != nil {
		return err
	}
	if _, err := crm.ExecContext(ctx, `ALTER TABLE contacts RENAME COLUMN job_title TO position`); err != nil {
		return fmt.Errorf("take a column from the CRM: %w", err)
	}
	if err := s.recordCheck(ctx, c, filepath.Join(dir, "check-findings.json")); err != nil {
		return err
	}
	if _, err := crm.ExecContext(ctx, `ALTER TABLE contacts RENAME COLUMN position TO job_title`); err != nil {
		return fmt.Errorf("give the CRM its column back: %w", err)
	}
	return nil
}

func (s *Stack) recordCheck(ctx context.Context, c client.Client, name string) error {
	id, err := s.Check(ctx, c, "crm")
	if err != nil {
		return err
	}
	return s.writeHistory(ctx, c, submission.ID(id), name)
}

// Check has a destination's schema checked now, waits for the end of the check, and returns the id of its workflow.
func (s *Stack) Check(ctx context.Context, c client.Client, destination string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	schedule := c.ScheduleClient().GetHandle(ctx, submission.ScheduleCheck(destination))
	before, err := schedule.Describe(ctx)
	if err != nil {
		return "", fmt.Errorf("look at the schedule of %s: %w", destination, err)
	}
	if err := schedule.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ALL}); err != nil {
		return "", fmt.Errorf("trigger the check of %s: %w", destination, err)
	}
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		now, err := schedule.Describe(ctx)
		if err == nil && now.Info.NumActions > before.Info.NumActions && len(now.Info.RunningWorkflows) == 0 {
			run := now.Info.RecentActions[len(now.Info.RecentActions)-1].StartWorkflowResult
			return run.WorkflowID, c.GetWorkflow(ctx, run.WorkflowID, run.FirstExecutionRunID).Get(ctx, nil)
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("wait for the check of %s: %w", destination, ctx.Err())
		case <-ticker.C:
		}
	}
}
