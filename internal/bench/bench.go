// Package bench measures Handoff end to end against the least that Temporal can do, all on one machine in one run, and
// prints ratios: numbers of one machine say little, ratios of one run say how much Handoff costs.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/jedib0t/go-pretty/v6/table"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"handoff/internal/devstack"
	"handoff/internal/stack"
)

// Options of a run.
type Options struct {
	Folder   devstack.Folder // with the programs
	Root     string          // of the project
	Peak     time.Duration   // how long the peak is measured
	Window   int             // how many are on their way at once
	Half     time.Duration   // how long latencies are measured at half of the peak
	Progress io.Writer
}

// result is one row of the report.
type result struct {
	name     string
	peak     float64 // submissions per second, from the first sent to the last one done
	ack      *hdrhistogram.Histogram
	toRecord *hdrhistogram.Histogram
	errors   int
}

// newHistogram holds microseconds up to ten minutes.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(10*time.Minute/time.Microsecond), 3)
}

// Run measures everything and prints the report.
func Run(ctx context.Context, w io.Writer, o Options) (err error) {
	temp, err := os.MkdirTemp("", "handoff-bench-")
	if err != nil {
		return fmt.Errorf("make a folder for the benchmark: %w", err)
	}
	defer os.RemoveAll(temp)
	traced, err := tracedConfiguration(o.Root, temp)
	if err != nil {
		return err
	}
	folder := devstack.Folder{Path: temp}
	if err := os.Symlink(filepath.Join(o.Folder.Path, "bin"), filepath.Join(temp, "bin")); err != nil {
		return fmt.Errorf("reach the programs: %w", err)
	}
	s, err := stack.Up(ctx, stack.Options{
		Folder: folder, Root: o.Root, Durable: true, Progress: o.Progress,
		Env: []string{"HANDOFF_LOG_LEVEL=warn"},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Down()) }()

	var results []result
	measure := func(name string, do func() (result, error)) error {
		fmt.Fprintf(o.Progress, "Measuring %s\n", name)
		r, err := do()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r.name = name
		results = append(results, r)
		return nil
	}
	for _, floor := range []struct {
		name       string
		flow       func(workflow.Context) error
		attributes sdk.SearchAttributes
	}{
		{"(a) an empty workflow", emptyWorkflow, sdk.SearchAttributes{}},
		{"(b) six regular activities that do nothing", sixActivities, sdk.SearchAttributes{}},
		{"(l) six local activities that do nothing", sixLocalActivities, handoffAttributes()},
	} {
		if err := measure(floor.name, func() (result, error) { return plain(ctx, s, o, floor.flow, floor.attributes) }); err != nil {
			return err
		}
	}
	if err := measure("(c) Handoff as shipped", func() (result, error) { return handoff(ctx, s, o, "c") }); err != nil {
		return err
	}
	if err := s.RestartStarter(ctx, "HANDOFF_CONFIG="+traced); err != nil {
		return err
	}
	if err := measure("(d) Handoff with trace: full", func() (result, error) { return handoff(ctx, s, o, "d") }); err != nil {
		return err
	}
	report(w, o, results)
	return nil
}

// tracedConfiguration writes the shipped configuration with the website traced.
func tracedConfiguration(root, temp string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "handoff.yaml"))
	if err != nil {
		return "", fmt.Errorf("read the configuration: %w", err)
	}
	const before = "    answers_path: data.answers"
	if !strings.Contains(string(text), before) {
		return "", fmt.Errorf("handoff.yaml has no line %q to put `trace: full` before", before)
	}
	traced := filepath.Join(temp, "traced.yaml")
	return traced, os.WriteFile(traced, []byte(strings.Replace(string(text), before, "    trace: full\n"+before, 1)), 0o644)
}

func report(w io.Writer, o Options, results []result) {
	fmt.Fprintf(w, "\n%d on their way at once for %s, on %d cores; latencies at half of each row's own peak for %s.\n\n",
		o.Window, o.Peak, runtime.NumCPU(), o.Half)
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"", "per second", "of (a)", "of (b)", "of (l)", "ack p50", "ack p99", "to record p50", "to record p99", "errors"})
	for _, r := range results {
		t.AppendRow(table.Row{
			r.name, fmt.Sprintf("%.0f", r.peak), ratio(r.peak, results[0].peak), ratio(r.peak, results[1].peak), ratio(r.peak, results[2].peak),
			quantile(r.ack, 50), quantile(r.ack, 99), quantile(r.toRecord, 50), quantile(r.toRecord, 99), r.errors,
		})
	}
	t.Render()
	c := results[3]
	fmt.Fprintf(w, "\nExpected: (c) at least 0.70 of (a): %s. (c) at least 3.00 of (b): %s. ack p99 of (c) below 100 ms: %s.\n",
		ratio(c.peak, results[0].peak), ratio(c.peak, results[1].peak), quantile(c.ack, 99))
	fmt.Fprintf(w, "(l) is the most that this shape of workflow allows on this Temporal; (c) reaches %s of it.\n", ratio(c.peak, results[2].peak))
}

func ratio(a, b float64) string { return fmt.Sprintf("%.2f", a/b) }

func quantile(h *hdrhistogram.Histogram, q float64) string {
	return fmt.Sprintf("%.1f ms", float64(h.ValueAtQuantile(q))/1000)
}
