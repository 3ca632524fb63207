package change

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"handoff/internal/submission"
)

// Report is what would change. It holds no personal data.
type Report struct {
	Since       time.Time `json:"since"`
	Against     string    `json:"against"` // in words: what the new version is compared with
	Submissions int       `json:"submissions"`
	Compared    int       `json:"compared"`
	Changed     int       `json:"changed"`
	// Skipped says why submissions could not be compared, and how many.
	Skipped  map[string]int `json:"skipped,omitempty"`
	Mappings []Mapping      `json:"mappings"`
}

// Why a submission is not compared.
const (
	SkippedNoAnswers  = "holds no answers (yet)"
	SkippedUnserved   = "no mapping serves its form, before or after"
	SkippedUnrecorded = "nothing was recorded of it, as of a duplicate"
)

// Mapping is what would change in the submissions of one mapping.
type Mapping struct {
	Mapping     string `json:"mapping"`
	Was         string `json:"was,omitempty"` // version; empty where there was none, or where many were recorded
	Is          string `json:"is,omitempty"`
	Submissions int    `json:"submissions"`
	Changed     int    `json:"changed"`
	// Reviews are the submissions that a person would have to look at, or would not have to any more.
	Reviews []Review `json:"reviews,omitempty"`
	// Moves are everything else that concerns submissions as a whole.
	Moves  []Move  `json:"moves,omitempty"`
	Fields []Field `json:"fields,omitempty"`
}

// Review counts submissions whose way to a person changes.
type Review struct {
	Change   string          `json:"change"` // "now in review", "no longer in review", "in review for another reason"
	Problems string          `json:"problems,omitempty"`
	Before   string          `json:"before,omitempty"`
	Count    int             `json:"count"`
	Examples []submission.ID `json:"examples,omitempty"`
}

// Move counts submissions that would be written elsewhere or go to somebody else.
type Move struct {
	Change   string          `json:"change"`
	Count    int             `json:"count"`
	Examples []submission.ID `json:"examples,omitempty"`
}

// Field counts how one field would change.
type Field struct {
	Field    string    `json:"field"`
	Added    int       `json:"added"`   // has a value now
	Removed  int       `json:"removed"` // has none any more
	Changed  int       `json:"changed"` // has another one
	Examples []Example `json:"examples,omitempty"`
}

// Example is one submission's change of a field, masked.
type Example struct {
	Submission submission.ID `json:"submission"`
	Before     string        `json:"before"`
	After      string        `json:"after"`
	Note       string        `json:"note,omitempty"` // how the two differ, where the masks hide it
}

// report sorts what was counted: most frequent first.
func (t *tally) report(versions map[string][2]string) Report {
	r := Report{Submissions: t.seen, Compared: t.compared, Changed: t.changed, Mappings: []Mapping{}}
	if len(t.skipped) > 0 {
		r.Skipped = t.skipped
	}
	for _, name := range slices.Sorted(maps.Keys(t.mappings)) {
		n, version := t.mappings[name], versions[name]
		m := Mapping{Mapping: name, Was: version[0], Is: version[1], Submissions: n[0], Changed: n[1]}
		fields := map[string]*Field{}
		for k, c := range t.counts {
			if k.mapping != name {
				continue
			}
			switch k.kind {
			case fieldAdded, fieldRemoved, fieldChanged:
				if fields[k.what] == nil {
					fields[k.what] = &Field{Field: k.what}
				}
				fields[k.what].count(k.kind, c)
			case nowReview, noLongerReview:
				m.Reviews = append(m.Reviews, review(k, c))
			default:
				m.Moves = append(m.Moves, Move{Change: k.sentence(), Count: c.n, Examples: ids(c)})
			}
		}
		for _, f := range fields {
			m.Fields = append(m.Fields, *f)
		}
		m.sort()
		r.Mappings = append(r.Mappings, m)
	}
	return r
}

func (m *Mapping) sort() {
	slices.SortFunc(m.Fields, func(a, b Field) int { return cmp.Or(b.total()-a.total(), cmp.Compare(a.Field, b.Field)) })
	slices.SortFunc(m.Reviews, func(a, b Review) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Change, b.Change), cmp.Compare(a.Problems, b.Problems), cmp.Compare(a.Before, b.Before))
	})
	slices.SortFunc(m.Moves, func(a, b Move) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Change, b.Change)) })
}

func (f Field) total() int { return f.Added + f.Removed + f.Changed }

func (f *Field) count(kind kind, c *count) {
	switch kind {
	case fieldAdded:
		f.Added = c.n
	case fieldRemoved:
		f.Removed = c.n
	default:
		f.Changed = c.n
	}
	for _, e := range c.examples {
		f.Examples = append(f.Examples, e.Example)
	}
	slices.SortStableFunc(f.Examples, func(a, b Example) int { // as the counts stand: added, removed, changed
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Submission, b.Submission))
	})
}

func rank(e Example) int {
	const nothing = "nothing"
	switch {
	case e.Before == nothing:
		return 0
	case e.After == nothing:
		return 1
	}
	return 2
}

func review(k key, c *count) Review {
	r := Review{Change: "now in review", Problems: k.what, Before: k.to, Count: c.n, Examples: ids(c)}
	switch {
	case k.kind == noLongerReview:
		r.Change = "no longer in review"
	case k.to != "":
		r.Change = "in review for another reason"
	}
	return r
}

func ids(c *count) []submission.ID {
	var ids []submission.ID
	for _, e := range c.examples {
		ids = append(ids, e.Submission)
	}
	return ids
}

func (k key) sentence() string {
	switch k.kind {
	case recordAdded:
		return "the " + k.what + " is written now"
	case recordRemoved:
		return "the " + k.what + " is not written any more"
	case moved:
		return "the " + k.what + " goes to another destination: " + k.to
	case ownerChanged:
		return "the owner is decided otherwise: " + k.what + " → " + k.to
	case nowServed:
		return "a mapping serves the form now"
	case noLongerServed:
		return "no mapping serves the form any more"
	}
	return "another mapping serves the form: " + k.what + " → " + k.to
}

// OK says that nothing would change.
func (r Report) OK() bool { return r.Changed == 0 }
