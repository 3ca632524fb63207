package stack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"handoff/internal/devstack"
	"handoff/internal/submission"
)

// sendersAPI stands in for two senders: a form builder that lists one response, and a network that has one lead.
func sendersAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /forms/F1/responses", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"items":[{"token":"recorded-%d","submitted_at":%q,"answers":[{"type":"email","email":"ada@example.com","field":{"ref":"email"}}]}]}`,
			time.Now().UnixNano(), time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
	})
	mux.HandleFunc("GET /v23.0/{lead}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"id":%q,"form_id":"F1","created_time":%q,"field_data":[{"name":"email","values":["ada@example.com"]}]}`,
			r.PathValue("lead"), time.Now().UTC().Format("2006-01-02T15:04:05-0700"))
	})
	return mux
}

// recordedSources are configured beside the ones that are shipped.
const recordedSources = `sources:
  forms:
    adapter: typeform
    pull: {only: true, url: %[1]s, token_env: RECORDED_KEY, forms: [F1]}
  leads:
    adapter: meta
    secrets: [RECORDED_SECRET]
    verify_tokens: [RECORDED_SECRET]
    fetch: {url: %[1]s, token_env: RECORDED_KEY}
`

const recordedSecret = "a-secret-that-is-only-for-recording"

// recordSources records a pull, and a submission whose answers were fetched.
func (s *Stack) recordSources(ctx context.Context, c client.Client, dir string) error {
	api := httptest.NewServer(sendersAPI())
	defer api.Close()
	root, err := devstack.ProjectRoot()
	if err != nil {
		return err
	}
	shipped, err := os.ReadFile(filepath.Join(root, "handoff.yaml"))
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	file := filepath.Join(s.Folder.Path, "recording.yaml")
	text := strings.Replace(string(shipped), "sources:\n", fmt.Sprintf(recordedSources, api.URL), 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write a configuration for the recording: %w", err)
	}
	env := []string{"HANDOFF_CONFIG=" + file, "HANDOFF_MAPPINGS=" + filepath.Join(root, "mappings"), "RECORDED_KEY=key", "RECORDED_SECRET=" + recordedSecret}
	if err := s.RestartWorker(ctx, env...); err != nil {
		return err
	}
	if err := s.RestartStarter(ctx); err != nil { // with the same environment
		return err
	}
	if err := s.recordPull(ctx, c, dir); err != nil {
		return err
	}
	return s.recordFetch(ctx, c, dir)
}

func (s *Stack) recordPull(ctx context.Context, c client.Client, dir string) error {
	id := submission.SchedulePull("forms") + "-recorded-" + time.Now().UTC().Format("20060102T150405.000")
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: submission.QueueSubmissions, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
	}, submission.PullType, submission.Pull{Source: "forms"})
	if err != nil {
		return fmt.Errorf("start a pull: %w", err)
	}
	if err := run.Get(ctx, nil); err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	return s.writeHistory(ctx, c, submission.ID(id), filepath.Join(dir, "pull.json"))
}

// recordFetch sends a notice. No mapping serves its form, so a person discards it after its answers were fetched.
func (s *Stack) recordFetch(ctx context.Context, c client.Client, dir string) error {
	body := fmt.Appendf(nil, `{"object":"page","entry":[{"id":"1","time":%[1]d,"changes":[{"field":"leadgen","value":{"leadgen_id":"%[2]d","page_id":"1","form_id":"F1","created_time":%[1]d}}]}]}`,
		time.Now().Unix(), time.Now().UnixNano())
	mac := hmac.New(sha256.New, []byte(recordedSecret))
	_, _ = io.WriteString(mac, string(body)) // never fails
	d := Delivery{URL: s.PublicURL + "/hooks/leads", Header: http.Header{}, Body: body}
	d.Header.Set("Content-Type", "application/json")
	d.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	receipt, err := s.Send(ctx, d, 0)
	if err != nil {
		return err
	}
	if err := s.resolveAndWait(ctx, receipt.Submission, submission.Resolution{Action: submission.ActionDiscard, By: "ana"}); err != nil {
		return err
	}
	if err := s.awaitDone(ctx, receipt.Submission); err != nil {
		return err
	}
	return s.writeHistory(ctx, c, receipt.Submission, filepath.Join(dir, "fetched.json"))
}
