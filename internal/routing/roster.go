package routing

import (
	"fmt"
	"strings"
	"time"
)

// roster is a pool with when its members work.
type roster struct {
	Pool
	members []attendance // in the order of Pool.Members
	wait    bool         // while nobody is at work, records wait in the pool's queue
}

// attendance is when a member takes part.
type attendance struct {
	hours *hours // nil is always
	zone  *time.Location
	away  []away
}

// drawn is what a pool does with a record at a moment.
type drawn struct {
	pool *Pool // nil where the record waits
	note string
}

// at says who of the pool can be given a record at a moment. Those who are away take no part. Neither do those who are
// not at work, while somebody is; when nobody is, all who are not away take part, or the record waits.
func (r *roster) at(moment time.Time) drawn {
	var present, atWork []Member
	var notes []string
	for i, member := range r.Members {
		a := r.members[i]
		if until, isAway := a.awayUntil(moment); isAway {
			notes = append(notes, fmt.Sprintf("%s is away until %s", member.Owner, until))
			continue
		}
		present = append(present, member)
		if a.hours == nil || a.hours.open(moment) {
			atWork = append(atWork, member)
		} else {
			notes = append(notes, member.Owner+" is not at work")
		}
	}
	switch {
	case len(atWork) > 0:
		return drawn{r.of(atWork), noted(notes)}
	case len(present) > 0 && !r.wait:
		return drawn{r.of(present), noted([]string{"nobody is at work"})}
	}
	return drawn{note: noted([]string{"nobody is at work"})}
}

// of is the pool with only some of its members, which remembers whose pool it is.
func (r *roster) of(members []Member) *Pool {
	p := r.Pool
	if len(members) < len(p.Members) {
		p.whole, p.Members = p.version(), members
	}
	return &p
}

// maxNotes bounds an explanation.
const maxNotes = 3

func noted(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	if more := len(notes) - maxNotes; more > 0 {
		notes = append(notes[:maxNotes:maxNotes], fmt.Sprintf("%d more take no part", more))
	}
	return " (" + strings.Join(notes, ", ") + ")"
}

func (a attendance) awayUntil(moment time.Time) (date, bool) {
	today := dateOf(moment.In(a.zone))
	for _, time := range a.away {
		if time.holds(today) {
			return time.to, true
		}
	}
	return date{}, false
}
