package door

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"handoff/internal/ledger"
	"handoff/internal/source"
)

// acceptTimeout bounds how long a ledger that hangs may keep a sender waiting: told to come back it does, timed out by
// itself it may not.
const acceptTimeout = 10 * time.Second

// ofOneDelivery is how many submissions of one delivery are written and started at the same time.
const ofOneDelivery = 8

// acceptAll writes every submission of a delivery and starts its workflow. Where one cannot be written, the delivery has
// failed and comes again: what has been written by then is found to be a duplicate, and nothing more is tried, or a ledger
// that hangs would keep the sender waiting for one after the other.
func (d *Door) acceptAll(ctx context.Context, reading source.Reading, contentType string) ([]ledger.Accepted, error) {
	accepted := make([]ledger.Accepted, len(reading.Submissions))
	take := func(i int) (err error) {
		item := reading.Submissions[i]
		accepted[i], err = d.accept(ctx, ledger.Delivery{
			Submission: item.Submission, Payload: item.Payload, Raw: item.Raw, ContentType: contentType, Via: "webhook",
		})
		if err == nil && !accepted[i].Started {
			d.starts.start(ctx, item.Submission)
		}
		return err
	}
	if len(accepted) == 1 {
		return accepted, take(0)
	}
	accepting, until := errgroup.WithContext(context.WithoutCancel(ctx))
	accepting.SetLimit(ofOneDelivery)
	for i := range accepted {
		accepting.Go(func() error {
			if until.Err() != nil {
				return until.Err()
			}
			return guarded(func() error { return take(i) })
		})
	}
	return accepted, accepting.Wait()
}

// errPanicked stands for a panic, whose value may quote the request.
var errPanicked = errors.New("a submission's handler panicked")

// guarded makes an error of a panic: outside the request's own goroutine nobody else catches it.
func guarded(do func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	return do()
}

// accept writes a submission, also for a sender that has just hung up: it may have seen its request through.
func (d *Door) accept(ctx context.Context, delivery ledger.Delivery) (ledger.Accepted, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
	defer cancel()
	return d.Ledger.Accept(ctx, delivery)
}
