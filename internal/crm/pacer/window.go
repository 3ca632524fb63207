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
	// margin is how much longer than the vendor's our spans are: two clocks do not agree on how long that is.
	margin = 0.01
	// unanswered is after how long a request is taken for lost whose end nobody has reported.
	unanswered = 5 * time.Minute
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
// burst is used up, so that nobody waits for a whole span. The vendor counts a request when it arrives, which is some time
// between its departure and its answer: it is in every span that may hold that moment. It is not safe for concurrent use; the
// clock is its caller's.
type window struct {
	limit   Limit
	share   int     // of limit.Calls, this worker's
	learnt  bool    // from the vendor's headers: no other worker may know of it, so that the share is all of it
	factor  float64 // of the share, after "too many"
	changed time.Time
	others  int         // requests in a span that somebody outside makes, by the vendor's count
	told    time.Time   // of the others
	under   []time.Time // departures of the requests that have no answer yet
	counted []time.Time // until when the vendor has counted each of the others at the latest
	next    time.Time   // when the next request would be due, were all spread evenly
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
	if i := w.used() + ahead - n; i >= 0 {
		free := now.Add(w.limit.Per) // an answer that is still to come is a span away at least
		if i < len(w.counted) {
			free = w.counted[i].Add(w.limit.Per)
		}
		if free.After(at) {
			at = free
		}
	}
	return at, true
}

// used is how many requests the vendor may count in the span that ends now.
func (w *window) used() int { return len(w.under) + len(w.counted) }

// take counts a request that is sent.
func (w *window) take(now time.Time) {
	if w.next.Before(now) {
		w.next = now
	}
	w.next = w.next.Add(w.step())
	w.under = append(w.under, now)
}

// answered notes that a request has its answer. Which one does not matter: so many of them have arrived by now.
func (w *window) answered(now time.Time) {
	if len(w.under) == 0 {
		return // it was taken for lost
	}
	latest := w.under[0].Add(time.Duration(margin * float64(w.limit.Per)))
	if now.After(latest) {
		latest = now
	}
	w.under, w.counted = w.under[1:], append(w.counted, latest)
}

// giveBack forgets a request that was taken and not sent: the last one, or an earlier one of which the others can be told
// apart as little.
func (w *window) giveBack() {
	if n := len(w.under); n > 0 {
		w.under = w.under[:n-1]
		w.next = w.next.Add(-w.step())
	}
}

// forget drops what no span holds any more.
func (w *window) forget(now time.Time) {
	for len(w.under) > 0 && now.Sub(w.under[0]) > unanswered {
		w.answered(now)
	}
	i := 0
	for i < len(w.counted) && !now.Before(w.counted[i].Add(w.limit.Per)) {
		i++
	}
	w.counted = w.counted[i:]
}

// tighten is for a vendor that said "too many". Several answers of one moment count once.
func (w *window) tighten(now time.Time) {
	if w.factor < 1 && now.Sub(w.changed) < w.limit.Per {
		return
	}
	w.factor, w.changed = max(gentlest, w.factor*sharply), now
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
	others := (most - left) - w.used() - (w.limit.Calls - w.share)
	if others < int(noise*float64(w.limit.Calls)) {
		others = 0
	}
	w.others, w.told = min(others, w.share), now
}

// left is how many requests could still be sent in this span.
func (w *window) left(now time.Time) int {
	w.loosen(now)
	w.forget(now)
	return max(0, w.calls()-w.used())
}
