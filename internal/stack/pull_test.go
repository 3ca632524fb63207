package stack_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/reload"
	"handoff/internal/stack"
	"handoff/internal/submission"
)

// typeform is a form builder that sends webhooks, when it does, and lists what was submitted.
type typeform struct {
	mu        sync.Mutex
	responses []string // newest first
}

// response is how both tell of one; its n-th one was submitted n minutes after an hour ago.
func (f *typeform) response(n int) string {
	return fmt.Sprintf(`{"form_id":"F1","token":"token-%d","submitted_at":%q,"answers":[`+
		`{"type":"email","email":"person-%d@pulled.example","field":{"ref":"email","type":"email"}},`+
		`{"type":"boolean","boolean":true,"field":{"ref":"marketing_opt_in","type":"legal"}}]}`,
		n, time.Now().Add(time.Duration(n)*time.Minute-time.Hour).UTC().Format(time.RFC3339), n)
}

func (f *typeform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/forms/F1/responses" || r.Header.Get("Authorization") != "Bearer the-key-of-the-api" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(f.responses, ","))
}

// TestI1WhatWebhooksMissedIsPulled holds, with real programs, that a source whose webhooks stop loses nothing: its schedule
// and its command find what is missing, once, and people are told.
func TestI1WhatWebhooksMissedIsPulled(t *testing.T) {
	t.Parallel()
	e, ctx := upEditable(t)
	sender := &typeform{}
	api := httptest.NewServer(sender)
	t.Cleanup(api.Close)
	const secret = "a-secret-of-typeform"
	for name, value := range map[string]string{"FORMS_SECRET": secret, "FORMS_KEY": "the-key-of-the-api"} {
		require.NoError(t, os.WriteFile(filepath.Join(e.secrets, name), []byte(value), 0o600))
	}
	first := awaitState(ctx, t, e.WorkerURL, "configuration", func(s reload.State) bool { return s.Version != "" }).Version
	edit(t, e.config, "sources:\n", "sources:\n  forms:\n    adapter: typeform\n    secrets: [FORMS_SECRET]\n    form: demo-request\n"+
		"    pull: {every: 24h, url: "+api.URL+", token_env: FORMS_KEY, forms: [F1]}\n")
	for _, url := range []string{e.AdminURL, e.WorkerURL} {
		awaitState(ctx, t, url, "configuration", func(s reload.State) bool { return s.Version != first && s.Refused == nil })
	}
	edit(t, filepath.Join(e.mappings, "demo-request.yaml"), "sources: [website]", "sources: [website, forms]")
	awaitLog(t, e.Stack, "worker", `"mappings":["demo-request from`)

	c, err := e.Dial()
	require.NoError(t, err)
	defer c.Close()
	await(t, "the schedule", func() bool {
		_, err := c.ScheduleClient().GetHandle(ctx, submission.SchedulePull("forms")).Describe(ctx)
		return err == nil
	})

	for n := range 3 {
		response := sender.response(n)
		sender.mu.Lock()
		sender.responses = append([]string{response}, sender.responses...)
		sender.mu.Unlock()
		if n != 1 { // one webhook does not come
			e.typeform(ctx, t, secret, response)
		}
	}
	printed := e.command(ctx, t, "pull", "forms", "--dry-run")
	require.Contains(t, printed, "forms: 3 listed, 2 known, 1 missed by the webhook and left alone.")
	printed = e.command(ctx, t, "pull", "forms")
	require.Contains(t, printed, "forms: 3 listed, 2 known, 1 missed by the webhook and now being processed.")
	missed := submission.NewID("forms", "token-1", "")
	view, err := e.Await(ctx, missed)
	require.NoError(t, err)
	require.Equal(t, submission.Created, view.Disposition)
	await(t, "the alert", func() bool { return e.alerted("source forms: 1 submissions never came as webhooks") == 1 })
	require.Contains(t, string(get(ctx, t, e.WorkerURL+"/metrics")), `handoff_pull_missed_total{source="forms"} 1`)

	// The webhook comes after all: it is an event of what is there.
	receipt := e.typeform(ctx, t, secret, sender.responses[1])
	require.Equal(t, missed, receipt.Submission)
	require.Equal(t, http.StatusOK, receipt.Status)
	require.Contains(t, e.command(ctx, t, "pull", "forms", "--since", "2h"), "forms: 3 listed, 3 known, 0 missed")

	output, err := e.run(ctx, "pull", "website")
	require.Error(t, err)
	require.Contains(t, output, "source website is not pulled: give it a section `pull:`")
	output, err = e.run(ctx, "pull", "form")
	require.Error(t, err)
	require.Contains(t, output, `did you mean "forms"?`)
	output, err = e.run(ctx, "pull", "forms", "--since", "yesterday")
	require.Error(t, err)
	require.Contains(t, output, `want a span such as 7d, 2w or 36h, or a day such as 2026-03-02`)

	require.NoError(t, os.WriteFile(filepath.Join(e.secrets, "FORMS_KEY"), []byte("another-key-of-the-api"), 0o600))
	edit(t, e.config, "{every: 24h,", "{every: 12h,") // the key counts from now on
	await(t, "the new interval", func() bool {
		d, err := c.ScheduleClient().GetHandle(ctx, submission.SchedulePull("forms")).Describe(ctx)
		return err == nil && d.Schedule.Spec.Intervals[0].Every == 12*time.Hour
	})
	edit(t, e.config, "    pull: {every: 12h", "    # pull: {every: 12h")
	await(t, "the schedule's end", func() bool {
		_, err := c.ScheduleClient().GetHandle(ctx, submission.SchedulePull("forms")).Describe(ctx)
		return err != nil && ctx.Err() == nil
	})
}

// typeform sends a webhook as Typeform does.
func (e *editable) typeform(ctx context.Context, t *testing.T, secret, response string) stack.Receipt {
	t.Helper()
	body := `{"event_id":"evt-` + fmt.Sprint(time.Now().UnixNano()) + `","event_type":"form_response","form_response":` + response + `}`
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	d := stack.Delivery{URL: e.PublicURL + "/hooks/forms", Header: http.Header{}, Body: []byte(body)}
	d.Header.Set("Content-Type", "application/json")
	d.Header.Set("Typeform-Signature", "sha256="+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	receipt, err := e.Send(ctx, d, 0)
	require.NoError(t, err)
	require.Contains(t, []int{http.StatusOK, http.StatusAccepted}, receipt.Status, receipt.Detail)
	return receipt
}

// run runs the command line as a person beside the programs would.
func (e *editable) run(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, e.Folder.Bin("handoff"), args...)
	command.Env = append(os.Environ(), e.Environment()...)
	output, err := command.CombinedOutput()
	return string(output), err
}

func (e *editable) command(ctx context.Context, t *testing.T, args ...string) string {
	t.Helper()
	output, err := e.run(ctx, args...)
	require.NoError(t, err, output)
	return output
}
