package postgres

import (
	"context"
	"slices"

	"handoff/internal/crm"
)

// settle gives every item of a group the same failure.
func settle(group []*item, call *crm.Call, failure *crm.Error) {
	if call != nil {
		call.Code = failure.Code
	}
	for _, it := range group {
		own := *failure // each result has an error of its own to change
		it.result.Err, it.result.Call = &own, call
	}
}

// written is the answer about one record.
type written struct {
	N        int    `json:"n"`
	ID       string `json:"id"`
	Inserted bool   `json:"inserted"`
	State    struct {
		CreatedBy string            `json:"created_by"`
		At        map[string]string `json:"at"`
	} `json:"state"`
	Record map[string]any `json:"record"`
}

// settleWritten reads the answers of a statement that succeeded.
func (c *Connector) settleWritten(ctx context.Context, group []*item, answers [][]byte, call *crm.Call) {
	done := make([]bool, len(group))
	for _, answer := range answers {
		var w written
		if err := unmarshal(answer, &w); err != nil || w.N < 1 || w.N > len(group) {
			continue // the item stays unanswered
		}
		it := group[w.N-1]
		done[w.N-1] = true
		it.result.RecordID, it.result.Call = w.ID, call
		it.result.Outcome = crm.Updated
		// A record that this very submission made in an attempt whose reply got lost is still one that it created.
		if w.Inserted || (it.write.Submission != "" && w.State.CreatedBy == it.write.Submission) {
			it.result.Outcome = crm.Created
		}
		it.result.Kept = it.kept(w.State.At)
		if len(it.shape.read) > 0 {
			it.result.Record = it.shape.table.decode(w.Record)
		}
	}
	for i, it := range group {
		switch {
		case done[i]:
		case len(group) > 1:
			// A trigger that changes keys hides which answer is whose. Alone there is no doubt, and repeating is harmless.
			c.write(ctx, []*item{it})
		default:
			// A trigger of the table refused the record without a word.
			settle(group, call, &crm.Error{Kind: crm.Invalid, Code: "not_written"})
		}
	}
}

// kept lists the fields that a newer answer holds.
func (it *item) kept(answered map[string]string) []string {
	at := it.write.SubmittedAt.UTC().Format(answeredLayout)
	var kept []string
	for _, field := range it.shape.fields {
		newer := answered[it.shape.table.Columns[field].Column] > at
		if newer && it.shape.ordered(field) && !slices.Contains(it.shape.key, field) {
			kept = append(kept, field)
		}
	}
	return kept
}
