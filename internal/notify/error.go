package notify

import (
	"fmt"
	"strings"
	"time"
)

// Kind says whether sending again may help.
type Kind string

const (
	Permanent Kind = "Permanent"
	Transient Kind = "Transient"
)

// Error is the only error type of Send. Its text holds neither the channel's URL, which may be a secret, nor what the
// other side said.
type Error struct {
	Kind       Kind
	Channel    string
	Code       string
	Status     int           // HTTP status, 0 where there is none
	RetryAfter time.Duration // what the other side asked for; 0 where it said nothing
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (channel %s", e.Kind, e.Code, e.Channel)
	if e.Status != 0 {
		fmt.Fprintf(&b, ", status %d", e.Status)
	}
	b.WriteString(")")
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ", retry after %s", e.RetryAfter)
	}
	return b.String()
}
