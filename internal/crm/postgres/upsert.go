package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"handoff/internal/crm"
)

// maxBatch bounds how many records one statement locks.
const maxBatch = 500

// item is one write on its way into a statement.
type item struct {
	write  *crm.Write
	result *crm.Result
	shape  shape
	id     string // of the shape
	key    string // names the record: equal for writes of one batch that meet in one record
	round  int    // how many writes of the batch meet the same record before this one
	row    json.RawMessage
	tries  int // how often it was sent again
}

// row is a write as the statement reads it.
type row struct {
	Values map[string]any    `json:"v"`
	At     map[string]string `json:"at"`
	By     string            `json:"by"`
}

// Upsert writes a batch. Writes of one shape share a statement, which is a transaction of its own; writes that meet in
// one record go one after the other. When a statement fails for the sake of one record, its halves are tried, so that
// the others are written.
func (c *Connector) Upsert(ctx context.Context, object string, writes []crm.Write) []crm.Result {
	results := make([]crm.Result, len(writes))
	t, unknown := c.table(object)
	var items []*item
	rounds := map[string]int{}
	for i := range writes {
		if unknown != nil {
			failure := *unknown
			results[i].Err = &failure
			continue
		}
		key, err := t.chooseKey(writes[i])
		if err != nil {
			results[i].Err = err
			continue
		}
		it := &item{write: &writes[i], result: &results[i]}
		if err := it.prepare(t, key); err != nil {
			results[i].Err = err
			continue
		}
		it.round = rounds[it.key]
		rounds[it.key]++
		items = append(items, it)
	}
	for _, group := range groups(items) {
		c.write(ctx, group)
	}
	return results
}

// chooseKey finds the first key with a value.
func (t *table) chooseKey(write crm.Write) ([]string, *crm.Error) {
	names := slices.Concat(slices.Concat(write.Keys...), write.CreateOnly, write.UpdateOnly, write.FillBlanks)
	for field := range write.Fields {
		names = append(names, field)
	}
	if unknown := append(t.unknown(names...), t.unreadable(write.Read...)...); len(unknown) > 0 {
		slices.Sort(unknown)
		unknown = slices.Compact(unknown)
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	for _, key := range write.Keys {
		if hasKey(write, key) {
			return key, nil
		}
	}
	if t.External != "" {
		if key := []string{t.fieldOf[t.External]}; hasKey(write, key) {
			return key, nil
		}
	}
	var missing []string
	for _, field := range slices.Concat(write.Keys...) {
		if !slices.Contains(missing, field) {
			missing = append(missing, field)
		}
	}
	return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: missing}
}

func hasKey(write crm.Write, key []string) bool {
	for _, field := range key {
		if crm.IsBlank(write.Fields[field]) {
			return false
		}
	}
	return len(key) > 0
}

// prepare encodes the write for the key.
func (it *item) prepare(t *table, key []string) *crm.Error {
	values, bad := t.encode(it.write.Fields)
	if len(bad) > 0 {
		return &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: bad}
	}
	at := it.write.SubmittedAt.UTC().Format(answeredLayout)
	answered := make(map[string]string, len(values))
	for field := range it.write.Fields {
		if !slices.Contains(it.write.UpdateOnly, field) || slices.Contains(key, field) { // what a new record gets
			answered[t.Columns[field].Column] = at
		}
	}
	encoded, err := json.Marshal(row{Values: values, At: answered, By: it.write.Submission})
	if err != nil {
		return &crm.Error{Kind: crm.Invalid, Code: "bad_value"}
	}
	it.row = encoded
	it.shape = newShape(t, *it.write, key)
	it.id = it.shape.id()
	it.key = fmt.Sprintf("%q", key)
	for _, field := range key {
		it.key += fmt.Sprintf(" %q", fmt.Sprint(values[t.Columns[field].Column]))
	}
	return nil
}

// groups puts items into statements: round by round, in each round by shape in order of appearance, and in each
// statement by key, so that concurrent statements lock records in one order.
func groups(items []*item) [][]*item {
	type slot struct {
		round int
		shape string
	}
	order := map[string]int{}
	bySlot := map[slot][]*item{}
	for _, it := range items {
		if _, seen := order[it.id]; !seen {
			order[it.id] = len(order)
		}
		s := slot{it.round, it.id}
		bySlot[s] = append(bySlot[s], it)
	}
	slots := make([]slot, 0, len(bySlot))
	for s := range bySlot {
		slots = append(slots, s)
	}
	slices.SortFunc(slots, func(a, b slot) int {
		return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(order[a.shape], order[b.shape]))
	})
	var all [][]*item
	for _, s := range slots {
		group := bySlot[s]
		slices.SortStableFunc(group, func(a, b *item) int { return cmp.Compare(a.key, b.key) })
		all = slices.AppendSeq(all, slices.Chunk(group, maxBatch))
	}
	return all
}

// write sends a group as one statement and settles the result of each of its items.
func (c *Connector) write(ctx context.Context, group []*item) {
	rows := make([]json.RawMessage, len(group))
	for i, it := range group {
		rows[i] = it.row
	}
	request, err := json.Marshal(rows)
	if err != nil { // the rows are JSON already
		settle(group, nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value"})
		return
	}
	s := group[0].shape
	answers, call, err := c.queryJSON(ctx, "upsert "+s.table.object, len(group), s.statement(len(group) == 1), request)
	if err == nil {
		c.settleWritten(ctx, group, answers, call)
		return
	}
	switch {
	case len(group) > 1 && mayBeOneItem(err):
		half := len(group) / 2
		c.write(ctx, group[:half])
		c.write(ctx, group[half:])
	case len(group) > 1:
		settle(group, call, c.explain(ctx, s, err))
	case c.again(ctx, group[0], err):
		c.write(ctx, group)
	case aboutTheNewRow(err) && c.update(ctx, group, request):
	default:
		settle(group, call, c.failure(ctx, group[0], err))
	}
}

// update writes an item again whose row the database does not take as a new one, for the record that is there, and says whether
// there is one: the database looks at the row that is offered before it looks for the record. What is to be written may be right
// for a record that has a value in each column.
func (c *Connector) update(ctx context.Context, alone []*item, request []byte) bool {
	s := alone[0].shape
	answers, call, err := c.queryJSON(ctx, "upsert "+s.table.object, 1, s.update(), request)
	switch {
	case err != nil:
		settle(alone, call, c.failure(ctx, alone[0], err))
	case len(answers) == 0:
		return false
	default:
		c.settleWritten(ctx, alone, answers, call)
	}
	return true
}

// failure explains why an item that is alone was not written.
func (c *Connector) failure(ctx context.Context, it *item, err error) *crm.Error {
	failure := c.explain(ctx, it.shape, err)
	if failure.Kind == crm.Invalid && len(failure.Fields) == 0 {
		failure.Fields = c.badFields(ctx, it)
	}
	return failure
}
