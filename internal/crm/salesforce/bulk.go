package salesforce

import (
	"context"
	"slices"

	"handoff/internal/crm"
)

// MaxBulk is how many records go in one job: Salesforce works them through ten thousand at a time, and counts those batches.
// See https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_bulkapi.htm.
const MaxBulk = 10_000

// BulkSize is how many writes are worth a job. An assignment rule can be named to a job of leads and cases only.
func (c *Connector) BulkSize(name string) (least, most int) {
	if c.config.BulkFrom == 0 || c.config.Assign != "" && !slices.Contains(ruled, c.apiName(name)) {
		return 0, 0
	}
	return c.config.BulkFrom, MaxBulk
}

// ruled are the objects that have assignment rules of owners.
var ruled = []string{"Lead", "Case"}

// UpsertBulk writes new records by the Bulk API, and known ones two hundred to a call.
//
// Only new ones, because a job takes minutes: between the moment when a record is read and the moment when Salesforce works
// on its row, a live lead may have changed it, and a row that changes it again would put an older answer over a newer one. A
// row that creates cannot: every new record carries a unique external id, and Salesforce refuses one that exists by then.
// Such a row is read again and written as any other. For the same reason a job that is sent twice makes no record twice.
func (c *Connector) UpsertBulk(ctx context.Context, name string, writes []crm.Write) []crm.Result {
	results := make([]crm.Result, len(writes))
	o, items := c.prepareAll(ctx, name, writes, results)
	if o == nil {
		return results
	}
	items, again := next(items, len(items))
	var fresh []*item
	for some := range slices.Chunk(questions(o, items), maxHeavy) { // in one request
		found, more := c.sift(ctx, o, some)
		fresh, again = append(fresh, found...), append(again, more...)
	}
	again = append(again, c.create(ctx, fresh)...)
	c.rounds(ctx, o, again)
	return results
}

// sift asks for the records of items and writes those that exist. It returns the items that have none, planned, and those that
// have to go again. Others are kept from these records for these few calls, and not while a job takes its time.
func (c *Connector) sift(ctx context.Context, o *object, asked []question) (fresh, again []*item) {
	var items []*item
	for _, q := range asked {
		items = append(items, q.items...)
	}
	release, ok := c.lockItems(ctx, o, items)
	if !ok {
		return nil, nil
	}
	defer release()
	c.ask(ctx, asked)
	items = slices.DeleteFunc(items, func(it *item) bool { return it.result.Err != nil })
	var known []*item
	for part := range slices.Chunk(items, maxBatch) { // who has become a contact is read by id
		known = append(known, c.redirect(ctx, part)...)
	}
	ready, again := planned(known)
	known = known[:0]
	for _, it := range ready {
		if it.found == nil {
			fresh = append(fresh, it)
		} else {
			known = append(known, it)
		}
	}
	for part := range slices.Chunk(known, maxBatch) {
		again = append(again, c.writeAll(ctx, part)...)
	}
	return fresh, again
}

// create makes new records: by jobs where there are enough of them, and by collections where there are not. It returns the
// items that have to go again, the ordinary way.
func (c *Connector) create(ctx context.Context, items []*item) (again []*item) {
	byKey := map[string][]outgoing{} // rows are told apart by one column
	for _, it := range items {
		if out := (outgoing{it, it.change.values}); fitsRow(out) {
			byKey[it.by.external] = append(byKey[it.by.external], out)
		} else {
			again = append(again, it)
		}
	}
	for key, rows := range byKey {
		if len(rows) < c.config.BulkFrom {
			for _, row := range rows {
				again = append(again, row.item)
			}
			continue
		}
		for len(rows) > 0 {
			n := jobSize(rows)
			again = append(again, c.load(ctx, key, rows[:n])...)
			rows = rows[n:]
		}
	}
	return again
}
