package stack_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"handoff/internal/devstack"
	"handoff/internal/reload"
	"handoff/internal/stack"
	"handoff/internal/submission"
)

// editable is a stack over copies of the configuration and the mappings, which the test edits, and a channel for alerts.
type editable struct {
	*stack.Stack
	mappings, config, secrets string // paths

	mu     sync.Mutex
	alerts []string
}

func upEditable(t *testing.T) (*editable, context.Context) {
	t.Helper()
	root, err := devstack.ProjectRoot()
	require.NoError(t, err)
	e := &editable{config: filepath.Join(t.TempDir(), "handoff.yaml"), mappings: filepath.Join(t.TempDir(), "mappings"), secrets: t.TempDir()}
	require.NoError(t, os.CopyFS(e.mappings, os.DirFS(filepath.Join(root, "mappings"))))
	alerts := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var told struct {
			Data struct {
				Problems []string `json:"problems"`
			} `json:"data"`
		}
		if json.NewDecoder(r.Body).Decode(&told) == nil {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.alerts = append(e.alerts, strings.Join(told.Data.Problems, "\n"))
		}
	}))
	t.Cleanup(alerts.Close)
	text, err := os.ReadFile(filepath.Join(root, "handoff.yaml"))
	require.NoError(t, err)
	changed := strings.Replace(string(text), "  channels: {}\n", "  channels:\n    ops:\n      webhook: {url: "+alerts.URL+", secret_env: OPS_SECRET}\n      on: [alert]\n", 1)
	require.NotEqual(t, string(text), changed)
	require.NoError(t, os.WriteFile(e.config, []byte(changed), 0o644))
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of twenty-four b"))
	var ctx context.Context
	e.Stack, ctx = up(t, "HANDOFF_MAPPINGS="+e.mappings, "HANDOFF_CONFIG="+e.config, "HANDOFF_SECRETS_DIR="+e.secrets, "OPS_SECRET="+secret)
	return e, ctx
}

// edit replaces a text in a file, as an editor saves it: another file takes its place.
func edit(t *testing.T, name string, oldAndNew ...string) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	edited := string(text)
	for pair := range slices.Chunk(oldAndNew, 2) {
		require.Contains(t, edited, pair[0])
		edited = strings.Replace(edited, pair[0], pair[1], 1)
	}
	require.NoError(t, os.WriteFile(name+"~", []byte(edited), 0o644))
	require.NoError(t, os.Rename(name+"~", name))
}

// readiness is what a program tells about itself.
type readiness struct {
	Ready  bool                    `json:"ready"`
	Reload map[string]reload.State `json:"reload"`
}

func ready(ctx context.Context, t *testing.T, url string) readiness {
	t.Helper()
	var r readiness
	require.NoError(t, json.Unmarshal(get(ctx, t, url+"/readyz"), &r))
	return r
}

// awaitState waits until a program tells a state that is wanted.
func awaitState(ctx context.Context, t *testing.T, url, what string, wanted func(reload.State) bool) reload.State {
	t.Helper()
	var state reload.State
	await(t, "the "+what+" of "+url, func() bool {
		response, err := http.Get(url + "/readyz")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		var r readiness
		if json.NewDecoder(response.Body).Decode(&r) != nil {
			return false
		}
		state = r.Reload[what]
		return wanted(state)
	})
	require.True(t, ready(ctx, t, url).Ready, "no version makes a program unready")
	return state
}

func (e *editable) alerted(containing string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, alert := range e.alerts {
		if strings.Contains(alert, containing) {
			n++
		}
	}
	return n
}

// underway is how many submissions of a flow are on their way at most: a busy machine makes the flow slower, not longer.
const underway = 8

// flow sends leads one after the other until it is stopped.
type flow struct {
	mu   sync.Mutex
	sent []submission.ID
	err  error
	stop func()
}

func (e *editable) flow(ctx context.Context) *flow {
	f := &flow{}
	stopping, ended := make(chan struct{}), make(chan struct{})
	f.stop = sync.OnceFunc(func() { close(stopping); <-ended })
	go func() {
		defer close(ended)
		pace := time.NewTicker(30 * time.Millisecond) // a flow, not a flood
		defer pace.Stop()
		for i := 0; ; i++ {
			select {
			case <-stopping:
				return
			case <-pace.C:
			}
			err := f.send(ctx, e.Stack, fmt.Sprintf("flow%d", i))
			if err == nil && i >= underway {
				_, err = e.Await(ctx, f.sent[i-underway])
			}
			if err != nil {
				f.mu.Lock()
				f.err = err
				f.mu.Unlock()
				return
			}
		}
	}()
	return f
}

