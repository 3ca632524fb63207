package activities

import (
	"fmt"
	"strings"

	"handoff/internal/ledger"
)

// mostNumbers is how many answers a message numbers; the ledger has all of them.
const mostNumbers = 20

// driftText says in a message what has come apart, by the numbers of the ledger's table drift.
func driftText(mapping string, kind ledger.DriftKind, ids []int64) []string {
	what := "answers come that no rule mentions"
	if kind == ledger.DriftVanished {
		what = "answers that used to come have stopped coming"
	}
	numbers := make([]string, 0, len(ids))
	for _, id := range ids[:min(len(ids), mostNumbers)] {
		numbers = append(numbers, fmt.Sprint(id))
	}
	text := "drift " + strings.Join(numbers, ", ")
	if more := len(ids) - mostNumbers; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return []string{fmt.Sprintf("mapping %s: %s", mapping, what), text + " in the ledger's table drift"}
}
