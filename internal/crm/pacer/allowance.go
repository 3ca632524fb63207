package pacer

import "time"

const (
	// parts is how many parts a long span is counted in: what was sent in one of them counts until the last of it is out of
	// the span.
	parts = 48
	// reserve is the part of a long allowance that is kept from calls in the background: a backfill must not use up the day.
	reserve = 0.2
	// saidLasts is how long the vendor's own count is believed.
	saidLasts = 15 * time.Minute
)

// allowance keeps one limit of hours or a day. It is counted in parts of the span, by all workers together where they share,
// and by the vendor where it says. It is not safe for concurrent use; the clock is its caller's.
type allowance struct {
	limit  Limit
	counts []part // own, oldest first
	fresh  int    // own, not told to the other workers yet
	others int    // of the other workers, as they have told
	said   said
}

type part struct {
	from time.Time
	n    int
}

// said is what the vendor counted, and how many requests were sent since.
type said struct {
	at    time.Time
	used  int
	since int
}

func (a *allowance) width() time.Duration { return a.limit.Per / parts }

// used is how many requests of the span were sent.
func (a *allowance) used(now time.Time) int {
	for len(a.counts) > 0 && !now.Before(a.counts[0].from.Add(a.width()+a.limit.Per)) {
		a.counts = a.counts[1:]
	}
	if a.isSaid(now) {
		return a.said.used + a.said.since
	}
	sum := a.others
	for _, c := range a.counts {
		sum += c.n
	}
	return sum
}

func (a *allowance) isSaid(now time.Time) bool {
	return !a.said.at.IsZero() && now.Sub(a.said.at) < saidLasts
}

func (a *allowance) earliest(now time.Time, ahead int, background bool) time.Time {
	allowed := a.limit.Calls
	if background {
		allowed -= int(reserve * float64(allowed))
	}
	over := a.used(now) + ahead + 1 - allowed
	if over <= 0 {
		return now
	}
	if a.isSaid(now) { // then it is asked again
		return a.said.at.Add(saidLasts)
	}
	for _, c := range a.counts {
		if over -= c.n; over <= 0 {
			return c.from.Add(a.width() + a.limit.Per)
		}
	}
	return now.Add(a.width()) // the others' parts pass
}

func (a *allowance) take(now time.Time) {
	from := now.Truncate(a.width())
	if n := len(a.counts); n == 0 || a.counts[n-1].from.Before(from) {
		a.counts = append(a.counts, part{from: from})
	}
	a.counts[len(a.counts)-1].n++
	a.fresh++
	a.said.since++
}

func (a *allowance) giveBack() {
	if n := len(a.counts); n > 0 && a.counts[n-1].n > 0 {
		a.counts[n-1].n--
		a.fresh = max(0, a.fresh-1)
		a.said.since = max(0, a.said.since-1)
	}
}

// heard takes the vendor's count for the truth: it knows every app and every worker, and when its day begins.
func (a *allowance) heard(now time.Time, most, left int) {
	a.limit.Calls = most
	a.said = said{at: now, used: most - left}
}

func (a *allowance) left(now time.Time) int { return max(0, a.limit.Calls-a.used(now)) }