func (f *flow) send(ctx context.Context, s *stack.Stack, name string) error {
	delivery, err := s.Sign("demo-request", name, map[string]any{
		"email": name + "@" + name + ".example", "lastname": "Body", "country": "DE", "marketing_opt_in": "yes",
	})
	if err != nil {
		return err
	}
	receipt, err := s.Send(ctx, delivery, 0)
	if err != nil {
		return err
	}
	if receipt.Status != http.StatusAccepted {
		return fmt.Errorf("status %d: %s", receipt.Status, receipt.Detail)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, receipt.Submission)
	return nil
}

func (f *flow) ids(t *testing.T) []submission.ID {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	require.NoError(t, f.err)
	return append([]submission.ID(nil), f.sent...)
}

// more waits until n more were acknowledged, and returns how many there were before.
func (f *flow) more(t *testing.T, n int) int {
	t.Helper()
	before := len(f.ids(t))
	await(t, "submissions flow", func() bool { return len(f.ids(t)) >= before+n })
	return before
}

// TestMappingsAreReloadedWhileSubmissionsFlow edits a mapping under load: the old version carries what came before, the new
// one what comes after, a broken edit is refused and told while the old one serves on, no submission is lost, and each
// wrote what the version that it is pinned to says.
func TestMappingsAreReloadedWhileSubmissionsFlow(t *testing.T) {
	t.Parallel()
	e, ctx := upEditable(t)
	demo := filepath.Join(e.mappings, "demo-request.yaml")
	first := awaitState(ctx, t, e.WorkerURL, "rules", func(s reload.State) bool { return s.Version != "" }).Version

	f := e.flow(ctx)
	defer f.stop()
	f.more(t, 20)
	begun := len(f.ids(t))
	for _, id := range f.ids(t)[:begun] { // all of them through before the edit
		_, err := e.Await(ctx, id)
		require.NoError(t, err)
	}
	edit(t, demo, "{value: new, to: lead.status}", "{value: fresh, to: lead.status}")
	second := awaitState(ctx, t, e.WorkerURL, "rules", func(s reload.State) bool { return s.Version != first })
	require.Nil(t, second.Refused)
	after := f.more(t, 20)

	edit(t, demo, "type: email, required: true}", "type: emial, required: true}")
	broken := awaitState(ctx, t, e.WorkerURL, "rules", func(s reload.State) bool { return s.Refused != nil })
	require.Equal(t, second.Version, broken.Version, "the old one serves on")
	require.Regexp(t, `(?m)^demo-request\.yaml:\d+:\d+: \$\.fields\[\d+\]\.type: unknown type "emial"; did you mean "email"\?$`,
		strings.Join(broken.Refused.Problems, "\n"))
	metrics := string(get(ctx, t, e.WorkerURL+"/metrics"))
	require.Contains(t, metrics, `handoff_reload_broken{what="rules"} 1`)
	require.Contains(t, metrics, `handoff_reload_total{result="reloaded",what="rules"} 1`)
	require.Contains(t, metrics, `handoff_reload_total{result="refused",what="rules"} 1`)
	await(t, "the alert", func() bool { return e.alerted("rules: version "+broken.Refused.Version+" is broken and refused") == 1 })
	whileBroken := f.more(t, 20)

	edit(t, demo, "emial", "email")
	awaitState(ctx, t, e.WorkerURL, "rules", func(s reload.State) bool { return s.Refused == nil })
	require.Contains(t, string(get(ctx, t, e.WorkerURL+"/metrics")), `handoff_reload_broken{what="rules"} 0`)
	f.more(t, 5)
	f.stop()
	require.Equal(t, 1, e.alerted("refused"))

	ids := f.ids(t)
	status := e.statuses(ctx, t)
	require.Len(t, status, len(ids), "each submission has its lead")
	versions := map[string]string{} // what each version writes
	for i, id := range ids {
		view, err := e.Await(ctx, id)
		require.NoError(t, err)
		require.Equal(t, submission.Created, view.Disposition)
		wrote := status[fmt.Sprintf("flow%d", i)]
		if known, ok := versions[view.MappingVersion]; ok {
			require.Equal(t, known, wrote, "%d", i)
		}
		versions[view.MappingVersion] = wrote
		if i < begun {
			require.Equal(t, "new", wrote, "%d came before the edit", i)
		}
		if i > after { // one was under way
			require.Equal(t, "fresh", wrote, "%d came after the edit", i)
		}
	}
	require.Len(t, versions, 2)
	require.Greater(t, len(ids), whileBroken)
	log, err := os.ReadFile(e.Folder.Log("worker"))
	require.NoError(t, err)
	require.Regexp(t, `"msg":"reloaded","what":"rules","from":"`+first+`","to":"`+second.Version+`".*"mappings":\["demo-request from [0-9a-f]{12} to [0-9a-f]{12}"\]`, string(log))
}

