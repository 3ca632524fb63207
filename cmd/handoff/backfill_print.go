package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"handoff/internal/backfill"
)

// sayEvery is how often a backfill without a terminal says how far it is.
const sayEvery = 10 * time.Second

// following shows how far a backfill is: a bar with rate and time left at a terminal, else a line from time to time.
func following(cmd *cobra.Command) (show func(backfill.Summary), done func()) {
	w := cmd.ErrOrStderr()
	began, said := time.Now(), time.Now()
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		var bar *progressbar.ProgressBar
		return func(s backfill.Summary) {
			if bar == nil {
				bar = progressbar.NewOptions64(s.Size, progressbar.OptionSetWriter(file), progressbar.OptionShowBytes(true),
					progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true))
			}
			bar.Describe(fmt.Sprintf("%d rows, %.0f/s, %d rejected", s.Rows, perSecond(s, began), s.Rejected))
			_ = bar.Set64(min(s.Read, s.Size))
		}, func() { _ = bar.Finish() }
	}
	return func(s backfill.Summary) {
		if time.Since(said) < sayEvery {
			return
		}
		said = time.Now()
		left := "?"
		if s.Read > 0 {
			left = (time.Duration(float64(time.Since(began)) * float64(s.Size-min(s.Read, s.Size)) / float64(s.Read))).Round(time.Second).String()
		}
		fmt.Fprintf(w, "%d rows, %.0f per second, %d rejected, %s left\n", s.Rows, perSecond(s, began), s.Rejected, left)
	}, func() {}
}

func perSecond(s backfill.Summary, began time.Time) float64 {
	return float64(s.Rows-s.Resumed) / max(time.Since(began).Seconds(), 1e-3)
}

// printBackfill says what became of a file. No answer is in it.
func printBackfill(w io.Writer, s backfill.Summary, dry bool) {
	fmt.Fprintf(w, "Read as %s.\n\n", s.Format)
	if len(s.Columns) > 0 {
		printColumns(w, s.Columns)
	}
	added, there := "new, and on their way", "known already, and left alone"
	if dry {
		added, there = "new", "known already"
	}
	fmt.Fprintf(w, "%d rows: %d %s; %d %s; %d rejected.\n", s.Rows, s.Added, added, s.There, there, s.Rejected)
	if s.Resumed > 0 {
		fmt.Fprintf(w, "An earlier run had dealt with the first %d.\n", s.Resumed)
	}
	if s.Rejected > 0 {
		fmt.Fprintln(w, "\nRejected:")
		reasons := slices.SortedFunc(maps.Keys(s.Reasons), func(a, b string) int {
			return cmp.Or(cmp.Compare(s.Reasons[b], s.Reasons[a]), cmp.Compare(a, b))
		})
		for _, reason := range reasons {
			fmt.Fprintf(w, "  %7d × %s (line %s)\n", s.Reasons[reason], reason, lines(s.Examples[reason], s.Reasons[reason]))
		}
	}
	switch {
	case dry:
		fmt.Fprintln(w, "\nNothing was written. Without --dry-run the rows are read into the ledger.")
	case s.Rejects != "":
		fmt.Fprintf(w, "\nThe rejected rows are in %s, with the reasons. Correct them there and read that file.\n", s.Rejects)
	}
	if !dry && s.Added > 0 {
		fmt.Fprintln(w, "The rows are processed after live submissions; handoff_backfill_waiting_submissions counts those that wait.")
	}
}

func lines(examples []int, of int64) string {
	texts := make([]string, len(examples))
	for i, line := range examples {
		texts[i] = strconv.Itoa(line)
	}
	text := strings.Join(texts, ", ")
	if int64(len(examples)) < of {
		text += ", …"
	}
	return text
}

func printColumns(w io.Writer, columns []backfill.Column) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"column", "is", ""})
	for _, c := range columns {
		switch {
		case c.Role != "":
			t.AppendRow(table.Row{c.Header, map[string]string{"id": "the submission's id", "submitted_at": "when it was submitted", "form": "the form"}[c.Role], ""})
		case c.Answer == "":
			t.AppendRow(table.Row{c.Header, "passed over", ""})
		case c.Mapped:
			t.AppendRow(table.Row{c.Header, "answer " + c.Answer, ""})
		default:
			t.AppendRow(table.Row{c.Header, "answer " + c.Answer, "no rule reads it"})
		}
	}
	t.Render()
	fmt.Fprintln(w)
}
