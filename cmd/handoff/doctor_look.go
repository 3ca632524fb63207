package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/folder"
	"handoff/internal/mappingtool/lint"
	"handoff/internal/mappingtool/schemacheck"
	"handoff/internal/routing"
	"handoff/internal/seal"
	"handoff/internal/submission"
	"handoff/internal/temporal"
)

// clocksApart is how far clocks may be apart: signatures with a time are refused after minutes, and answers are ordered by
// when they were submitted.
const clocksApart = 5 * time.Second

func (d *doctor) ledger(ctx context.Context, c *config.Config) {
	keys, err := seal.LoadKeys(c.Keys.Reveal())
	if err != nil {
		d.wrong("keys", err.Error(), "HANDOFF_KEYS must hold the keyset with which the ledger was written; handoff keys new makes one for a new ledger")
		return
	}
	l, err := ledger.Open(ctx, c.Ledger.DSN.Reveal(), keys, ledger.Options{MaxConns: 1})
	if err != nil {
		do := "handoff migrate brings its schema up to date; a keyset that lacks a key must be completed from a backup"
		if ledger.IsUnavailable(err) || keptOut(err) {
			do = "does Postgres run where HANDOFF_LEDGER_DSN says, and does it let this role in?"
		}
		d.wrong("ledger", err.Error(), do)
		return
	}
	defer l.Close()
	counts, err := l.Counts(ctx)
	if err != nil {
		d.wrong("ledger", err.Error(), "is Postgres overloaded?")
		return
	}
	d.ok("ledger", "opens with the keys; %d submissions wait for a person", counts.Open[submission.StageReview])
	if counts.OldestUnstarted > time.Minute {
		d.wrong("relay", fmt.Sprintf("%d submissions are not started, the oldest for %s", counts.Unstarted, counts.OldestUnstarted.Round(time.Second)),
			"does the starter run, and does it reach Temporal? Its /readyz says what is missing")
	}
	d.clock(ctx, l)
}

// keptOut says that Postgres does not let this role in: with another password, database or encryption than it has.
func keptOut(err error) bool {
	if refused, ok := errors.AsType[*pq.Error](err); ok {
		class := refused.Code.Class()
		return class == "28" || class == "3D"
	}
	return errors.Is(err, pq.ErrSSLNotSupported)
}

func (d *doctor) clock(ctx context.Context, l *ledger.Ledger) {
	before := d.now()
	at, err := l.Clock(ctx)
	switch after := d.now(); {
	case err != nil:
		d.wrong("clock", err.Error(), "is Postgres overloaded?")
	case clocksDiffer(before, at, after):
		d.wrong("clock", fmt.Sprintf("this machine and the ledger's are %s apart", at.Sub(before).Round(time.Second).Abs()),
			"let NTP set both: signatures with a time are refused, and answers are put in a wrong order")
	default:
		d.ok("clock", "within %s of the ledger's", clocksApart)
	}
}

// clocksDiffer says that another clock, which was asked at one moment of this clock and had answered by another, is too
// far from it. One that is right may show any moment between them.
func clocksDiffer(before, at, after time.Time) bool {
	return at.Before(before.Add(-clocksApart)) || at.After(after.Add(clocksApart))
}

func (d *doctor) temporal(ctx context.Context, c *config.Config) {
	engine, err := temporal.Dial(temporal.Options{Address: c.Temporal.Address, Namespace: c.Temporal.Namespace, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		d.wrong("Temporal", err.Error(), "the address and the certificates are in handoff.yaml and TEMPORAL_…")
		return
	}
	defer engine.Close()
	asked, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := temporal.Healthy(asked, engine); err != nil {
		d.wrong("Temporal", "does not answer at "+c.Temporal.Address, "does it run there? Submissions are kept meanwhile, and started later")
		return
	}
	missing, err := temporal.MissingSearchAttributes(ctx, engine, c.Temporal.Namespace)
	switch {
	case err != nil:
		d.wrong("Temporal", fmt.Sprintf("namespace %s cannot be asked", c.Temporal.Namespace), "is it there, and may this program use it? temporal operator namespace describe "+c.Temporal.Namespace)
		return
	case len(missing) > 0:
		d.wrong("Temporal", fmt.Sprintf("namespace %s lacks the search attributes %v", c.Temporal.Namespace, missing), "handoff migrate registers them")
		return
	}
	d.ok("Temporal", "%s, namespace %s, with all search attributes", c.Temporal.Address, c.Temporal.Namespace)
	d.workers(ctx, engine, c)
}

// workers looks whether anybody polls each task queue.
func (d *doctor) workers(ctx context.Context, engine client.Client, c *config.Config) {
	queues := []string{submission.QueueSubmissions}
	for _, name := range slices.Sorted(maps.Keys(c.Destinations)) {
		queues = append(queues, submission.QueueCRM(name))
		if c.Destinations[name].Bulk() != nil {
			queues = append(queues, submission.QueueBulk(name))
		}
	}
	var idle []string
	for _, queue := range queues {
		described, err := engine.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		if err != nil || len(described.GetPollers()) == 0 {
			idle = append(idle, queue)
		}
	}
	if len(idle) > 0 {
		d.wrong("workers", fmt.Sprintf("nobody works on the task queues %v", idle), "start a worker with this configuration; its /readyz says what it misses")
		return
	}
	d.ok("workers", "every task queue has one")
}

func (d *doctor) rules(_ context.Context, c *config.Config) {
	f, err := folder.Open(c.Mappings)
	if err != nil {
		d.wrong("mappings", err.Error(), "HANDOFF_MAPPINGS names their folder")
		return
	}
	report := lint.Folder(f, slices.Sorted(maps.Keys(c.Sources)), slices.Sorted(maps.Keys(c.Destinations)))
	if n := len(report.Problems); n > 0 {
		d.wrong("mappings", fmt.Sprintf("%d problems", n), "handoff mappings lint shows them")
		return
	}
	d.ok("mappings", "%d files without problems", len(report.Files))
}

// destinations asks all CRMs at the same time, each with its own credentials: one that does not answer takes no time from
// the others. What is found is told in the order of their names.
func (d *doctor) destinations(ctx context.Context, c *config.Config) {
	f, err := folder.Open(c.Mappings)
	if err != nil {
		return // told already
	}
	set, table, err := compile(f)
	if err != nil {
		return
	}
	names := slices.Sorted(maps.Keys(c.Destinations))
	asked := make([]doctor, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { asked[i].destination(ctx, c, set, table, name) })
	}
	all.Wait()
	for i := range asked {
		d.found = append(d.found, asked[i].found...)
	}
}

