package change

import (
	"slices"

	"handoff/internal/mappingtool/mask"
	"handoff/internal/submission"
)

// tally counts changes. Its size depends on how many kinds of changes there are, not on how many submissions.
type tally struct {
	examples int
	classes  map[string]string
	seen     int
	skipped  map[string]int
	compared int
	changed  int
	counts   map[key]*count
	mappings map[string]*[2]int // submissions compared and changed, by mapping
}

// key is one kind of change.
type key struct {
	mapping string
	kind    kind
	what    string // the field, the object, or what was before
	to      string
}

type kind int

const (
	fieldAdded kind = iota
	fieldRemoved
	fieldChanged
	nowReview
	noLongerReview
	recordAdded
	recordRemoved
	moved // a record goes to another destination
	ownerChanged
	nowServed
	noLongerServed
	otherMapping
)

type count struct {
	n        int
	examples []numberedExample
}

type numberedExample struct {
	number int
	Example
}

func newTally(examples int, classes map[string]string) *tally {
	return &tally{
		examples: examples, classes: classes, skipped: map[string]int{}, counts: map[key]*count{}, mappings: map[string]*[2]int{},
	}
}

// compare counts how one submission changes.
func (t *tally) compare(number int, id submission.ID, was, is outcome) {
	mapping := is.mapping
	if is.unserved {
		mapping = was.mapping
	}
	d := &difference{tally: t, mapping: mapping, number: number, id: id}
	d.find(was, is)
	t.compared++
	if t.mappings[mapping] == nil {
		t.mappings[mapping] = &[2]int{}
	}
	t.mappings[mapping][0]++
	if d.any {
		t.changed++
		t.mappings[mapping][1]++
	}
}

// difference is one submission's changes.
type difference struct {
	tally   *tally
	mapping string
	number  int
	id      submission.ID
	any     bool
}

func (d *difference) find(was, is outcome) {
	switch {
	case was.unserved && is.unserved:
		return
	case was.unserved:
		d.note(nowServed, "", "", Example{})
	case is.unserved:
		d.note(noLongerServed, "", "", Example{})
		return
	case was.mapping != is.mapping && was.mapping != "": // what waits in review may have no record of its mapping
		d.note(otherMapping, was.mapping, is.mapping, Example{})
	}
	switch {
	case is.review && !was.review:
		d.note(nowReview, reasons(is.problems), "", Example{})
		return
	case was.review && !is.review:
		d.note(noLongerReview, reasons(was.problems), "", Example{})
		return
	case is.review:
		if before, after := reasons(was.problems), reasons(is.problems); before != after && before != "" {
			d.note(nowReview, after, before, Example{})
		}
		return
	case was.unserved:
		return
	}
	d.records(was, is)
	for target, before := range was.fields {
		after, stays := is.fields[target]
		switch {
		case !stays:
			d.note(fieldRemoved, target, "", d.example(target, before, nil))
		case !same(before, after):
			d.note(fieldChanged, target, "", d.example(target, before, after))
		}
	}
	for target, after := range is.fields {
		if _, known := was.fields[target]; !known {
			d.note(fieldAdded, target, "", d.example(target, nil, after))
		}
	}
	if was.owner != is.owner && was.owner != "" && is.owner != "" {
		d.note(ownerChanged, was.owner, is.owner, Example{})
	}
}

func (d *difference) records(was, is outcome) {
	for object, before := range was.records {
		after, stays := is.records[object]
		switch {
		case !stays:
			d.note(recordRemoved, object, "", Example{})
		case before != after:
			d.note(moved, object, before+" → "+after, Example{})
		}
	}
	for object := range is.records {
		if _, known := was.records[object]; !known {
			d.note(recordAdded, object, "", Example{})
		}
	}
}

func (d *difference) example(target string, before, after any) Example {
	class, ok := d.tally.classes[d.mapping+" "+target]
	if !ok {
		class = mask.Class(target, "", "")
	}
	return Example{Before: masked(before, class), After: masked(after, class), Note: mask.Difference(before, after)}
}

func masked(value any, class string) string {
	if link, ok := value.(linkTo); ok {
		return "link to " + string(link)
	}
	return mask.Value(value, class)
}

// note counts a change, and keeps it as an example if it is among the first.
func (d *difference) note(kind kind, what, to string, e Example) {
	d.any = true
	k := key{mapping: d.mapping, kind: kind, what: what, to: to}
	c := d.tally.counts[k]
	if c == nil {
		c = &count{}
		d.tally.counts[k] = c
	}
	c.n++
	e.Submission = d.id
	c.keep(d.tally.examples, numberedExample{d.number, e})
}

// keep keeps the examples that arrived first, whichever goroutine met them.
func (c *count) keep(most int, examples ...numberedExample) {
	c.examples = append(c.examples, examples...)
	slices.SortFunc(c.examples, func(a, b numberedExample) int { return a.number - b.number })
	c.examples = c.examples[:min(most, len(c.examples))]
}

func (t *tally) merge(other *tally) {
	t.seen += other.seen
	t.compared += other.compared
	t.changed += other.changed
	for why, n := range other.skipped {
		t.skipped[why] += n
	}
	for k, c := range other.counts {
		if t.counts[k] == nil {
			t.counts[k] = &count{}
		}
		t.counts[k].n += c.n
		t.counts[k].keep(t.examples, c.examples...)
	}
	for name, n := range other.mappings {
		if t.mappings[name] == nil {
			t.mappings[name] = &[2]int{}
		}
		t.mappings[name][0] += n[0]
		t.mappings[name][1] += n[1]
	}
}
