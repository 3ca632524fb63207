package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
	"handoff/internal/submission"
)

// stopDeadline is how long everything may take to stop.
const stopDeadline = 90 * time.Second

// TestRunStopsEverything holds what `make run` promises: one sample lead, a curl line that works when pasted, and nothing
// left behind after Ctrl-C.
func TestRunStopsEverything(t *testing.T) {
	t.Parallel()
	p := start(t, "run")
	p.awaitOutput(t, "Everything runs until Ctrl-C")
	printed := p.output(t)
	require.Contains(t, printed, " is created.")

	line := regexp.MustCompile(`(?m)^ +(curl -sS .*--data-raw .*)$`).FindStringSubmatch(printed)
	require.Len(t, line, 2, "%s", printed)
	answer, err := exec.CommandContext(t.Context(), "bash", "-c", line[1]).CombinedOutput()
	require.NoError(t, err, "%s", answer)
	var receipt struct {
		Disposition submission.Disposition `json:"disposition"`
	}
	require.NoError(t, json.Unmarshal(answer, &receipt), "%s", answer)
	require.Equal(t, submission.Created, receipt.Disposition, "%s", answer)

	// A shell that asks for it has the command line, ready to be used.
	line = regexp.MustCompile(`(?m)^ +the command line (eval .+), then: (handoff show sub_\S+)$`).FindStringSubmatch(printed)
	require.Len(t, line, 3, "%s", printed)
	said, err := p.shell(t, line[1]+"; "+line[2]+"; handoff audit verify; temporal operator cluster health")
	require.NoError(t, err, "%s", said)
	require.Contains(t, said, `"disposition": "created"`)
	require.Contains(t, said, "The audit is whole.")
	require.Contains(t, said, "SERVING")

	require.ElementsMatch(t, []string{"handoff", "postgres", "starter", "temporal", "worker"}, p.programs(t))
	p.interrupt(t)
	require.ErrorContains(t, p.Ended(), "exit status 0")
	require.Empty(t, p.programs(t), "what is left")
	said, err = p.shell(t, p.folder.Bin("handoff")+" dev env")
	require.Error(t, err)
	require.Contains(t, said, "start it with make run")
}

// TestRunOnTheSandbox holds what `make run CRM=…` promises: the sample lead arrives at the vendor, and its page shows it.
func TestRunOnTheSandbox(t *testing.T) {
	t.Parallel()
	for crm, arrives := range map[string]string{"hubspot": `id="hubspot-leads">leads <span class="quiet number">1<`, "salesforce": `id="salesforce-Lead">Lead <span class="quiet number">1<`} {
		t.Run(crm, func(t *testing.T) {
			t.Parallel()
			p := start(t, "run", "--crm", crm)
			p.awaitOutput(t, "Everything runs until Ctrl-C")
			printed := p.output(t)
			require.Contains(t, printed, " is created.")
			page := regexp.MustCompile(`the CRM +(http://\S+)`).FindStringSubmatch(printed)
			require.Len(t, page, 2, "%s", printed)
			shown := string(get(t.Context(), t, page[1]))
			require.Contains(t, shown, arrives)
			require.Contains(t, shown, "Lindqvist")
			p.interrupt(t)
			require.ErrorContains(t, p.Ended(), "exit status 0")
			require.Empty(t, p.programs(t), "what is left")
		})
	}
}

// TestDemoLeavesNothing holds that `make demo CRM=…` ends well and leaves no process behind. What the demo of all CRMs shows
// is held by TestI3NothingPersonalOutsideTheLedgerAndTheCRM, which plays it.
func TestDemoLeavesNothing(t *testing.T) {
	t.Parallel()
	p := start(t, "demo", "--crm", "tables")
	select {
	case <-p.Done():
	case <-time.After(timeout):
		require.Fail(t, "it did not end in time", "%s", p.output(t))
	}
	require.ErrorContains(t, p.Ended(), "exit status 0")
	require.Contains(t, p.output(t), "A CRM of your own tables")
	require.NotContains(t, p.output(t), "on the sandbox")
	require.Empty(t, p.programs(t), "what is left")
}

