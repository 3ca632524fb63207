// Package door is the starter: the public endpoint that turns a verified delivery into a row of the ledger and a started
// workflow, the relay that starts what could not be started, and the admin listener for operators. It links no CRM code.
package door

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"handoff/internal/ledger"
	"handoff/internal/reload"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// Ledger is what the door asks of the ledger.
type Ledger interface {
	Accept(ctx context.Context, d ledger.Delivery) (ledger.Accepted, error)
	MarkStarted(ctx context.Context, ids []submission.ID) error
	Unstarted(ctx context.Context, before time.Time, limit int) ([]submission.Submission, error)
	StartableBackground(ctx context.Context, atOnce, most int) ([]submission.Submission, error)
	Progress(ctx context.Context, id submission.ID) (submission.Stage, submission.Disposition, error)
	View(ctx context.Context, id submission.ID) (ledger.View, error)
	AddCorrection(ctx context.Context, id submission.ID, c ledger.Correction) (string, error)
}

// Workflows starts and resolves submissions' workflows.
type Workflows interface {
	// Start starts the workflow of a submission; one that exists already is success.
	Start(ctx context.Context, s submission.Submission) error
	// Healthy says whether Temporal is there, however busy.
	Healthy(ctx context.Context) error
	// Resolve passes a person's decision on. It fails with temporal.ErrRefused or temporal.ErrNoWorkflow where the
	// submission is not in review.
	Resolve(ctx context.Context, id submission.ID, r submission.Resolution) (submission.Status, error)
}

// Check is one thing that the starter needs, for readiness.
type Check struct {
	Name string
	Ask  func(ctx context.Context) error
}

// Options are what a Door is made of; all but Reloads are required.
type Options struct {
	Sources    map[string]*source.Source // at the start; see Follow
	Ledger     Ledger
	Workflows  Workflows
	Checks     []Check
	Registry   *prometheus.Registry
	Metrics    http.Handler // serves the registry
	Logger     *slog.Logger
	AdminToken string
	AdminURL   string // where status_url points
	MaxBody    int64  // bytes, where a source has no limit of its own
	// Reloads tells which versions of watched files serve; nil for none.
	Reloads    func() []reload.State
	RelayEvery time.Duration
	RelayBatch int
	// Background is how many submissions that nobody waits for may be under way at once; none are started when zero.
	Background int
	// StartPatience is how long an acknowledgement waits for its workflow to start; 25 ms where it is 0.
	StartPatience time.Duration
	Now           func() time.Time
}

// Door is the starter's two handlers and its relay.
type Door struct {
	Options
	metrics *metrics
	senders atomic.Pointer[map[string]sender]
	starts  *starts

	stopping chan struct{} // closed when Serve begins to stop
	stop     func()
}

// New builds a Door. Run must run for submissions to be relayed and marked as started.
func New(o Options) *Door {
	d := &Door{Options: o, metrics: newMetrics(o.Registry)}
	d.Follow(o.Sources)
	d.starts = newStarts(o, d.metrics)
	d.stopping = make(chan struct{})
	d.stop = sync.OnceFunc(func() { close(d.stopping) })
	return d
}

// Run relays and marks until ctx ends, and then marks what is still to be marked.
func (d *Door) Run(ctx context.Context) { d.starts.run(ctx) }
