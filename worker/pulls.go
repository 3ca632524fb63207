package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// pulls keeps one Temporal Schedule per source that is pulled, as the configuration is now; those of sources that are not
// pulled any more are deleted. Any number of workers may do so.
type pulls struct {
	schedules client.ScheduleClient
	settings  func() *config.Config
	logger    *slog.Logger
	asked     chan struct{}
}

func newPulls(schedules client.ScheduleClient, settings func() *config.Config, logger *slog.Logger) *pulls {
	return &pulls{schedules: schedules, settings: settings, logger: logger, asked: make(chan struct{}, 1)}
}

// soon has the schedules brought up to date, because the configuration has changed.
func (p *pulls) soon() {
	select {
	case p.asked <- struct{}{}:
	default:
	}
}

// run keeps the schedules until ctx ends. A Temporal that is away is asked again: no submission that came depends on this.
func (p *pulls) run(ctx context.Context) {
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		case <-p.asked:
		}
		if err := p.keep(ctx); err != nil && ctx.Err() == nil {
			p.logger.Warn("the pulls are not all scheduled yet", "error", err)
			again.Reset(scheduleAgain)
		}
	}
}

// keep makes, changes and deletes the schedules. One that fails keeps no other from it; the error says of each what failed.
func (p *pulls) keep(ctx context.Context) error {
	wanted := map[string]config.Pull{}
	for name, s := range p.settings().Sources {
		if s.Pull != nil {
			wanted[submission.SchedulePull(name)] = *s.Pull
		}
	}
	var failed []error
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		name := strings.TrimPrefix(id, submission.SchedulePull(""))
		options := client.ScheduleOptions{
			ID: id, Spec: scheduleSpec(name, wanted[id].Every),
			Action: &client.ScheduleWorkflowAction{
				ID: id, Workflow: submission.PullType, Args: []any{submission.Pull{Source: name}},
				TaskQueue: submission.QueueSubmissions, StaticSummary: "what the webhooks of " + name + " missed",
			},
			Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, // the pull that runs goes on from where it is
			CatchupWindow: time.Minute,                          // the next pull begins where the last one ended, whenever that was
		}
		if err := ensureSchedule(ctx, p.schedules, options); err != nil {
			failed = append(failed, fmt.Errorf("schedule %s: %w", id, err))
		}
	}
	return errors.Join(append(failed, p.deleteOthers(ctx, wanted))...)
}

// deleteOthers deletes the schedules of sources that are not pulled any more.
func (p *pulls) deleteOthers(ctx context.Context, wanted map[string]config.Pull) error {
	others, err := p.others(ctx, wanted)
	failed := []error{err} // what was listed until then can be deleted all the same
	for _, id := range others {
		if err := p.delete(ctx, id); err != nil {
			failed = append(failed, fmt.Errorf("delete schedule %s: %w", id, err))
			continue
		}
		p.logger.Info("a source is pulled no more", "schedule", id)
	}
	return errors.Join(failed...)
}

// others are the schedules of pulls that nobody wants, as far as they could be listed.
func (p *pulls) others(ctx context.Context, wanted map[string]config.Pull) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, scheduleTimeout)
	defer cancel()
	list, err := p.schedules.List(ctx, client.ScheduleListOptions{PageSize: 100})
	if err != nil {
		return nil, fmt.Errorf("list the schedules: %w", err)
	}
	var others []string
	for list.HasNext() {
		entry, err := list.Next()
		if err != nil {
			return others, fmt.Errorf("list the schedules: %w", err)
		}
		if _, ok := wanted[entry.ID]; !ok && entry.WorkflowType.Name == submission.PullType {
			others = append(others, entry.ID)
		}
	}
	return others, nil
}

func (p *pulls) delete(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, scheduleTimeout)
	defer cancel()
	return p.schedules.GetHandle(ctx, id).Delete(ctx)
}
