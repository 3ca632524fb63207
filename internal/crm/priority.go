package crm

import "context"

// AsBackground marks calls that nobody waits for, such as those of a backfill: where a limit is short, live leads go
// first.
func AsBackground(ctx context.Context) context.Context {
	return context.WithValue(ctx, background{}, true)
}

// IsBackground says whether a call can wait for live leads.
func IsBackground(ctx context.Context) bool { return ctx.Value(background{}) != nil }

type background struct{}
