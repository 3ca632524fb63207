// Package change runs two versions of the mappings over the same real submissions and counts what would become different,
// before anything is deployed. It shows values only masked.
package change

import (
	"context"
	"encoding/json"
	"fmt"

	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/mask"
	"handoff/internal/mappingtool/sweep"
	"handoff/internal/routing"
	"handoff/internal/submission"
)

// Version is one version of the rules.
type Version struct {
	Set     *mapping.Set
	Routing *routing.Table // nil is none: owners are not compared
}

// Comparison is what to compare.
type Comparison struct {
	Old, New Version
	// Recorded compares with what was recorded at the time instead of with Old, which is then not looked at.
	Recorded bool
	// Mapping keeps to one mapping, by its name in either version; empty is all of them.
	Mapping string
	// Examples is how many are kept of each change.
	Examples int
	// Progress is told after each submission, by several goroutines; nil is nobody.
	Progress func()
}

// Run compares every submission that the query chooses.
func (c Comparison) Run(ctx context.Context, l sweep.Ledger, q ledger.SampleQuery) (Report, error) {
	q.Plans = c.Recorded
	classes := c.classes()
	start := func() *tally { return newTally(c.Examples, classes) }
	tallies, err := sweep.Run(ctx, l, q, c.Progress, start, c.one)
	if err != nil {
		return Report{}, err
	}
	all := start()
	for _, t := range tallies {
		all.merge(t)
	}
	return all.report(c.versions()), nil
}

// one compares one submission.
func (c Comparison) one(item sweep.Item, t *tally) {
	t.seen++
	in, ok := item.Input()
	if !ok {
		t.skipped[SkippedNoAnswers]++
		return
	}
	is := find(c.New.Set, in)
	was, known := c.before(item.Sample, in)
	switch {
	case is == nil && (was == nil || !known):
		t.skipped[SkippedUnserved]++
	case !known:
		t.skipped[SkippedUnrecorded]++
	case c.Mapping == "" || name(was) == c.Mapping || name(is) == c.Mapping:
		t.compare(item.Number, in.Submission, was.outcome(c.Old.Routing, in), is.outcome(c.New.Routing, in))
	}
}

// before is what made the old outcome; known is false where nothing was recorded to compare with.
func (c Comparison) before(sample ledger.Sample, in mapping.Input) (was *maker, known bool) {
	if !c.Recorded {
		return find(c.Old.Set, in), true
	}
	if sample.Plan == nil {
		if sample.Stage == submission.StageReview {
			return &maker{recorded: &outcome{mapping: sample.Mapping, review: true}}, true
		}
		return nil, false
	}
	var plan mapping.Plan
	if err := json.Unmarshal(sample.Plan, &plan); err != nil {
		return nil, false
	}
	o := planned(plan)
	return &maker{recorded: &o}, true
}

// maker is what makes an outcome: a mapping, or a record of the time. A nil maker makes none: no mapping serves the form.
type maker struct {
	mapping  *mapping.Mapping
	recorded *outcome
}

func find(set *mapping.Set, in mapping.Input) *maker {
	if set != nil {
		if m, ok := set.For(in.Source, in.Form); ok {
			return &maker{mapping: m}
		}
	}
	return nil
}

func name(m *maker) string {
	switch {
	case m == nil:
		return ""
	case m.recorded != nil:
		return m.recorded.mapping
	}
	return m.mapping.Name()
}

func (m *maker) outcome(table *routing.Table, in mapping.Input) outcome {
	switch {
	case m == nil:
		return outcome{unserved: true}
	case m.recorded != nil:
		return *m.recorded
	}
	plan, problems := m.mapping.Apply(in)
	o := planned(plan)
	o.problems, o.review = problems, len(problems) > 0
	if table != nil && !o.review && o.owned {
		d := table.Decide(routing.Facts(plan.Facts), "", "", in.ReceivedAt)
		o.owner = ownerText(d)
	}
	return o
}

// ownerText names a decision in a few words.
func ownerText(d routing.Decision) string {
	switch {
	case d.Pool != nil:
		return fmt.Sprintf("%s (pool %s)", d.Rule, d.Pool.Name)
	case d.Owner != "":
		return fmt.Sprintf("%s (owner %s)", d.Rule, d.Owner)
	}
	return fmt.Sprintf("%s (queue %s)", d.Rule, d.Queue)
}

// classes are how the fields of both versions may be shown, by object.field: the strictest class of any rule.
func (c Comparison) classes() map[string]string {
	rank := map[string]int{mask.None: 1, mask.Contact: 2, mask.Identity: 3, mask.Sensitive: 4}
	classes := map[string]string{}
	for _, version := range []Version{c.Old, c.New} {
		if version.Set == nil {
			continue
		}
		for _, m := range version.Set.All() {
			for _, f := range m.Fields() {
				target := f.ObjectName + "." + f.Field
				class := mask.Class(target, f.Type, f.PII)
				if key := m.Name() + " " + target; rank[class] > rank[classes[key]] {
					classes[key] = class
				}
			}
		}
	}
	return classes
}

// versions are the versions of each mapping, by name: old and new.
func (c Comparison) versions() map[string][2]string {
	versions := map[string][2]string{}
	for i, version := range []Version{c.Old, c.New} {
		if version.Set == nil || i == 0 && c.Recorded {
			continue
		}
		for _, m := range version.Set.All() {
			both := versions[m.Name()]
			both[i] = m.Version()
			versions[m.Name()] = both
		}
	}
	return versions
}
