// Package coverage finds where forms and mappings have drifted apart, in the submissions of the last days: answers that no
// rule reads, answers that rules read and nobody sends any more, rules that never wrote anything, forms that no mapping
// serves. It counts names and never looks at what was answered.
package coverage

import (
	"context"
	"time"

	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/sweep"
)

// Period is what is looked at.
type Period struct {
	Since, Until time.Time
	Source, Form string // only these; empty is any
	// Mapping keeps to one mapping; empty is all of them.
	Mapping string
}

// Run looks at every submission of the period. Step is told after each, by several goroutines; nil is nobody.
func Run(ctx context.Context, l sweep.Ledger, set *mapping.Set, p Period, step func()) (Report, error) {
	start := func() *tally { return &tally{period: p, forms: map[formKey]*formTally{}} }
	tallies, err := sweep.Run(ctx, l, ledger.SampleQuery{Since: p.Since, Until: p.Until, Source: p.Source, Form: p.Form}, step, start,
		func(item sweep.Item, t *tally) { t.look(item, set) })
	if err != nil {
		return Report{}, err
	}
	all := start()
	for _, t := range tallies {
		all.merge(t)
	}
	return all.report(set), nil
}

// most is how many unknown names are counted per form: whoever can send answers can make names up.
const most = 500

type formKey struct{ source, form string }

type tally struct {
	period  Period
	seen    int
	skipped int
	forms   map[formKey]*formTally
}

// formTally counts one form, by the hour, so that "since when" can be told without keeping every moment. Its size depends
// on the mapping and on the length of the period, not on how many submissions there are.
type formTally struct {
	n        hours
	unknown  map[string]*sightings
	crowded  int              // sightings of names beyond the limit
	missing  map[string]hours // submissions without the answer, by the name that a rule reads
	fired    map[mapping.Place]bool
	statuses map[mapping.Place]map[mapping.Status]int
}

// hours counts by the hours since 1970.
type hours map[int64]int

func hourOf(at time.Time) int64 { return at.Unix() / int64(time.Hour/time.Second) }

// endOf is the moment at which an hour ends.
func endOf(hour int64) time.Time { return time.Unix((hour+1)*int64(time.Hour/time.Second), 0).UTC() }

type sightings struct {
	n           int
	first, last time.Time
}

func (t *tally) look(item sweep.Item, set *mapping.Set) {
	t.seen++
	in, ok := item.Input()
	if !ok {
		t.skipped++
		return
	}
	m, served := set.For(in.Source, in.Form)
	if t.period.Mapping != "" && (!served || m.Name() != t.period.Mapping) {
		return
	}
	f := t.form(formKey{in.Source, in.Form})
	hour := hourOf(in.ReceivedAt)
	f.n[hour]++
	if !served {
		return
	}
	x := m.Explain(in)
	for _, name := range x.Unknown {
		f.see(name, in.ReceivedAt)
	}
	for _, name := range x.Vanished {
		f.lack(name, hour, 1)
	}
	for _, d := range x.Decisions {
		f.decide(d.Rule, d.Status)
	}
}

func (t *tally) form(key formKey) *formTally {
	if t.forms[key] == nil {
		t.forms[key] = &formTally{
			n: hours{}, unknown: map[string]*sightings{}, missing: map[string]hours{}, fired: map[mapping.Place]bool{},
			statuses: map[mapping.Place]map[mapping.Status]int{},
		}
	}
	return t.forms[key]
}

func (f *formTally) see(name string, at time.Time) {
	s := f.unknown[name]
	if s == nil {
		if len(f.unknown) >= most {
			f.crowded++
			return
		}
		s = &sightings{first: at}
		f.unknown[name] = s
	}
	s.n++
	s.add(at)
}

func (s *sightings) add(at time.Time) {
	if at.Before(s.first) {
		s.first = at
	}
	if at.After(s.last) {
		s.last = at
	}
}

func (f *formTally) lack(name string, hour int64, n int) {
	if f.missing[name] == nil {
		f.missing[name] = hours{}
	}
	f.missing[name][hour] += n
}

func (f *formTally) decide(rule mapping.Place, status mapping.Status) {
	if f.statuses[rule] == nil {
		f.statuses[rule] = map[mapping.Status]int{}
	}
	f.statuses[rule][status]++
	if status == mapping.StatusWritten || status == mapping.StatusFallback {
		f.fired[rule] = true
	}
}

func (t *tally) merge(other *tally) {
	t.seen += other.seen
	t.skipped += other.skipped
	for key, o := range other.forms {
		f := t.form(key)
		f.crowded += o.crowded
		for hour, n := range o.n {
			f.n[hour] += n
		}
		for name, s := range o.unknown {
			f.mergeSightings(name, s)
		}
		for name, missing := range o.missing {
			for hour, n := range missing {
				f.lack(name, hour, n)
			}
		}
		for rule, statuses := range o.statuses {
			for status, n := range statuses {
				f.decide(rule, status)
				f.statuses[rule][status] += n - 1
			}
		}
	}
}

func (f *formTally) mergeSightings(name string, s *sightings) {
	known := f.unknown[name]
	switch {
	case known == nil && len(f.unknown) >= most:
		f.crowded += s.n
		return
	case known == nil:
		known = &sightings{first: s.first}
		f.unknown[name] = known
	}
	known.n += s.n
	known.add(s.first)
	known.add(s.last)
}