// statuses waits for all leads and returns their status by the name of the sender.
func (e *editable) statuses(ctx context.Context, t *testing.T) map[string]string {
	t.Helper()
	crm := open(t, e.CRMDSN)
	ledger := open(t, e.LedgerDSN)
	await(t, "all have ended", func() bool {
		var left int
		err := ledger.QueryRowContext(ctx, `SELECT count(*) FROM submissions WHERE finished_at IS NULL`).Scan(&left)
		return err == nil && left == 0
	})
	rows, err := crm.QueryContext(ctx, `SELECT email, status FROM leads`)
	require.NoError(t, err)
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var email, status string
		require.NoError(t, rows.Scan(&email, &status))
		name, _, _ := strings.Cut(email, "@")
		found[name] = status
	}
	require.NoError(t, rows.Err())
	return found
}

// TestAReloadedMappingIsCheckedAgainstTheCRM holds that a mapping which compiles but does not fit the CRM is told about at
// once, before any lead has failed, and that the repair clears it.
func TestAReloadedMappingIsCheckedAgainstTheCRM(t *testing.T) {
	t.Parallel()
	e, ctx := upEditable(t)
	findings := func(n int) func() bool {
		return func() bool {
			return regexp.MustCompile(fmt.Sprintf(`(?m)^handoff_schema_findings\{destination="crm"\} %d$`, n)).Match(get(ctx, t, e.WorkerURL+"/metrics"))
		}
	}
	await(t, "the first check", findings(0))
	news := filepath.Join(e.mappings, "newsletter.yaml")
	edit(t, news, "to: contact.lead_source}", "to: contact.origin}", "create_only: [lead_source]", "create_only: [origin]")
	await(t, "what the check has found", findings(1))
	await(t, "the alert", func() bool { return e.alerted("contact.origin property_missing") == 1 })
	edit(t, news, "to: contact.origin}", "to: contact.lead_source}", "create_only: [origin]", "create_only: [lead_source]")
	await(t, "a clean check", findings(0))
	require.Equal(t, 1, e.alerted("contact.origin"))
}

// TestASchedulesIntervalFollowsTheConfiguration holds that a worker brings the schedule of an earlier one up to date, and
// leaves it paused where operators have paused it.
func TestASchedulesIntervalFollowsTheConfiguration(t *testing.T) {
	t.Parallel()
	e, ctx := upEditable(t)
	c, err := e.Dial()
	require.NoError(t, err)
	defer c.Close()
	schedule := c.ScheduleClient().GetHandle(ctx, submission.ScheduleCheck("crm"))
	every := func() time.Duration {
		described, err := schedule.Describe(ctx)
		if err != nil {
			return 0
		}
		return described.Schedule.Spec.Intervals[0].Every
	}
	await(t, "the schedule", func() bool { return every() == time.Hour })
	require.NoError(t, schedule.Pause(ctx, client.SchedulePauseOptions{Note: "the CRM is being rebuilt"}))
	edit(t, e.config, "    check_every: 1h", "    check_every: 30m")
	awaitState(ctx, t, e.WorkerURL, "configuration", func(s reload.State) bool {
		return len(s.NeedsRestart) == 1 && s.NeedsRestart[0] == "destinations.crm.check_every"
	})
	require.Equal(t, time.Hour, every())
	require.NoError(t, e.RestartWorker(ctx))
	await(t, "the new interval", func() bool { return every() == 30*time.Minute })
	described, err := schedule.Describe(ctx)
	require.NoError(t, err)
	require.True(t, described.Schedule.State.Paused)
	require.Equal(t, "the CRM is being rebuilt", described.Schedule.State.Note)
}

