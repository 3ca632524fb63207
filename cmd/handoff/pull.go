package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdktemporal "go.temporal.io/sdk/temporal"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/submission"
	"handoff/internal/temporal"
)

// pullCommand is `handoff pull`.
type pullCommand struct {
	env   environ
	since span
	dry   bool
	now   func() time.Time
}

func newPull(env environ) *cobra.Command {
	p := &pullCommand{env: env, now: time.Now}
	cmd := &cobra.Command{
		Use:   "pull SOURCE",
		Short: "Find what a source's webhooks missed, by asking its sender",
		Long: `Reads what was submitted to a source's sender and processes what never came as a webhook. A submission that is known is left
alone, so a pull can be repeated at will. The worker does the reading, with the source's key and within the sender's limits;
this command waits for it. Interrupting the command does not stop the pull.`,
		Example: `  handoff pull website                              # since the last pull, and a little before
  handoff pull website --since 7d                   # everything of the last seven days
  handoff pull website --since 2026-11-20T00:00:00Z --dry-run   # how much was missed?`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd, args[0]) },
	}
	cmd.Flags().Var(&p.since, "since", "where to begin: a span such as 7d or 36h, or a day or moment; a little before the end of the last pull when left out")
	cmd.Flags().BoolVar(&p.dry, "dry-run", false, "count what was missed, and store nothing")
	return cmd
}

func (p *pullCommand) run(cmd *cobra.Command, name string) error {
	c, err := p.env.sources()
	if err != nil {
		return err
	}
	if err := pullable(c, name); err != nil {
		return err
	}
	engine, err := temporal.Dial(temporal.Options{
		Address: c.Temporal.Address, Namespace: c.Temporal.Namespace, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer engine.Close()
	ctx := cmd.Context()
	id := submission.SchedulePull(name) + "-by-hand-" + p.now().UTC().Format("20060102T150405.000Z")
	run, err := engine.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: submission.QueueSubmissions, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		StaticSummary: "what the webhooks of " + name + " missed, by hand",
	}, submission.PullType, submission.Pull{Source: name, Since: p.since.since(p.now()), Dry: p.dry})
	if err != nil {
		return fmt.Errorf("start the pull: %w\nIs Temporal running at %s?", err, c.Temporal.Address)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Pulling %s; the workflow is %s.\n", name, id)
	pulled, err := p.follow(ctx, cmd.ErrOrStderr(), engine, id, run)
	if err != nil {
		return p.explain(err, name, id)
	}
	p.report(cmd.OutOrStdout(), name, c.Sources[name].PullOnly(), pulled)
	return nil
}

// pullable says whether a source is pulled, and what to do when it is not.
func pullable(c *config.Config, name string) error {
	s, ok := c.Sources[name]
	if !ok {
		return oneOf("source", name, slices.Sorted(maps.Keys(c.Sources)))
	}
	if s.Pull == nil {
		return fmt.Errorf("source %s is not pulled: give it a section `pull:` in %s; docs/pull.md says how", name, config.Path(os.Environ()))
	}
	return nil
}

// pullLook is how often the progress of a pull is looked at.
const pullLook = 500 * time.Millisecond

// follow shows how far the pull is until it ends.
func (p *pullCommand) follow(ctx context.Context, w io.Writer, engine client.Client, id string, run client.WorkflowRun) (activities.Pulled, error) {
	type end struct {
		pulled activities.Pulled
		err    error
	}
	ended := make(chan end, 1)
	go func() {
		var e end
		e.err = run.Get(ctx, &e.pulled)
		ended <- e
	}()
	ticker := time.NewTicker(pullLook)
	defer ticker.Stop()
	var shown activities.Pulled
	for {
		select {
		case e := <-ended:
			return e.pulled, e.err
		case <-ticker.C:
			var now activities.Pulled
			answer, err := engine.QueryWorkflow(ctx, id, "", submission.QueryProgress)
			if err != nil || answer.Get(&now) != nil || now.Pages == shown.Pages {
				continue // no worker yet, or nothing new
			}
			shown = now
			fmt.Fprintf(w, "  page %d: %d read, %d missed\n", now.Pages, now.Read, now.Missed)
		}
	}
}

// explain says what to do about a pull that failed.
func (p *pullCommand) explain(err error, name, id string) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted; the pull goes on: temporal workflow show --workflow-id %s", id)
	}
	var failure *sdktemporal.ApplicationError
	if errors.As(err, &failure) {
		return fmt.Errorf("the pull of %s failed: %s\nThe key, its permissions and the forms are in the source's section `pull:`; docs/pull.md says what each sender wants", name, failure.Message())
	}
	return fmt.Errorf("the pull of %s failed: %w", name, err)
}

func (p *pullCommand) report(w io.Writer, name string, only bool, pulled activities.Pulled) {
	missed, verb := "missed by the webhook", "now being processed"
	if only {
		missed = "new"
	}
	if p.dry {
		verb = "left alone"
	}
	fmt.Fprintf(w, "%s: %d listed, %d known, %d %s and %s", name, pulled.Read, pulled.There, pulled.Missed, missed, verb)
	if pulled.Unreadable > 0 {
		fmt.Fprintf(w, " (%d of them for a person to read)", pulled.Unreadable)
	}
	if pulled.Young > 0 {
		fmt.Fprintf(w, ", %d too young to say", pulled.Young)
	}
	fmt.Fprintln(w, ".")
}
