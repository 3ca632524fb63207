package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/programs"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

// TestMappings runs the command, so that what is tested is what people run.
func TestMappings(t *testing.T) {
	t.Parallel()
	p := program{programs.Handoff(t)}
	t.Run("what people see", p.whatPeopleSee)
	t.Run("the shipped mappings pass", p.theShippedMappingsPass)
	t.Run("from a sample to a deployed mapping", p.fromASampleToADeployedMapping)
	t.Run("a failed case says which field differs", p.aFailedCaseSaysWhichFieldDiffers)
	t.Run("reports for programs and for anybody", p.reportsForProgramsAndForAnybody)
}

// program is the command as it was built.
type program struct{ binary string }

// world is a folder with mappings and samples, as a person has it in a checkout, and an environment.
type world struct {
	program
	folder string
	env    []string
	ledger *ledger.Ledger
}

func (p program) newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{program: p, folder: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "COLUMNS=110"}}
	require.NoError(t, os.CopyFS(w.folder, os.DirFS("testdata/world")))
	return w
}

// withLedger gives the world a ledger, a CRM, and the variables that lead there.
func (w *world) withLedger(t *testing.T) {
	t.Helper()
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	dsn := ledgertest.Postgres(t)
	w.ledger, err = ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 2})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.ledger.Close() })
	w.env = append(w.env, "HANDOFF_LEDGER_DSN="+dsn, "HANDOFF_KEYS="+text, "HANDOFF_CRM_DSN="+stacktest.Postgres(t),
		// Setting up a CRM wants all that the programs want.
		"HANDOFF_ADMIN_TOKEN=a-token-for-this-test", "HANDOFF_SOURCE_WEBSITE_SECRETS=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"HANDOFF_SOURCE_PARTNER_PORTAL_SECRETS=a-secret-for-this-test")
}

// with is the environment with another value of a variable.
func (w *world) with(name, value string) []string {
	env := slices.DeleteFunc(slices.Clone(w.env), func(variable string) bool { return strings.HasPrefix(variable, name+"=") })
	return append(env, name+"="+value)
}

// monday is when the first submission comes; the others follow by the hour.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func (w *world) accept(t *testing.T, number int, form string, answers map[string]any) submission.ID {
	t.Helper()
	at, id := monday.Add(time.Duration(number)*time.Hour), fmt.Sprint("s-", number)
	accepted, err := w.ledger.Accept(t.Context(), ledger.Delivery{
		Submission: submission.Submission{
			ID: submission.NewID("website", id, ""), Source: "website", Form: form, SenderID: id, SubmittedAt: at, ReceivedAt: at,
		},
		Payload: submission.Payload{Answers: answers}, Raw: []byte("{}"), ContentType: "application/json", Via: "webhook",
	})
	require.NoError(t, err)
	return accepted.ID
}

// week is a week of submissions.
func (w *world) week(t *testing.T) {
	t.Helper()
	people := []string{"Ann Bell", "Bob Cole", "Cleo Diaz", "Dana Eriksen", "Nora Lindqvist"}
	for i := range 30 {
		answers := map[string]any{
			"email": fmt.Sprintf("person%d@brightline.example", i), "name": people[i%len(people)], "topic": []string{"pricing", "support", "other things"}[i%3],
			"company": "Brightline", "newsletter": "yes",
		}
		if i%2 == 0 {
			answers["size"] = json.Number(fmt.Sprint(10 * i))
		}
		if i < 15 {
			answers["phone"] = "+31 20 794 1234"
		}
		if i%5 == 0 {
			answers["shoe_size"] = "42"
		}
		w.accept(t, i, "contact-us", answers)
	}
	w.accept(t, 30, "careers", map[string]any{"email": "somebody@brightline.example"})
}

// ran is what came of a command.
type ran struct {
	stdout, stderr string
	status         int
}

func (w *world) run(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.binary, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = w.folder, w.env, bytes.NewBufferString(stdin), &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil {
		require.True(t, errors.As(err, &exit), "%v", err)
	}
	return ran{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}
