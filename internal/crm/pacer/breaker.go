package pacer

import (
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"handoff/internal/crm"
)

const (
	// failuresToOpen is how many requests must fail one after the other, because the CRM is away.
	failuresToOpen = 5
	// defaultProbe is how long an open circuit stays so before one request tries again.
	defaultProbe = 10 * time.Second
	// probeWait is when those come back who found the one probe under way, repairWait when it is about our credentials.
	probeWait, repairWait = time.Second, 5 * time.Second
)

// breaker stops requests to a CRM that is away, or that refuses our credentials. One request in a while finds out whether
// that is over. What is wrong with a record never counts, nor does a rate limit: the CRM is there and answers.
type breaker struct {
	circuit circuitbreaker.CircuitBreaker[any]
	mu      sync.Mutex
	why     crm.Error // what opened it
	version string    // of the credentials that were refused
	probing bool      // one request finds out whether it is over
}

func newBreaker(probe time.Duration, changed func(state string)) *breaker {
	return &breaker{circuit: circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(failuresToOpen).WithSuccessThreshold(1).WithDelay(probe).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) { changed(e.NewState.String()) }).
		Build()}
}

// admit lets a request go, or says what keeps it. version is that of the credentials.
func (b *breaker) admit(version string) *crm.Error {
	if b.circuit.IsClosed() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.why.Kind == crm.Auth && version != b.version { // somebody has repaired the connection
		b.circuit.Close()
		return nil
	}
	if b.circuit.TryAcquirePermit() {
		b.probing = true
		return nil
	}
	return b.refusal()
}

// refuses says what keeps a request before it has waited for its turn. version asks for that of the credentials.
func (b *breaker) refuses(version func() string) *crm.Error {
	if b.circuit.IsClosed() {
		return nil
	}
	now := version()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.why.Kind == crm.Auth && now != b.version || b.circuit.RemainingDelay() <= 0 && !b.probing {
		return nil
	}
	return b.refusal()
}

// probed is the refusal of whoever comes while one request finds out whether it is over.
func (b *breaker) probed() *crm.Error {
	if b.circuit.IsClosed() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.probing {
		return nil
	}
	return b.refusal()
}

// findsOut says that something has been let through to find out whether it is over, and that nothing is known yet.
func (b *breaker) findsOut() bool { return b.circuit.IsHalfOpen() }

// found notes that a request has found out something, or was not sent.
func (b *breaker) found() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// refusal says when to come again. Where somebody has to repair the connection, that is not when the next request finds out:
// most of these do in vain, and there may be thousands who wait. See look. The caller holds the lock.
func (b *breaker) refusal() *crm.Error {
	wait := b.tries()
	switch {
	case b.why.Kind == crm.Auth && b.probing:
		wait = repairWait
	case b.why.Kind == crm.Auth:
		wait = lookAgain
	}
	return &crm.Error{Kind: b.why.Kind, Code: crm.CodeCircuitOpen, RetryAfter: wait}
}

// tries is when the next request finds out whether the CRM is back; 0 while the circuit is closed.
func (b *breaker) tries() time.Duration {
	if b.circuit.IsClosed() {
		return 0
	}
	return max(b.circuit.RemainingDelay(), probeWait)
}

// unused is for a request that was let go and never sent: it has found out nothing.
func (b *breaker) unused() {
	b.found()
	if b.circuit.IsHalfOpen() {
		b.circuit.RecordFailure()
	}
}

// report notes how a request ended. version asks for that of the credentials.
func (b *breaker) report(err *crm.Error, version func() string) {
	b.found()
	switch {
	case err == nil || err.Kind != crm.Transient && err.Kind != crm.Auth:
		b.circuit.RecordSuccess()
		return
	case err.Code == "canceled" && !b.circuit.IsHalfOpen(): // by our own caller
		return
	}
	why := crm.Error{Kind: err.Kind, Code: err.Code}
	now := version()
	b.mu.Lock()
	b.why, b.version = why, now
	b.mu.Unlock()
	b.circuit.RecordFailure()
	if err.Kind == crm.Auth { // the next request would be refused too
		b.circuit.Open()
	}
}

func (b *breaker) state() string { return b.circuit.State().String() }
