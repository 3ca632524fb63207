package main

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

const (
	// scheduleTimeout bounds one request about a schedule.
	scheduleTimeout = 10 * time.Second
	// scheduleAgain is when it is tried again after a failure.
	scheduleAgain = 30 * time.Second
)

// ensureSchedule makes a schedule, or gives an existing one the configured interval. Whether it is paused is left to
// operators.
func ensureSchedule(ctx context.Context, schedules client.ScheduleClient, options client.ScheduleOptions) error {
	ctx, cancel := context.WithTimeout(ctx, scheduleTimeout)
	defer cancel()
	_, err := schedules.Create(ctx, options)
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	spec := options.Spec
	return schedules.GetHandle(ctx, options.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule := input.Description.Schedule
			if at := schedule.Spec; at != nil && slices.Equal(at.Intervals, spec.Intervals) && at.Jitter == spec.Jitter {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			schedule.Spec = &spec
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		},
	})
}

// scheduleSpec spreads schedules over the interval by their names, so that not all of them are due on the hour.
func scheduleSpec(name string, every time.Duration) client.ScheduleSpec {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name)) // never fails
	offset := time.Duration(hash.Sum32()) * time.Millisecond % every
	return client.ScheduleSpec{
		Intervals: []client.ScheduleIntervalSpec{{Every: every, Offset: offset.Truncate(time.Second)}}, Jitter: every / 20,
	}
}
