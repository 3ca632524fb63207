package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Welcome hands one sample lead through the stack and prints what became of it and where to look.
func (s *Stack) Welcome(ctx context.Context, w io.Writer) error {
	run := time.Now().UTC().Format("20060102-150405")
	delivery, err := s.Sign("demo-request", "welcome-"+run, demoRequest(mara))
	if err != nil {
		return err
	}
	receipt, err := s.Send(ctx, delivery, 30*time.Second)
	if err != nil {
		return err
	}
	if receipt.Status >= http.StatusBadRequest {
		return fmt.Errorf("the endpoint refused the sample: status %d: %s", receipt.Status, receipt.Detail)
	}
	view, err := s.Await(ctx, receipt.Submission)
	if err != nil {
		return err
	}
	s.reportOne(w, view)

	where := fmt.Sprintf("the CRM's tables psql '%s' -c 'TABLE leads'", s.CRMDSN)
	if s.CRM != OwnTables {
		where = "the CRM          " + s.Sandbox.URL
	}
	again, err := s.Sign("demo-request", "curl-"+run, demoRequest(tomas))
	if err != nil {
		return err
	}
	again.Header.Set("Prefer", "wait=10")
	fmt.Fprintf(w, `
Look at it:
  its workflow     %s
  all workflows    %s/namespaces/default/workflows
  the command line eval "$(%s dev env)", then: handoff show %s
  %s
  logs             %s

The endpoint is %s. Send it a lead yourself (signed now, valid for five minutes; a fresh line: make lead):
  %s

Everything runs until Ctrl-C. The state is in %s; make clean removes it.
`, s.WorkflowURL(view.ID), s.Temporal.UI, s.Folder.Bin("handoff"), receipt.Submission, where, s.Folder.Path+"/log",
		delivery.URL, again.Curl(), s.Folder.Path)
	return nil
}
