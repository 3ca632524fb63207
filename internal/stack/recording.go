package stack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"go.temporal.io/sdk/client"

	"handoff/internal/submission"
)

// identity is the worker's or client's name in an event: a process id and the machine's name, which belong in no
// recording.
var identity = regexp.MustCompile(`"identity":\s*"[^"]*"`)

// Record plays the demo and writes one history per way through the workflow into dir, for the replay tests (I8).
func (s *Stack) Record(ctx context.Context, dir string) error {
	db, err := sql.Open("postgres", s.CRMDSN)
	if err != nil {
		return fmt.Errorf("open the CRM's database: %w", err)
	}
	defer db.Close()
	if err := makeCustomer(ctx, db); err != nil {
		return err
	}
	c, err := s.Dial()
	if err != nil {
		return err
	}
	defer c.Close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of the histories: %w", err)
	}
	scenes := s.scenes(time.Now().UTC().Format("20060102-150405.000"), db)
	for i, sc := range scenes {
		fmt.Fprintf(s.Progress, "%2d/%d %s\n", i+1, len(scenes), sc.title)
		sceneCtx, cancel := context.WithTimeout(ctx, demoTimeout)
		view, err := s.playScene(sceneCtx, sc)
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", sc.title, err)
		}
		if sc.record == "" {
			continue
		}
		if err := s.writeHistory(ctx, c, view.ID, filepath.Join(dir, sc.record+".json")); err != nil {
			return err
		}
	}
	if err := s.recordChecks(ctx, c, db, dir); err != nil {
		return err
	}
	if err := s.recordSources(ctx, c, dir); err != nil {
		return err
	}
	return s.recordRejected(ctx, c, dir)
}

// recordRejected records the end that comes when nobody decides, with a limit of a second instead of thirty days.
func (s *Stack) recordRejected(ctx context.Context, c client.Client, dir string) error {
	if err := s.RestartStarter(ctx, "HANDOFF_REVIEW_LIMIT=1s"); err != nil {
		return err
	}
	delivery, err := s.Sign("demo-request", "rejected-"+time.Now().Format(time.RFC3339Nano), demoRequest(olek))
	if err != nil {
		return err
	}
	receipt, err := s.Send(ctx, delivery, 0)
	if err != nil {
		return err
	}
	if err := s.awaitDone(ctx, receipt.Submission); err != nil {
		return err
	}
	// The ledger knows before the workflow has closed.
	if err := c.GetWorkflow(ctx, string(receipt.Submission), "").Get(ctx, nil); err == nil {
		return errors.New("a submission that nobody resolved must close as failed")
	}
	return s.writeHistory(ctx, c, receipt.Submission, filepath.Join(dir, "rejected.json"))
}

func (s *Stack) writeHistory(ctx context.Context, c client.Client, id submission.ID, name string) error {
	history, err := s.History(ctx, c, id)
	if err != nil {
		return err
	}
	history = identity.ReplaceAll(history, []byte(`"identity": "recorded"`))
	if err := os.WriteFile(name, append(history, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	fmt.Fprintf(s.Progress, "      %s\n", name)
	return nil
}
