package crm

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is the closed set of ways in which a CRM call fails; code decides on nothing else.
type Kind string

const (
	// Invalid: this record's values are wrong. Never retried; a person corrects them.
	Invalid Kind = "Invalid"
	// Misconfigured: every record would fail alike (unknown property, missing scope). Never retried; one alert per cause.
	Misconfigured Kind = "Misconfigured"
	// Auth: the credential is expired or revoked. Retried slowly until the connection is repaired.
	Auth Kind = "Auth"
	// RateLimited: a budget is used up. Retried when the vendor says; not counted as a failure.
	RateLimited Kind = "RateLimited"
	// Transient: nobody must change anything. Retried with backoff; a write may already have happened.
	Transient Kind = "Transient"
	// Conflict: another record is in the way and the connector could not resolve it.
	Conflict Kind = "Conflict"
)

// Permanent says whether repeating the same call can never succeed.
func (k Kind) Permanent() bool { return k == Invalid || k == Misconfigured || k == Conflict }

// CodeCircuitOpen is the code of a call that was not made, because calls before it failed.
const CodeCircuitOpen = "circuit_open"

// CodeConnectorPanic is that of a request during which the connector broke.
const CodeConnectorPanic = "connector_panic"

// Error is the only error type that leaves a connector. Its text is made of codes and field names: it may be stored,
// shown and logged. What the vendor said in its own words stays in Call and is sealed in the ledger.
type Error struct {
	Kind       Kind
	Code       string        // the vendor's machine code, or one of ours in snake_case
	Status     int           // HTTP status, 0 where the protocol has none
	Fields     []string      // destination fields at fault
	RetryAfter time.Duration // what the vendor asked for; 0 where it said nothing
	RequestID  string        // the vendor's id of the request, for its support
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Kind, e.Code)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (status %d)", e.Status)
	}
	if len(e.Fields) > 0 {
		fmt.Fprintf(&b, " in %s", strings.Join(e.Fields, ", "))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ", retry after %s", e.RetryAfter)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
	}
	return b.String()
}

// AsError finds the *Error in err's chain, or says that there is none.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