// TestSourcesAreReloaded holds that a source comes into service with its secret, while the starter runs; that a broken
// configuration is refused by both programs and told; that what needs a restart is named; and that SIGHUP is answered.
func TestSourcesAreReloaded(t *testing.T) {
	t.Parallel()
	e, ctx := upEditable(t)
	first := awaitState(ctx, t, e.AdminURL, "configuration", func(s reload.State) bool { return s.Version != "" }).Version
	key := []byte("another secret of 24 bytes")
	require.NoError(t, os.WriteFile(filepath.Join(e.secrets, "LANDING_SECRETS"), []byte("whsec_"+base64.StdEncoding.EncodeToString(key)), 0o600))
	edit(t, e.config, "sources:\n", "sources:\n  landing:\n    scheme: standard-webhooks\n    secrets: [LANDING_SECRETS]\n    form: demo-request\n    submission_id: id\n")
	state := awaitState(ctx, t, e.AdminURL, "configuration", func(s reload.State) bool { return s.Version != first && s.Refused == nil })
	require.Empty(t, state.NeedsRestart)
	// The worker follows: a mapping may name the new source now.
	edit(t, filepath.Join(e.mappings, "demo-request.yaml"), "sources: [website]", "sources: [website, landing]")
	awaitLog(t, e.Stack, "worker", `"mappings":["demo-request from`)

	id := e.deliver(ctx, t, "landing", key, `{"id":"1","email":"ada@landing.example","marketing_opt_in":"yes"}`)
	view, err := e.Await(ctx, id)
	require.NoError(t, err)
	require.Equal(t, submission.Created, view.Disposition)

	edit(t, e.config, "public: #", "pubic: #")
	broken := awaitState(ctx, t, e.AdminURL, "configuration", func(s reload.State) bool { return s.Refused != nil })
	require.Regexp(t, `handoff.yaml:\d+:1: \$\.pubic: unknown key "pubic"; did you mean "public"\?`, broken.Refused.Problems[0])
	awaitState(ctx, t, e.WorkerURL, "configuration", func(s reload.State) bool { return s.Refused != nil })
	require.Contains(t, string(get(ctx, t, e.AdminURL+"/metrics")), `handoff_reload_broken{what="configuration"} 1`)
	await(t, "the alert", func() bool {
		return e.alerted("configuration: version "+broken.Refused.Version) <= 1 && e.alerted("did you mean") == 1
	})
	edit(t, e.config, "pubic: #", "public: #")
	awaitState(ctx, t, e.AdminURL, "configuration", func(s reload.State) bool { return s.Refused == nil })

	edit(t, e.config, "  every: 1s\n", "  every: 9s\n")
	awaitState(ctx, t, e.AdminURL, "configuration", func(s reload.State) bool {
		return len(s.NeedsRestart) == 1 && s.NeedsRestart[0] == "relay.every"
	})
	require.NoError(t, syscall.Kill(e.Starter.PID(), syscall.SIGHUP))
	require.NoError(t, syscall.Kill(e.Worker.PID(), syscall.SIGHUP))
	awaitLog(t, e.Stack, "starter", `"msg":"nothing to reload","what":"configuration"`)
	awaitLog(t, e.Stack, "worker", `"msg":"nothing to reload","what":"rules"`)
}

func awaitLog(t *testing.T, s *stack.Stack, program, text string) {
	t.Helper()
	await(t, text, func() bool {
		log, err := os.ReadFile(s.Folder.Log(program))
		return err == nil && strings.Contains(string(log), text)
	})
}

// deliver sends a body to a source that signs as Standard Webhooks says.
func (e *editable) deliver(ctx context.Context, t *testing.T, source string, key []byte, body string) submission.ID {
	t.Helper()
	signer, err := standardwebhooks.NewWebhookRaw(key)
	require.NoError(t, err)
	now := time.Now()
	signature, err := signer.Sign("msg_1", now, []byte(body))
	require.NoError(t, err)
	d := stack.Delivery{URL: e.PublicURL + "/hooks/" + source, Header: http.Header{}, Body: []byte(body)}
	d.Header.Set("Content-Type", "application/json")
	d.Header.Set(standardwebhooks.HeaderWebhookID, "msg_1")
	d.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	d.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	receipt, err := e.Send(ctx, d, 0)
	require.NoError(t, err)
	require.Equal(t, http.StatusAccepted, receipt.Status, receipt.Detail)
	return receipt.Submission
}
