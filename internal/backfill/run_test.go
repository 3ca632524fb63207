package backfill_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/backfill"
	"handoff/internal/ledger"
)

const three = "Lead ID,E-mail,First name,Company name,Submitted at\n1,a@b.example,Ana,Acme,2026-03-02 10:00:00\n2,not an address,Ben,,\n3,c@d.example,A name that is much longer than twenty,,2027-01-01\n"

func TestABackfillSaysWhatItWouldDo(t *testing.T) {
	t.Parallel()
	s, err := backfill.Run(t.Context(), options(t, write(t, "leads.csv", []byte(three))))
	require.NoError(t, err)
	require.EqualValues(t, []int64{3, 1, 0, 2}, []int64{s.Rows, s.Added, s.There, s.Rejected})
	require.Equal(t, []backfill.Column{
		{Header: "Lead ID", Role: "id"}, {Header: "E-mail", Answer: "email", Mapped: true}, {Header: "First name", Answer: "firstname", Mapped: true},
		{Header: "Company name", Answer: "company_name"}, {Header: "Submitted at", Role: "submitted_at"},
	}, s.Columns)
	require.Equal(t, []string{"Company name"}, s.Unmapped())
	require.Equal(t, []int{3}, s.Examples["email: type.email, want an e-mail address"], "%v", s.Reasons)
	require.Equal(t, []int{4}, s.Examples["submitted at: in the future"])
	require.Empty(t, s.Rejects)
	for reason := range s.Reasons {
		require.NotContains(t, reason, "not an address", "reasons hold no answers")
	}
}

// TestRejectedRowsAreCorrectedAndReadAgain: the file of rejected rows is read as it is.
func TestRejectedRowsAreCorrectedAndReadAgain(t *testing.T) {
	t.Parallel()
	for kind, data := range map[string]string{
		"csv":   three,
		"jsonl": `{"lead_id":"1","email":"a@b.example"}` + "\n" + `{"lead_id":"2","email":"not an address"}` + "\nnonsense\n",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := openLedger(t)
			o := options(t, write(t, "leads."+kind, []byte(data)))
			o.Dry, o.Ledger = false, l
			s, err := backfill.Run(t.Context(), o)
			require.NoError(t, err)
			require.EqualValues(t, 1, s.Added)
			require.EqualValues(t, 2, s.Rejected)
			require.Equal(t, o.File+".rejected."+kind, s.Rejects)
			rejected, err := os.ReadFile(s.Rejects)
			require.NoError(t, err)
			require.Contains(t, string(rejected), "email: type.email, want an e-mail address")
			info, err := os.Stat(s.Rejects)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			if kind == "csv" {
				records, err := csv.NewReader(strings.NewReader(string(rejected))).ReadAll()
				require.NoError(t, err)
				require.Equal(t, []string{"handoff_line", "handoff_reason", "Lead ID", "E-mail", "First name", "Company name", "Submitted at"}, records[0])
				require.Equal(t, []string{"3", "2", "not an address"}, []string{records[1][0], records[1][2], records[1][3]})
			}
			corrected := strings.ReplaceAll(strings.ReplaceAll(string(rejected), "not an address", "b@b.example"), "nonsense", "")
			corrected = strings.NewReplacer("2027-01-01", "2025-01-01", "A name that is much longer than twenty", "Cy").Replace(corrected)
			require.NoError(t, os.WriteFile(s.Rejects, []byte(corrected), 0o600))
			o.File = s.Rejects
			again, err := backfill.Run(t.Context(), o)
			require.NoError(t, err)
			all := stored(t, l)
			require.Contains(t, all, "2", "the row has the id that it had")
			require.NotContains(t, all["2"].Payload.Answers, "handoff_reason")
			if kind == "csv" {
				require.Zero(t, again.Rejected, again.Reasons)
				require.Len(t, all, 3)
			}
		})
	}
}

// TestI2ReadingAFileAgainChangesNothing, whatever the order of its rows, and however often a row stands in it.
func TestI2ReadingAFileAgainChangesNothing(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) string {
			return fmt.Sprintf("p%d-%d@example.com,%s", run, rapid.IntRange(0, 5).Draw(rt, "person"), rapid.SampledFrom([]string{"Ana", "Ben", ""}).Draw(rt, "name"))
		}), 1, 12).Draw(rt, "rows")
		distinct := map[string]bool{}
		for _, row := range rows {
			distinct[row] = true
		}
		read := func(rows []string) backfill.Summary {
			o := options(t, write(t, "leads.csv", []byte("email,firstname\n"+strings.Join(rows, "\n")+"\n")))
			o.Dry, o.Ledger = false, l
			s, err := backfill.Run(context.Background(), o)
			require.NoError(rt, err)
			require.EqualValues(rt, len(rows), s.Added+s.There)
			return s
		}
		require.EqualValues(rt, len(distinct), read(rows).Added)
		require.Zero(rt, read(rapid.Permutation(rows).Draw(rt, "another order")).Added)
		require.Zero(rt, read(rows).Added, "and the same file")
	})
}

