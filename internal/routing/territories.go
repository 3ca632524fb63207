package routing

import (
	"cmp"
	"slices"
	"strings"
)

// territories is a table from what some facts say to who gets the record. Rows name the facts' values in order, from the
// coarsest to the finest, and may leave the finer ones out; the most specific row counts.
type territories struct {
	by   []string // facts
	rows map[string]target
	// patterns are the rows with a value that ends in *, the most specific first.
	patterns []pattern
}

// pattern is a row whose values are beginnings, or whole where they do not end in *.
type pattern struct {
	parts []string
	to    target
}

// Signs of a row.
const (
	rowSeparator = "/"
	anyEnd       = "*"
)

// find returns the target of the most specific row: the one with the most values, of these one without *, and of those
// with * the one with the longest beginnings.
func (t *territories) find(facts Facts) (to target, named int, ok bool) {
	values := make([]string, len(t.by))
	known := len(t.by)
	for i, fact := range t.by {
		values[i] = part(facts[fact])
		if values[i] == "" {
			known = min(known, i) // a finer fact says nothing without the coarser one
		}
	}
	for n := known; n > 0; n-- {
		if to, ok := t.rows[strings.Join(values[:n], rowSeparator)]; ok {
			return to, n, true
		}
		for _, p := range t.patterns {
			if len(p.parts) == n && p.holds(values[:n]) {
				return p.to, n, true
			}
		}
	}
	return target{}, 0, false
}

func (p pattern) holds(values []string) bool {
	for i, part := range p.parts {
		beginning, open := strings.CutSuffix(part, anyEnd)
		if open && !strings.HasPrefix(values[i], beginning) || !open && values[i] != part {
			return false
		}
	}
	return true
}

// length orders patterns: the longer the beginnings, the more specific.
func (p pattern) length() int {
	n := 0
	for _, part := range p.parts {
		n += len(part)
		if !strings.HasSuffix(part, anyEnd) {
			n += 1 << 10
		}
	}
	return n
}

// part makes values equal that people take for the same: case and spaces do not matter.
func part(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), "")) }

// add notes a row and says whether there was one with the same values.
func (t *territories) add(row string, to target) (twice bool) {
	parts := strings.Split(row, rowSeparator)
	for i := range parts {
		parts[i] = part(parts[i])
	}
	key := strings.Join(parts, rowSeparator)
	if !strings.Contains(key, anyEnd) {
		_, twice = t.rows[key]
		t.rows[key] = to
		return twice
	}
	twice = slices.ContainsFunc(t.patterns, func(p pattern) bool { return slices.Equal(p.parts, parts) })
	t.patterns = append(t.patterns, pattern{parts, to})
	slices.SortStableFunc(t.patterns, func(a, b pattern) int { return cmp.Compare(b.length(), a.length()) })
	return twice
}

// each yields the targets of all rows, and says whether it came to the end.
func (t *territories) each(yield func(target) bool) bool {
	for _, to := range t.rows {
		if !yield(to) {
			return false
		}
	}
	for _, p := range t.patterns {
		if !yield(p.to) {
			return false
		}
	}
	return true
}