// destination asks one CRM what it takes from us, and whom it knows.
func (d *doctor) destination(ctx context.Context, c *config.Config, set *mapping.Set, table *routing.Table, name string) {
	what, settings := "destination "+name, c.Destinations[name]
	connector, err := connectors.New(ctx, name, settings, tokens(c))
	if err != nil {
		d.wrong(what, err.Error(), "the section of the destination in handoff.yaml says how it is reached")
		return
	}
	defer func() { _ = connector.Close() }()
	owners, err := connector.Owners(ctx)
	if err != nil {
		d.wrong(what, err.Error(), remedy(name, settings, err))
		return
	}
	takes, do, err := examineCRM(ctx, set, name, connector)
	switch {
	case err != nil:
		d.wrong(what, err.Error(), remedy(name, settings, err))
		return
	case do != "":
		d.wrong(what, takes, do)
	default:
		d.ok(what, "lets us in, takes what the mappings write%s, and knows %d owners", takes, len(owners))
	}
	if settings.KnowsOwners() {
		d.strangers(what, schemacheck.CompareOwners(set, table, name, owners))
	}
}

// strangers tells who is given records and cannot have them.
func (d *doctor) strangers(what string, found []schemacheck.Finding) {
	if len(found) == 0 {
		return
	}
	var do []string
	for _, f := range found {
		do = append(do, fmt.Sprintf("%s (%s): %s", f.Field, f.Code, f.Expect))
	}
	d.wrong(what, fmt.Sprintf("cannot give records to %d of those whom %s names", len(found), mapping.RoutingFile), do...)
}

// examineCRM asks a CRM whether the credentials may write what the mappings do, and whether its schema takes that. It says
// what is wrong and what to do, or else what more than the schema is known to be right.
func examineCRM(ctx context.Context, set *mapping.Set, name string, connector crm.Connector) (says, do string, err error) {
	also := ""
	if scoped, ok := connector.(crm.Scoped); ok {
		missing, known, err := scoped.MissingScopes(ctx, schemacheck.Objects(set, name))
		switch {
		case err != nil:
			return "", "", err
		case len(missing) > 0:
			return "its credentials lack scopes that the mappings need", "give them " + strings.Join(missing, ", "), nil
		case known:
			also = ", may write it"
		}
	}
	found, err := schemacheck.Check(ctx, set, name, connector)
	if err != nil {
		return "", "", err
	}
	if len(found) > 0 {
		return fmt.Sprintf("would not take what the mappings write: %d findings", len(found)), "handoff mappings check --destination " + name + " shows them", nil
	}
	return also, "", nil
}

// remedy is what to do about a CRM that refuses or does not answer.
func remedy(name string, d config.Destination, err error) string {
	failure, ok := crm.AsError(err)
	if !ok {
		return "the section of the destination in handoff.yaml says how it is reached"
	}
	switch failure.Kind {
	case crm.Auth:
		if d.OAuth == nil {
			return "its credentials are refused: replace them; submissions wait meanwhile"
		}
		code := failure.Code
		if !connection.Dead(code) && !connection.AppRefused(code) {
			code = connection.RefusedAgain // by the API
		}
		return mend(name, d.OAuth, code) + "; submissions wait meanwhile (handoff connections says more)"
	case crm.Misconfigured:
		return fmt.Sprintf("a permission or an object is missing: handoff crm setup %s, and docs/crm for what %s needs", name, d.Connector)
	case crm.RateLimited:
		return "its limit is used up; ask again later"
	}
	return "does it run, and can this machine reach it?"
}
