package crm

import (
	"context"
	"time"
)

// Class tells requests apart that a vendor limits apart.
type Class string

const (
	// Calls are requests that have no limit of their own.
	Calls Class = "calls"
	// Searches are requests that read a search index, which vendors limit more tightly.
	Searches Class = "search"
)

// Gate stands before every request that a connector sends: one upsert may take several requests, and vendors count
// requests. See the package pacer. It is safe for concurrent use.
type Gate interface {
	// Wait returns when a request may be sent. Its errors are *Error and mean that nothing was sent: RateLimited with the
	// moment of the caller's own turn, or what keeps the destination's circuit open.
	Wait(ctx context.Context, class Class) error
	// Report tells how a request ended that Wait has let through. It follows every such request exactly once, also one whose
	// connection broke.
	Report(class Class, answer Answer)
}

// Answer is what a gate learns from the end of one request.
type Answer struct {
	// Err is how the request as a whole failed; nil is a success, also one whose items failed. A record that is refused is
	// an Err too: it says that the vendor answers.
	Err *Error
	// Allowances are what the vendor said is left.
	Allowances []Allowance
}

// Allowance is what a vendor says of one of its limits, by the headers of an answer.
type Allowance struct {
	// Class is what the limit is for; "" for all requests.
	Class Class
	// Per is the limit's span, and Max how many requests it allows in it.
	Per time.Duration
	Max int
	// Left is how many of them remain now.
	Left int
}

// Metered is a connector that asks a gate before each of its requests. One that is not is charged one request of the class
// Calls for each call of a method.
type Metered interface {
	// Meter sets the gate, before the first call of any other method.
	Meter(Gate)
}

// Batcher is a connector whose Upsert is cheaper for many writes than for each of them: writes that are on their way at the
// same moment are gathered for it.
type Batcher interface {
	// MaxBatch is how many writes of an object one request carries, at least 1.
	MaxBatch(object string) int
}

// Given is one record with whom it is to be given to.
type Given struct{ RecordID, Owner string }

// Owned is what became of one Given: who owns the record now, or why that is not known.
type Owned struct {
	Owner string
	Call  *Call
	Err   *Error
}

// OwnerBatcher is a connector that sets owners of many records at once. SetOwners is SetOwner for each; it answers in the
// order of given, which names no record twice.
type OwnerBatcher interface {
	SetOwners(ctx context.Context, object string, given []Given) []Owned
}

// Versioned says which credentials a connector, or a Credentials, has now: the text changes when somebody replaces them, and
// tells nothing else about them. It asks nobody outside.
type Versioned interface {
	CredentialsVersion(ctx context.Context) string
}

// OpenGate lets everything through, for a connector that nobody paces.
type OpenGate struct{}

// Wait lets the request through.
func (OpenGate) Wait(context.Context, Class) error { return nil }

// Report forgets the answer.
func (OpenGate) Report(Class, Answer) {}
