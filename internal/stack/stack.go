// Package stack is a whole Handoff on one machine, made of real parts: a private Postgres with a ledger and a CRM
// database, the Temporal development server, and the worker and the starter as processes of their own. `make run`, the
// demo, the benchmarks and the fault tests stand on it.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"handoff/internal/config"
	"handoff/internal/devstack"
	"handoff/internal/ledger"
	"handoff/internal/seal"
	"handoff/internal/temporal"
)

// Ports of the parts; 0 is a free one.
type Ports struct {
	Public, Admin, Worker, Postgres, Temporal, TemporalUI, Sandbox int
}

// Options say how to build a stack.
type Options struct {
	Folder      devstack.Folder
	Root        string // of the project: handoff.yaml, mappings/ and deploy/demo/
	CRM         CRM    // what is written to; OwnTables where it is empty
	WithSandbox bool   // with the sandbox, which the vendors' CRMs need
	Ports       Ports
	UI          bool      // with Temporal's Web UI
	Durable     bool      // Postgres survives a power cut; off in tests
	Progress    io.Writer // what is being done
	Env         []string  // more environment for worker and starter, over what the stack sets
}

// Stack is a running Handoff.
type Stack struct {
	Options
	Postgres *devstack.Postgres
	Temporal *devstack.Temporal
	Worker   *devstack.Process
	Starter  *devstack.Process
	Sandbox  *Sandbox // nil where the options want none

	PublicURL string
	AdminURL  string
	WorkerURL string
	LedgerDSN string
	CRMDSN    string
	Token     string
	Keys      *seal.Keys
	Config    *config.Config
	env       []string
	secrets   secrets
}

// Databases of the private Postgres.
const (
	ledgerDatabase = "handoff"
	crmDatabase    = "crm"
)

// Up starts everything, in the order in which the parts need each other. On failure it stops what it had started.
func Up(ctx context.Context, o Options) (*Stack, error) {
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	o.CRM = cmp.Or(o.CRM, OwnTables)
	s := &Stack{Options: o}
	if err := s.up(ctx); err != nil {
		return nil, errors.Join(err, s.Down())
	}
	return s, nil
}

func (s *Stack) up(ctx context.Context) error {
	if err := s.choosePorts(); err != nil {
		return err
	}
	if err := s.startServers(ctx); err != nil {
		return err
	}
	if err := s.configure(); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	return s.serve(ctx)
}

func (s *Stack) say(format string, args ...any) {
	fmt.Fprintf(s.Progress, format+"\n", args...)
}

// choosePorts finds free ports where none were chosen, and fails early where a chosen one is taken.
func (s *Stack) choosePorts() error {
	var problems []error
	taken := map[int]bool{}
	type choice struct {
		port           *int
		what, variable string
	}
	choices := []choice{
		{&s.Ports.Public, "the endpoint", "HANDOFF_PUBLIC_PORT"}, {&s.Ports.Admin, "the admin API", "HANDOFF_ADMIN_PORT"},
		{&s.Ports.Worker, "the worker's metrics", "HANDOFF_WORKER_PORT"}, {&s.Ports.Postgres, "Postgres", "HANDOFF_POSTGRES_PORT"},
		{&s.Ports.Temporal, "Temporal", "HANDOFF_TEMPORAL_PORT"}, {&s.Ports.TemporalUI, "the Temporal UI", "HANDOFF_TEMPORAL_UI_PORT"},
	}
	if s.WithSandbox {
		choices = append(choices, choice{&s.Ports.Sandbox, "the sandbox", "HANDOFF_SANDBOX_PORT"})
	}
	for _, p := range choices {
		if *p.port == 0 {
			for *p.port == 0 || taken[*p.port] {
				free, err := devstack.FreePort()
				if err != nil {
					return err
				}
				*p.port = free
			}
			taken[*p.port] = true
			continue
		}
		problems = append(problems, devstack.CheckPort(*p.port, p.what, p.variable))
	}
	return errors.Join(problems...)
}

func (s *Stack) startServers(ctx context.Context) error {
	if err := devstack.EnsurePostgres(ctx, s.Progress); err != nil {
		return err
	}
	binary, err := devstack.EnsureTemporal(ctx, s.Folder, s.Progress)
	if err != nil {
		return err
	}
	s.say("Starting Postgres on port %d", s.Ports.Postgres)
	starting, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if s.Postgres, err = devstack.StartPostgres(starting, devstack.PostgresOptions{
		Dir: filepath.Join(s.Folder.Path, "postgres"), Port: s.Ports.Postgres, LogFile: s.Folder.Log("postgres"), Durable: s.Durable,
	}); err != nil {
		return err
	}
	s.say("Starting Temporal on port %d", s.Ports.Temporal)
	temporalOptions := devstack.TemporalOptions{
		Binary: binary, Database: filepath.Join(s.Folder.Path, "temporal.db"), Port: s.Ports.Temporal, LogFile: s.Folder.Log("temporal"),
	}
	if s.UI {
		temporalOptions.UIPort = s.Ports.TemporalUI
	}
	if s.Temporal, err = devstack.StartTemporal(starting, temporalOptions); err != nil || !s.WithSandbox {
		return err
	}
	return s.startSandbox(ctx)
}

