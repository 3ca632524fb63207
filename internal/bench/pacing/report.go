package pacing

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
	"handoff/internal/sandbox/hubspot"
)

// Options of a run.
type Options struct {
	// For is how long each row is measured, on a clock of true seconds.
	For time.Duration
	// Latency is how long the sandbox takes for one call.
	Latency  time.Duration
	Progress io.Writer
}

// row is one path in the report.
type row struct {
	path                      Path
	alone, gathered, halfLoad Measured
	calls, searches, refused  int
}

// expected is how many times as many leads get through as one at a time.
const expected = 40

// vendor is a CRM at its limit.
type vendor struct {
	limit string
	batch int // how many records one call takes
	paths []Path
	open  func(ctx context.Context, latency time.Duration) (limited, error)
}

// limited is an account with its limit.
type limited interface {
	connector() (crm.Connector, error)
	limits() []pacer.Limit
	Calls() (searches, calls, refused int)
}

func (h *HubSpot) limits() []pacer.Limit                { return h.Limits }
func (h *HubSpot) connector() (crm.Connector, error)    { return h.Connect() }
func (s *Salesforce) limits() []pacer.Limit             { return s.Limits }
func (s *Salesforce) connector() (crm.Connector, error) { return s.Connect() }

func vendors() []vendor {
	return []vendor{
		{"HubSpot's limit of 100 calls in 10 s and 5 searches in a second", 100, HubSpotPaths(), func(ctx context.Context, latency time.Duration) (limited, error) {
			return NewHubSpot(ctx, latency, hubspot.Options{})
		}},
		{"100 calls of Salesforce in 10 s", 200, SalesforcePaths(), func(ctx context.Context, latency time.Duration) (limited, error) {
			return NewSalesforce(ctx, latency)
		}},
	}
}

// Run measures every path at its vendor's limit, first one lead at a time and then gathered, and prints the ratios.
func Run(ctx context.Context, w io.Writer, o Options) error {
	for _, v := range vendors() {
		var rows []row
		for _, path := range v.paths {
			fmt.Fprintf(o.Progress, "Measuring %s: %s\n", v.limit, path.Name)
			r, err := measureRow(ctx, v, path, o)
			if err != nil {
				return fmt.Errorf("%s: %w", path.Name, err)
			}
			rows = append(rows, r)
		}
		report(w, o, v, rows)
	}
	return nil
}

func measureRow(ctx context.Context, v vendor, path Path, o Options) (r row, err error) {
	r.path = path
	seconds := int(o.For.Seconds())
	one := func(gather bool, load Load) (m Measured, h limited, err error) {
		if h, err = v.open(ctx, o.Latency); err != nil {
			return m, nil, err
		}
		connector, err := h.connector()
		if err != nil {
			return m, nil, err
		}
		if !gather {
			connector = Alone{Connector: connector}
		}
		m, err = Measure(ctx, pacer.New(connector, pacer.Options{Destination: "crm", Limits: h.limits()}), path, load)
		return m, h, err
	}
	if r.alone, _, err = one(false, Load{Leads: 2 * seconds, AtOnce: 20}); err != nil {
		return r, err
	}
	most := 9 * v.batch / path.Batches // leads per second that the limit allows
	gathered, h, err := one(true, Load{Leads: seconds * most, AtOnce: 2 * most})
	if err != nil {
		return r, err
	}
	r.gathered = gathered
	r.searches, r.calls, r.refused = h.Calls()
	r.halfLoad, _, err = one(true, Load{Leads: seconds * most / 2, AtOnce: 4 * most, PerSecond: int(gathered.PerSecond() / 2)})
	return r, err
}

func report(w io.Writer, o Options, v vendor, rows []row) {
	fmt.Fprintf(w, "\n%s; a call takes %s; new people; %s for each row.\n\n", v.limit, o.Latency, o.For)
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"a lead is", "one at a time", "gathered", "times", "times 10/s", "p99 at the limit", "p50 at half", "p99 at half", "calls", "searches", "429"})
	least := 0.0
	for _, r := range rows {
		times := r.gathered.PerSecond() / r.alone.PerSecond()
		if least == 0 || times < least {
			least = times
		}
		t.AppendRow(table.Row{
			r.path.Name, fmt.Sprintf("%.2f/s", r.alone.PerSecond()), fmt.Sprintf("%.0f/s", r.gathered.PerSecond()), fmt.Sprintf("%.0f", times),
			fmt.Sprintf("%.0f", r.gathered.PerSecond()/10), short(r.gathered.Quantile(99)), short(r.halfLoad.Quantile(50)), short(r.halfLoad.Quantile(99)),
			r.calls, r.searches, r.refused,
		})
	}
	t.Render()
	fmt.Fprintf(w, "\nExpected: at least %d times as many leads as one at a time: %.0f. 10/s is what a client reaches that needs one call for a lead, whatever it is.\n", expected, least)
}

func short(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }
