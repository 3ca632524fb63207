package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// schedules are Temporal's, some of which fail whatever is done with them.
type schedules struct {
	client.ScheduleClient
	client.ScheduleHandle
	listed    []*client.ScheduleListEntry
	failing   map[string]error
	unlisted  error // comes in the place of the last one
	made      []string
	deleted   []string
	lookingAt string
}

func (s *schedules) Create(_ context.Context, o client.ScheduleOptions) (client.ScheduleHandle, error) {
	if err := s.failing[o.ID]; err != nil {
		return nil, err
	}
	s.made = append(s.made, o.ID)
	return s, nil
}

func (s *schedules) List(context.Context, client.ScheduleListOptions) (client.ScheduleListIterator, error) {
	return s, nil
}

func (s *schedules) HasNext() bool { return len(s.listed) > 0 }

func (s *schedules) Next() (*client.ScheduleListEntry, error) {
	next := s.listed[0]
	s.listed = s.listed[1:]
	if len(s.listed) == 0 && s.unlisted != nil {
		return nil, s.unlisted
	}
	return next, nil
}

func (s *schedules) GetHandle(_ context.Context, id string) client.ScheduleHandle {
	s.lookingAt = id
	return s
}

func (s *schedules) Delete(context.Context) error {
	if err := s.failing[s.lookingAt]; err != nil {
		return err
	}
	s.deleted = append(s.deleted, s.lookingAt)
	return nil
}

// TestAPullThatFailsKeepsNoOther: the schedules of the other sources are made and those that nobody wants deleted, whichever
// one cannot be, and the error names each that could not.
func TestAPullThatFailsKeepsNoOther(t *testing.T) {
	t.Parallel()
	id, errNo := submission.SchedulePull, errors.New("temporal says no")
	for name, c := range map[string]struct {
		failing       []string
		unlisted      error
		made, deleted []string
		problems      []string
	}{
		"none":            {nil, nil, []string{id("a"), id("b"), id("c")}, []string{id("old"), id("older")}, nil},
		"one to make":     {[]string{id("a")}, nil, []string{id("b"), id("c")}, []string{id("old"), id("older")}, []string{id("a")}},
		"one to delete":   {[]string{id("old")}, nil, []string{id("a"), id("b"), id("c")}, []string{id("older")}, []string{id("old")}},
		"several of both": {[]string{id("a"), id("c"), id("old")}, nil, []string{id("b")}, []string{id("older")}, []string{id("a"), id("c"), id("old")}},
		"the list's end":  {nil, errNo, []string{id("a"), id("b"), id("c")}, []string{id("old")}, []string{"list the schedules"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &schedules{failing: map[string]error{}, unlisted: c.unlisted}
			for _, failing := range c.failing {
				s.failing[failing] = errNo
			}
			for _, listed := range []string{id("a"), id("old"), "somebody-elses", id("older")} {
				entry := &client.ScheduleListEntry{ID: listed}
				if listed != "somebody-elses" {
					entry.WorkflowType.Name = submission.PullType
				}
				s.listed = append(s.listed, entry)
			}
			settings := &config.Config{Sources: map[string]config.Source{"not-pulled": {}}}
			for _, source := range []string{"a", "b", "c"} {
				settings.Sources[source] = config.Source{Pull: &config.Pull{Every: time.Hour}}
			}
			err := newPulls(s, func() *config.Config { return settings }, slog.New(slog.DiscardHandler)).keep(t.Context())
			require.Equal(t, c.made, s.made)
			require.Equal(t, c.deleted, s.deleted)
			if c.problems == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, errNo)
			for _, problem := range c.problems {
				require.ErrorContains(t, err, problem)
			}
		})
	}
}
