package crm

import (
	"context"
	"time"
)

// Budget is how several workers share what a vendor allows one account. It is asked about once a second, not for each call.
type Budget interface {
	// Lease asks for a part of each limit, for a short time. All parts that have not run out together are never more than the
	// limit. A worker that no longer asks loses its parts when they run out.
	Lease(ctx context.Context, claim Claim) (Lease, error)
	// Release gives back what a worker holds.
	Release(ctx context.Context, destination, worker string) error
}

// Claim is what one worker asks for, and what it has to tell.
type Claim struct {
	Destination string
	Worker      string
	Lasts       time.Duration // how long the lease is to last
	Wants       []Want
	// TooMany says that the vendor has refused this worker's calls because there were too many. Closed is then for how long
	// nobody calls, by class.
	TooMany bool
	Closed  map[Class]time.Duration
}

// Want is what a worker asks of one limit.
type Want struct {
	// Limit names the limit. All workers call it the same.
	Limit string
	// Calls is how many requests it allows in Per to all workers together.
	Calls int
	Per   time.Duration
	// Counted says that the limit is counted by all workers together, and not parted among them: one of a day.
	Counted bool
	// Sent is how many requests of a counted limit this worker has sent since its last claim.
	Sent int
	// Demand is how many requests the worker would like to send in Per.
	Demand int
	// Held is how many requests of this worker the vendor may count in Per before the claim is answered: its part until then,
	// or what it has sent, if that is more. It is nobody else's before the next claim, whatever the worker gets.
	Held int
}

// Lease is what a worker got.
type Lease struct {
	// Parts are how many requests in its span the worker may send, by limit. Of a counted limit it is how many the other
	// workers have sent in the span.
	Parts map[string]int
	// Refused counts how often the vendor has said "too many" to any of the workers.
	Refused int64
	// Closed is how long nobody calls, by class, because the vendor said so to one of the workers.
	Closed map[Class]time.Duration
}
