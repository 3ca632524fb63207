package crm

import "context"

// BulkUpserter is a connector to a vendor that takes many records as one load, which it works through on its own. That is
// slow for one record and cheap for thousands.
type BulkUpserter interface {
	// BulkSize is how many writes of an object make a load: at least and at most so many. Where most is 0, none is made of
	// the object.
	BulkSize(object string) (least, most int)
	// UpsertBulk is Upsert for as many writes as BulkSize allows, and may take as long as ctx lasts. It answers in the order
	// of writes, one result each; one that fails does not fail the others. Repeating it has the effect of doing it once, also
	// while the vendor still works on a load of an earlier time, whose answer was lost. What somebody else writes in the
	// meantime is neither kept waiting nor overwritten with an older answer (I5).
	UpsertBulk(ctx context.Context, object string, writes []Write) []Result
}

// AsBulk marks background writes whose callers can wait for minutes, until enough of them have come for a load and it is
// done.
func AsBulk(ctx context.Context) context.Context {
	return context.WithValue(AsBackground(ctx), bulk{}, true)
}

// IsBulk says whether writes can wait for a load.
func IsBulk(ctx context.Context) bool { return ctx.Value(bulk{}) != nil }

type bulk struct{}
