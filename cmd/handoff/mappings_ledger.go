package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"handoff/internal/config"
	"handoff/internal/ledger"
	"handoff/internal/seal"
)

// openLedger opens the ledger with what the environment says, and asks for nothing else: who compares mappings needs no
// access to a CRM.
func openLedger(ctx context.Context) (*ledger.Ledger, error) {
	c, err := config.Load("", os.Environ(), config.ProgramWorker)
	if err != nil {
		return nil, fmt.Errorf("real submissions are read from the ledger, which needs:\n%w", err)
	}
	keys, err := seal.LoadKeys(c.Keys.Reveal())
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ctx, c.Ledger.DSN.Reveal(), keys, ledger.Options{MaxConns: 2})
	if err != nil && ledger.IsUnavailable(err) {
		return nil, fmt.Errorf("%w; does the ledger run where HANDOFF_LEDGER_DSN says?", err)
	}
	return l, err
}

// span is how far back a command looks.
type span struct {
	text string
	back time.Duration
	from time.Time
}

func (s *span) String() string { return s.text }
func (s *span) Type() string   { return "SPAN" }

// Set reads 7d, 2w, 36h, or the day or moment to begin at.
func (s *span) Set(text string) error {
	s.text, s.back, s.from = text, 0, time.Time{}
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if n, err := strconv.ParseUint(strings.TrimSuffix(text, unit), 10, 16); strings.HasSuffix(text, unit) && err == nil && n > 0 {
			s.back = time.Duration(n) * length
			return nil
		}
	}
	if back, err := time.ParseDuration(text); err == nil && back > 0 {
		s.back = back
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			s.from = at
			return nil
		}
	}
	return fmt.Errorf("want a span such as 7d, 2w or 36h, or a day such as 2026-03-02")
}

// since is the moment at which the span begins.
func (s *span) since(now time.Time) time.Time {
	if s.back > 0 {
		return now.Add(-s.back).UTC().Truncate(time.Second)
	}
	return s.from.UTC()
}

// progress shows how far a long run is, to a person at a terminal and nobody else. The returned functions are safe for
// concurrent use; the second one takes the bar away.
func progress(cmd *cobra.Command, what string, total int) (step, done func()) {
	file, ok := cmd.ErrOrStderr().(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return func() {}, func() {}
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(30), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true))
	return func() { _ = bar.Add(1) }, func() { _ = bar.Finish() }
}
