// Package load measures the endpoint alone: at fixed rates of deliveries, how quickly they are acknowledged and how much
// memory the starter takes, with Temporal serving and with Temporal away. The load comes from vegeta.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"handoff/internal/devstack"
	"handoff/internal/stack"
)

// Options of a run.
type Options struct {
	Folder   devstack.Folder // with the programs
	Root     string          // of the project
	Rates    []int           // deliveries per second, one row each
	Long     time.Duration   // how long each rate is kept
	Progress io.Writer
}

// row is one line of the report.
type row struct {
	temporal string
	report   report
	resident int64 // the most memory that the starter had, in bytes
}

// Run measures every rate, first with Temporal, then without, and prints the report.
func Run(ctx context.Context, w io.Writer, o Options) (err error) {
	vegeta, err := devstack.EnsureVegeta(ctx, o.Folder, o.Progress)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "handoff-load-")
	if err != nil {
		return fmt.Errorf("make a folder for the load test: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := os.Symlink(filepath.Join(o.Folder.Path, "bin"), filepath.Join(temp, "bin")); err != nil {
		return fmt.Errorf("reach the programs: %w", err)
	}
	s, err := stack.Up(ctx, stack.Options{
		Folder: devstack.Folder{Path: temp}, Root: o.Root, Durable: true, Progress: o.Progress,
		Env: []string{"HANDOFF_LOG_LEVEL=warn"},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Down()) }()

	a := attack{stack: s, vegeta: vegeta, folder: temp, long: o.Long}
	var rows []row
	measure := func(temporal string) error {
		for _, rate := range o.Rates {
			fmt.Fprintf(o.Progress, "Sending %d a second for %s, Temporal %s\n", rate, o.Long, temporal)
			r, err := a.run(ctx, rate)
			if err != nil {
				return err
			}
			r.temporal = temporal
			rows = append(rows, r)
		}
		return nil
	}
	if err := measure("up"); err != nil {
		return err
	}
	if err := s.Temporal.Stop(ctx); err != nil {
		return err
	}
	if err := measure("down"); err != nil {
		return err
	}
	print(w, rows, o.Long)
	return nil
}

func print(w io.Writer, rows []row, long time.Duration) {
	fmt.Fprintf(w, "\nSigned deliveries at fixed rates for %s each, everything on %d cores.\n\n", long, runtime.NumCPU())
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"temporal", "sent per second", "acknowledged per second", "ack p50", "ack p99", "ack max", "answers", "starter's memory"})
	for _, r := range rows {
		t.AppendRow(table.Row{
			r.temporal, fmt.Sprintf("%.0f", r.report.Rate), fmt.Sprintf("%.0f", r.report.Throughput), milliseconds(r.report.Latencies.P50),
			milliseconds(r.report.Latencies.P99), milliseconds(r.report.Latencies.Max), r.report.answers(), fmt.Sprintf("%d MiB", r.resident>>20),
		})
	}
	t.Render()
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