// failing is a ledger that is killed in the middle.
type failing struct {
	*ledger.Ledger
	after int
}

func (f *failing) AcceptBackground(ctx context.Context, d []ledger.Delivery) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errors.New("killed")
	}
	return f.Ledger.AcceptBackground(ctx, d)
}

func TestI1ABackfillThatIsKilledGoesOn(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	var data strings.Builder
	data.WriteString("email,firstname\n")
	for i := range 2300 {
		name := "Ana"
		if i%100 == 7 {
			name = "A name that is much longer than twenty"
		}
		fmt.Fprintf(&data, "p%d@example.com,%s\n", i, name)
	}
	o := options(t, write(t, "leads.csv", []byte(data.String())))
	o.Dry, o.Ledger = false, &failing{l, 2}
	first, err := backfill.Run(t.Context(), o)
	require.ErrorContains(t, err, "killed")
	require.EqualValues(t, 1000, first.Added)
	o.Ledger = l
	second, err := backfill.Run(t.Context(), o)
	require.NoError(t, err)
	require.Positive(t, second.Resumed)
	require.EqualValues(t, 2300, second.Rows)
	require.EqualValues(t, 2277, second.Added, "what the first run added counts")
	require.EqualValues(t, 23, second.Rejected)
	require.Len(t, stored(t, l), 2277)
	rejected, err := os.ReadFile(second.Rejects)
	require.NoError(t, err)
	require.Equal(t, 24, strings.Count(string(rejected), "\n"), "the rejected rows of both runs")
}

// TestI5ARowIsAsOldAsItSays or as its file: it must not overwrite what people have said since.
func TestI5ARowIsAsOldAsItSays(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	o := options(t, write(t, "leads.csv", []byte("id,email,submitted at\n1,a@b.example,3/4/2026 09:30\n2,b@b.example,\n")))
	o.Dry, o.Ledger = false, l
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	s, err := backfill.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []int{2}, s.Examples["submitted at: no moment such as 2026-01-31 15:04:05; --date-order dmy or mdy reads 31/1/2026 or 1/31/2026"])
	o.Moments = backfill.Moments{Order: "dmy", Zone: berlin}
	_, err = backfill.Run(t.Context(), o)
	require.NoError(t, err)
	all := stored(t, l)
	require.Equal(t, time.Date(2026, 4, 3, 7, 30, 0, 0, time.UTC), all["1"].Submission.SubmittedAt)
	require.Equal(t, now.Add(-24*time.Hour), all["2"].Submission.SubmittedAt)
}

func TestRowsThatCannotBeReadAreRejected(t *testing.T) {
	t.Parallel()
	s, err := backfill.Run(t.Context(), options(t, write(t, "leads.csv", []byte("email,firstname\na@b.example,Ana,more\nb@b.example\nc@b.example,\"Cy\x00\"\n"))))
	require.NoError(t, err)
	require.Equal(t, map[string]int64{
		"3 cells, and the first line names 2 columns": 1, "a cell is not in the file's encoding; --encoding names another one": 1,
	}, s.Reasons)
	require.EqualValues(t, 1, s.Added, "a row may have fewer cells")

	s, err = backfill.Run(t.Context(), options(t, write(t, "leads.jsonl", []byte(`{"email":"a@b.example"}`+"\n[1]\n{\"email\":\"x\"} {}\n"+strings.Repeat("x", 5<<20)+"\n{}\n{\"email\":\"b@b.example\"}"))))
	require.NoError(t, err)
	require.EqualValues(t, 2, s.Added)
	require.Equal(t, []string{"more than one object", "no answers", "no object in JSON", "the line is longer than 4 MiB"}, slices.Sorted(maps.Keys(s.Reasons)))
}

// TestMemoryDoesNotGrowWithTheFile compares what is held after few rows and after many.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	path := write(t, "leads.csv", nil)
	file, err := os.Create(path)
	require.NoError(t, err)
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "email,firstname,company")
	for i := range 60_000 {
		fmt.Fprintf(w, "person-%d@example.com,Ana,%s\n", i, "Acme Incorporated of Springfield")
	}
	require.NoError(t, w.Flush())
	require.NoError(t, file.Close())
	held := map[int64]uint64{}
	o := options(t, path)
	o.Progress = func(s backfill.Summary) {
		if s.Rows == 6_000 || s.Rows == 60_000 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			held[s.Rows] = m.HeapAlloc
		}
	}
	s, err := backfill.Run(t.Context(), o)
	require.NoError(t, err)
	require.EqualValues(t, 60_000, s.Added)
	require.NotZero(t, held[6_000])
	require.Less(t, held[60_000], held[6_000]+4<<20, "ten times the rows, and not 4 MiB more")
}
