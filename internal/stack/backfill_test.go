package stack_test

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/stack"
	"handoff/internal/submission"
)

// TestI1ABackfillThatIsKilledGoesOnAndLiveLeadsPassIt holds, with real programs, that a file is read once however often the
// command is killed, that what a mapping refuses is handed back, and that nobody's lead waits for a file.
func TestI1ABackfillThatIsKilledGoesOnAndLiveLeadsPassIt(t *testing.T) {
	t.Parallel()
	s, ctx := up(t)
	const rows = 3000
	file := filepath.Join(t.TempDir(), "leads.csv")
	var text strings.Builder
	text.WriteString("Lead ID;E-mail;Last name;Marketing opt in\n")
	for i := range rows {
		email := fmt.Sprintf("old-%d@backfilled.example", i)
		if i%1000 == 5 {
			email = "no address"
		}
		fmt.Fprintf(&text, "L%d;%s;Person;yes\n", i, email)
	}
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	command := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(ctx, s.Folder.Bin("handoff"), append([]string{"backfill"}, args...)...)
		c.Env = append(os.Environ(), s.Environment()...)
		return c
	}
	output, err := command(file, "--source", "website", "--form", "demo-request", "--dry-run").CombinedOutput()
	require.Error(t, err, "rows are rejected")
	require.Contains(t, string(output), "CSV with semicolons, utf-8")
	require.Contains(t, string(output), "3000 rows: 2997 new; 0 known already; 3 rejected.")
	require.Contains(t, string(output), "3 × email: type.email")
	require.Contains(t, string(output), "(line 7, 1007, 2007)")

	db, err := sql.Open("postgres", s.LedgerDSN)
	require.NoError(t, err)
	defer db.Close()
	count := func(where string) (n int) {
		require.NoError(t, db.QueryRowContext(ctx, `SELECT count(*) FROM submissions WHERE background AND `+where).Scan(&n))
		return n
	}
	slow := command(file, "--source", "website", "--form", "demo-request", "--rate", "300")
	require.NoError(t, slow.Start())
	await(t, "the first rows", func() bool { return count("true") > 0 })
	require.NoError(t, slow.Process.Kill())
	require.Error(t, slow.Wait())
	killed := count("true")
	require.Less(t, killed, rows)

	output, err = command(file, "--source", "website", "--form", "demo-request").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "3 rejected")
	require.Contains(t, string(output), "leads.csv.rejected.csv")
	require.Equal(t, rows-3, count("true"))
	require.Equal(t, rows-3, count("sender_id LIKE 'L%'"), "each once")

	began := time.Now()
	delivery, err := s.Sign("demo-request", "live-1", map[string]any{"email": "live@person.example", "lastname": "Live", "marketing_opt_in": "yes"})
	require.NoError(t, err)
	receipt, err := s.Send(ctx, delivery, 0)
	require.NoError(t, err)
	view, err := s.Await(ctx, receipt.Submission)
	require.NoError(t, err)
	require.Equal(t, submission.Created, view.Disposition)
	require.Positive(t, count("finished_at IS NULL"), "the live lead is done, the file is not (%s)", time.Since(began))
	await(t, "rows that have become records", func() bool { return count("disposition = 'created'") > 20 })
	requireBackgroundAtOnce(t, s, count)
}

// requireBackgroundAtOnce looks a few times how many rows are under way.
func requireBackgroundAtOnce(t *testing.T, _ *stack.Stack, count func(string) int) {
	t.Helper()
	for range 20 {
		require.LessOrEqual(t, count("started_at IS NOT NULL AND finished_at IS NULL"), 16)
	}
}
