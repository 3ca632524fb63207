package pacer

import (
	"time"

	"handoff/internal/crm"
)

// Limit is one limit of a vendor: so many requests in any span of so long.
type Limit struct {
	// Class is what it is for; "" for all requests.
	Class crm.Class
	Calls int
	Per   time.Duration
	// Assumed says that nobody has said so: the vendor's own word counts, also where it allows more.
	Assumed bool
}

// Long says that a limit is an allowance of hours or a day: it is used as it comes, and not spread.
func (l Limit) Long() bool { return l.Per > longest }

const (
	// longest is the longest span over which requests are spread evenly.
	longest = 10 * time.Minute
	// margin is how much longer than the vendor's our spans are: requests do not take equally long to get there.
	margin = 0.05
	// burst is the part of a limit that may be used at once. What comes together is gathered, so that little is needed.
	burst = 0.05
	// gentlest is how far a limit is tightened at most.
	gentlest = 0.1
	// sharply is what a limit is multiplied with when the vendor said "too many", gently what is added to it in every span
	// without.
	sharply, gently = 0.7, 0.05
	// noise is the part of a limit by which our count and the vendor's may differ without a meaning.
	noise = 0.1
)

// window keeps one limit of spans up to ten minutes: never more than its share in any span, and evenly spread once a small
// burst is used up, so that nobody waits for a whole span. It is not safe for concurrent use; the clock is its caller's.
type window struct {
	limit   Limit
	share   int     // of limit.Calls, this worker's
	factor  float64 // of the share, after "too many"
	changed time.Time
	others  int       // requests in a span that somebody outside makes, by the vendor's count
	told    time.Time // of the others
	sent    []time.Time
	next    time.Time // when the next request would be due, were all spread evenly
}

func newWindow(limit Limit, share int) *window { return &window{limit: limit, share: share, factor: 1} }

// span is the vendor's with a margin.
func (w *window) span() time.Duration {
	return w.limit.Per + time.Duration(margin*float64(w.limit.Per))
}

// calls is how many requests may be sent in a span now.
func (w *window) calls() int {
	if w.share <= 0 {
		return 0
	}
	return max(1, int(float64(w.share)*w.factor)-w.others)
}

// step is the distance between requests that are spread evenly; 0 where there are none.
func (w *window) step() time.Duration {
	if n := w.calls(); n > 0 {
		return w.span() / time.Duration(n)
	}
	return 0
}

// earliest is when a request may be sent that has so many others before it; false where nobody knows.
func (w *window) earliest(now time.Time, ahead int) (time.Time, bool) {
	w.loosen(now)
	w.forget(now)
	if now.Sub(w.told) >= w.limit.Per { // what they sent then is out of the span
		w.others = 0
	}
	n := w.calls()
	if n == 0 {
		return time.Time{}, false
	}
	at := now
	due := w.next
	if due.Before(now) {
		due = now
	}
	spare := max(1, int(burst*float64(n))) - 1
	if spread := due.Add(time.Duration(ahead-spare) * w.step()); spread.After(at) {
		at = spread
	}
	if i := len(w.sent) + ahead - n; i >= 0 && i < len(w.sent) {
		if free := w.sent[i].Add(w.span()); free.After(at) {
			at = free
		}
	}
	return at, true
}

// take counts a request that is sent.
func (w *window) take(now time.Time) {
	if w.next.Before(now) {
		w.next = now
	}
	w.next = w.next.Add(w.step())
	w.sent = append(w.sent, now)
}

// giveBack forgets a request that was taken at that moment and not sent.
func (w *window) giveBack(at time.Time) {
	for i := len(w.sent) - 1; i >= 0; i-- {
		if w.sent[i].Equal(at) {
			w.sent = append(w.sent[:i], w.sent[i+1:]...)
			w.next = w.next.Add(-w.step())
			return
		}
	}
}

// forget drops what no span holds any more.
func (w *window) forget(now time.Time) {
	i := 0
	for i < len(w.sent) && !now.Before(w.sent[i].Add(w.span())) {
		i++
	}
	w.sent = w.sent[i:]
}

// tighten is for a vendor that said "too many". Several answers of one moment count once.
func (w *window) tighten(now time.Time) bool {
	if w.factor < 1 && now.Sub(w.changed) < w.limit.Per {
		return false
	}
	w.factor, w.changed = max(gentlest, w.factor*sharply), now
	return true
}

// loosen gives back a little for every span that went well.
func (w *window) loosen(now time.Time) {
	if w.factor >= 1 {
		return
	}
	if spans := int(now.Sub(w.changed) / w.limit.Per); spans > 0 {
		w.factor = min(1, w.factor+gently*float64(spans))
		w.changed = w.changed.Add(time.Duration(spans) * w.limit.Per)
	}
}

// heard compares our count with the vendor's. What is used and was not sent by us or by workers that share with us takes
// from what may be sent, because somebody else has the same allowance.
func (w *window) heard(now time.Time, most, left int) {
	w.forget(now)
	if most < w.limit.Calls || w.limit.Assumed && most > w.limit.Calls { // another plan than was configured
		w.share = max(min(1, w.share), w.share*most/w.limit.Calls)
		w.limit.Calls = most
	}
	others := (most - left) - len(w.sent) - (w.limit.Calls - w.share)
	if others < int(noise*float64(w.limit.Calls)) {
		others = 0
	}
	w.others, w.told = min(others, w.share), now
}

// left is how many requests could still be sent in this span.
func (w *window) left(now time.Time) int {
	w.loosen(now)
	w.forget(now)
	return max(0, w.calls()-len(w.sent))
}
