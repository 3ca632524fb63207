package source

import (
	"slices"

	"handoff/internal/config"
)

// events are the kinds of events that are submissions.
type events []string

// eventsOf are those that the configuration chooses, else the adapter's own choice.
func eventsOf(c config.Source, presets ...string) events {
	if len(c.Events) > 0 {
		return c.Events
	}
	return presets
}

func (e events) has(kind string) bool { return slices.Contains(e, kind) }
