package recordlock

import "context"

// Chain takes locks first and then locks second: with Local as the first one, the writers of a process that wait for each
// other do not all wait for what is scarce in the second.
func Chain(first, second Locks) Locks { return chain{first, second} }

type chain struct{ first, second Locks }

func (c chain) Lock(ctx context.Context, names []string) (func(), error) {
	releaseFirst, err := c.first.Lock(ctx, names)
	if err != nil {
		return nil, err
	}
	releaseSecond, err := c.second.Lock(ctx, names)
	if err != nil {
		releaseFirst()
		return nil, err
	}
	return func() {
		releaseSecond()
		releaseFirst()
	}, nil
}