// configure loads the configuration of the CRM with this stack's addresses and secrets in the environment, as an operator
// would set them.
func (s *Stack) configure() error {
	if err := s.loadSecrets(); err != nil {
		return err
	}
	address := func(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
	s.PublicURL, s.AdminURL = "http://"+address(s.Ports.Public), "http://"+address(s.Ports.Admin)
	s.WorkerURL = "http://" + address(s.Ports.Worker)
	s.LedgerDSN, s.CRMDSN = s.Postgres.DSN(ledgerDatabase), s.Postgres.DSN(crmDatabase)
	configuration, err := s.configuration()
	if err != nil {
		return err
	}
	s.env = append(append([]string{
		"HANDOFF_PUBLIC_LISTEN=" + address(s.Ports.Public), "HANDOFF_PUBLIC_URL=" + s.PublicURL,
		"HANDOFF_ADMIN_LISTEN=" + address(s.Ports.Admin), "HANDOFF_ADMIN_URL=" + s.AdminURL, "HANDOFF_ADMIN_TOKEN=" + s.Token,
		"HANDOFF_WORKER_LISTEN=" + address(s.Ports.Worker), "HANDOFF_LEDGER_DSN=" + s.LedgerDSN, "HANDOFF_CRM_DSN=" + s.CRMDSN,
		"HANDOFF_KEYS=" + s.secrets.keys, "TEMPORAL_ADDRESS=" + s.Temporal.Address, "TEMPORAL_NAMESPACE=default",
		"HANDOFF_TEMPORAL_UI_URL=" + s.Temporal.UI, "HANDOFF_SOURCE_WEBSITE_SECRETS=" + s.secrets.website,
		"HANDOFF_SOURCE_PARTNER_PORTAL_SECRETS=" + s.secrets.portal,
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
	}, configuration...), s.Env...)
	if s.Config, err = config.Load(s.envValue("HANDOFF_CONFIG"), s.env); err != nil {
		return err
	}
	if s.Keys, err = seal.LoadKeys(s.secrets.keys); err != nil {
		return err
	}
	return s.tellEnvironment()
}

// prepare makes the databases, brings the ledger up to date and registers search attributes.
func (s *Stack) prepare(ctx context.Context) error {
	s.say("Preparing the ledger and the search attributes")
	for _, database := range []string{ledgerDatabase, crmDatabase} {
		if err := s.Postgres.CreateDatabase(ctx, database); err != nil {
			return err
		}
	}
	if err := ledger.Migrate(ctx, s.LedgerDSN); err != nil {
		return err
	}
	engine, err := temporal.Dial(temporal.Options{Address: s.Temporal.Address, Namespace: "default", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer engine.Close()
	return temporal.RegisterSearchAttributes(ctx, engine, "default")
}

// stopTimeout is how long a part may take to stop; a worker finishes the calls that it has in flight.
const stopTimeout = 45 * time.Second

// Down stops everything, front to back, so that nothing accepts what nobody can carry. It leaves no process behind.
func (s *Stack) Down() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	problems := []error{s.forgetEnvironment()}
	for _, p := range []*devstack.Process{s.Starter, s.Worker} {
		if p != nil {
			problems = append(problems, p.Stop(ctx))
		}
	}
	if s.Sandbox != nil {
		problems = append(problems, s.Sandbox.Stop(ctx))
	}
	if s.Temporal != nil {
		problems = append(problems, s.Temporal.Stop(ctx))
	}
	if s.Postgres != nil {
		problems = append(problems, s.Postgres.Stop(ctx))
	}
	return errors.Join(problems...)
}

// Failed is closed when one of the processes ends by itself; the error says which and why.
func (s *Stack) Failed() <-chan error {
	failed := make(chan error, 1)
	parts := []*devstack.Process{s.Starter, s.Worker, s.Temporal.Process(), s.Postgres.Process()}
	if s.Sandbox != nil {
		parts = append(parts, s.Sandbox.Process)
	}
	for _, p := range parts {
		go func() {
			<-p.Done()
			select {
			case failed <- p.Ended():
			default:
			}
		}()
	}
	return failed
}

func (s *Stack) envValue(name string) string {
	value := ""
	for _, pair := range s.env {
		if rest, ok := cutEnv(pair, name); ok {
			value = rest
		}
	}
	return value
}
