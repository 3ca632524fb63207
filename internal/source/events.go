package source

import (
	"bytes"
	"slices"
	"strconv"

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

// sample is a body that was written for one kind of event, for the first of these.
func (e events) sample(body []byte, written string) []byte {
	return bytes.Replace(body, []byte(strconv.Quote(written)), []byte(strconv.Quote(e[0])), 1)
}