// requireDemonstrated looks for what the demo of all CRMs shows.
func requireDemonstrated(t *testing.T, report string) {
	t.Helper()
	for _, shown := range []string{
		"created", "updated", "duplicate", "routed", "discarded", "in review at validate",
		"A CRM of your own tables", "HubSpot, on the sandbox", "Salesforce, on the sandbox",
		"Auth token_refused", "429: RateLimited", "503: Transient", "403: RateLimited REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW",
	} {
		require.Contains(t, report, shown)
	}
}

// TestDemoInterrupted holds that Ctrl-C in the middle of the demo, which waits for a locked CRM just then, stops
// everything as well.
func TestDemoInterrupted(t *testing.T) {
	t.Parallel()
	p := start(t, "demo")
	p.awaitOutput(t, "the CRM's table is locked for a while")
	p.interrupt(t)
	require.ErrorContains(t, p.Ended(), "exit status 1", "a demo that was cut short has not passed")
	require.Empty(t, p.programs(t), "what is left")
}

// program is the handoff program with a stack in a folder of its own, on free ports.
type program struct {
	*devstack.Process
	folder devstack.Folder
}

func start(t *testing.T, command ...string) *program {
	t.Helper()
	folder := newFolder(t)
	root, err := devstack.ProjectRoot()
	require.NoError(t, err)
	env := append(os.Environ(), "HANDOFF_STATE="+folder.Path, "HANDOFF_TEMPORAL_CLI="+folder.Bin("temporal"))
	for _, name := range []string{"PUBLIC", "ADMIN", "WORKER", "POSTGRES", "TEMPORAL", "TEMPORAL_UI", "SANDBOX"} {
		env = append(env, "HANDOFF_"+name+"_PORT=0")
	}
	process, err := devstack.StartProcess(devstack.Spec{
		Name: "handoff", Path: folder.Bin("handoff"), Args: append([]string{"dev"}, command...), Env: env, Dir: root,
		LogFile: folder.Log("handoff"), StopSignal: syscall.SIGINT, // Ctrl-C, also when this test is killed
	})
	require.NoError(t, err)
	p := &program{Process: process, folder: folder}
	t.Cleanup(func() { p.interrupt(t) })
	return p
}

// shell runs what a person types in a shell of their own, which knows the folder and nothing else of the stack.
func (p *program) shell(t *testing.T, text string) (string, error) {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "sh", "-euc", text)
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "HANDOFF_STATE=" + p.folder.Path}
	output, err := shell.CombinedOutput()
	return string(output), err
}

// interrupt presses Ctrl-C and waits until everything has stopped.
func (p *program) interrupt(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), stopDeadline)
	defer cancel()
	require.NoError(t, p.Stop(ctx), "%s", p.output(t))
}

// awaitOutput waits until the program has printed a text.
func (p *program) awaitOutput(t *testing.T, text string) {
	t.Helper()
	await(t, "it prints: "+text, func() bool {
		return !p.Running() || strings.Contains(p.output(t), text)
	})
	require.True(t, p.Running(), "%s", p.output(t))
}

// output is what the program has printed.
func (p *program) output(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(p.folder.Log("handoff"))
	if err != nil {
		t.Errorf("read the output: %v", err)
	}
	return string(text)
}

// programs names the processes of the machine that run from the folder or work in it, each name once.
func (p *program) programs(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	all, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, process := range all {
		if pid, err := strconv.Atoi(filepath.Base(process)); err != nil || pid == os.Getpid() {
			continue
		}
		// Processes come and go meanwhile: what cannot be read is gone.
		arguments, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		where, _ := os.Readlink(filepath.Join(process, "cwd")) // Postgres' children name no folder in their arguments
		if !bytes.Contains(arguments, []byte(p.folder.Path+"/")) && !strings.HasPrefix(where+"/", p.folder.Path+"/") {
			continue
		}
		if name, err := os.ReadFile(filepath.Join(process, "comm")); err == nil {
			found[strings.TrimSpace(string(name))] = true
		}
	}
	names := []string{}
	for name := range found {
		names = append(names, name)
	}
	return names
}
