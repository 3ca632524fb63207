package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// checks keeps one Temporal Schedule per destination, which compares its schema with what the mappings write. Any number
// of workers may do so: a schedule is made once and brought up to date where it differs.
type checks struct {
	schedules client.ScheduleClient
	every     map[string]time.Duration // by destination
	logger    *slog.Logger
	asked     chan struct{}
}

func newChecks(schedules client.ScheduleClient, destinations map[string]config.Destination, logger *slog.Logger) *checks {
	c := &checks{schedules: schedules, every: map[string]time.Duration{}, logger: logger, asked: make(chan struct{}, 1)}
	for name, d := range destinations {
		c.every[name] = d.CheckEvery
	}
	return c
}

// soon has every destination checked now, because the rules have changed.
func (c *checks) soon() {
	select {
	case c.asked <- struct{}{}:
	default:
	}
}

// run makes the schedules, has a check made at once and whenever the rules change, until ctx ends. A Temporal that is away
// is asked again: no submission depends on this.
func (c *checks) run(ctx context.Context) {
	made := map[string]bool{}
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		case <-c.asked:
		}
		for _, name := range slices.Sorted(maps.Keys(c.every)) {
			if err := c.check(ctx, name, made); err != nil && ctx.Err() == nil {
				c.logger.Warn("the check of a destination is not scheduled yet", "destination", name, "error", err)
				again.Reset(scheduleAgain)
			}
		}
	}
}

// check makes sure of a destination's schedule and triggers it.
func (c *checks) check(ctx context.Context, name string, made map[string]bool) error {
	ctx, cancel := context.WithTimeout(ctx, scheduleTimeout)
	defer cancel()
	if !made[name] {
		if err := c.ensure(ctx, name); err != nil {
			return err
		}
		made[name] = true
	}
	// One check after another: the one that runs may have begun with the rules as they were.
	return c.schedules.GetHandle(ctx, submission.ScheduleCheck(name)).
		Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE})
}

// ensure makes the schedule, or gives an existing one the configured interval.
func (c *checks) ensure(ctx context.Context, name string) error {
	id := submission.ScheduleCheck(name)
	return ensureSchedule(ctx, c.schedules, client.ScheduleOptions{
		ID: id, Spec: scheduleSpec(name, c.every[name]),
		Action: &client.ScheduleWorkflowAction{
			ID: id, Workflow: submission.CheckType, Args: []any{submission.Check{Destination: name}},
			TaskQueue: submission.QueueSubmissions, StaticSummary: "mappings and routing against " + name,
		},
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, // a check that waits for a stopped CRM is enough
		CatchupWindow: time.Minute,                          // what was missed in an outage is not made up for
	})
}
