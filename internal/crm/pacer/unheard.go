package pacer

import (
	"net/http"
	"sync"
	"time"

	"handoff/internal/crm"
)

const (
	// unheardFor is how long it is remembered that a write's reply was not heard. Its next attempt comes sooner, as a rule.
	unheardFor = 10 * time.Minute
	// unheardMost bounds what is remembered.
	unheardMost = 50_000
)

// unheard remembers writes that may have been carried out, though nobody heard of it. When they come again they travel
// together: their records have to be looked for, and a batch of new ones need not pay for that.
type unheard struct {
	mu    sync.Mutex
	since map[attempt]time.Time
}

// attempt is what a submission writes to an object.
type attempt struct{ object, submission string }

// mark tells a write whether it is one of them.
func (u *unheard) mark(object string, writes []crm.Write) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range writes {
		if since, there := u.since[attempt{object, writes[i].Submission}]; there && time.Since(since) < unheardFor {
			writes[i].Unheard = true
		}
	}
}

// note learns from the results of writes that were sent.
func (u *unheard) note(object string, writes []crm.Write, results []crm.Result) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i, w := range writes {
		at := attempt{object, w.Submission}
		if w.Submission == "" || !isUnheard(results[i].Err) {
			if results[i].Err == nil || results[i].Err.Kind.Permanent() {
				delete(u.since, at)
			}
			continue
		}
		if u.since == nil {
			u.since = map[attempt]time.Time{}
		}
		if len(u.since) >= unheardMost {
			u.forget()
		}
		u.since[at] = time.Now()
	}
}

// forget makes room: what is old goes, and everything where nothing is.
func (u *unheard) forget() {
	for at, since := range u.since {
		if time.Since(since) >= unheardFor {
			delete(u.since, at)
		}
	}
	if len(u.since) >= unheardMost {
		clear(u.since)
	}
}

// isUnheard says that the request may have reached the CRM, and its answer not us: there was none, or one of whoever stands
// between.
func isUnheard(failure *crm.Error) bool {
	if failure == nil || failure.Kind != crm.Transient || failure.Code == crm.CodeCircuitOpen {
		return false
	}
	return failure.Status == 0 || failure.Status == http.StatusBadGateway || failure.Status == http.StatusGatewayTimeout
}
