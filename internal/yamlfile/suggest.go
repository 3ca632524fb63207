package yamlfile

import (
	"fmt"
	"slices"
	"strings"
)

// Unknown says that a name is not among the known ones, and which was probably meant. What is "key", "pool" and so on.
func Unknown(what, name string, known []string) string {
	if meant := nearest(name, known); meant != "" {
		return fmt.Sprintf("unknown %s %q; did you mean %q?", what, name, meant)
	}
	if len(known) == 0 {
		return fmt.Sprintf("unknown %s %q; there are none", what, name)
	}
	sorted := slices.Sorted(slices.Values(known))
	return fmt.Sprintf("unknown %s %q; want one of: %s", what, name, strings.Join(sorted, ", "))
}

// nearest finds the known name that is a typing error away (a third of its letters may differ), or of which this is the
// beginning or the other way around, or "" when none is near.
func nearest(name string, known []string) string {
	best, distance := "", len(name)
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		d := edits(strings.ToLower(name), strings.ToLower(candidate))
		if d < distance && d <= max(1, len(candidate)/3) {
			best, distance = candidate, d
		}
	}
	const enough = 4 // letters that are not in common by chance
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		begins := strings.HasPrefix(candidate, name) || strings.HasPrefix(name, candidate)
		if best == "" && begins && min(len(name), len(candidate)) >= enough {
			best = candidate
		}
	}
	return best
}

// edits counts the letters to insert, drop, change or swap to get from a to b.
func edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	var before []int
	last := make([]int, len(to)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(from); i++ {
		row := make([]int, len(to)+1)
		row[0] = i
		for j := 1; j <= len(to); j++ {
			change := 1
			if from[i-1] == to[j-1] {
				change = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+change)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(to)]
}
