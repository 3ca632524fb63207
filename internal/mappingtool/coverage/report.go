package coverage

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"handoff/internal/mapping"
)

// Report is what was found. It holds names of answers and fields, and no answer.
type Report struct {
	Since       time.Time `json:"since"`
	Submissions int       `json:"submissions"`
	// Skipped are submissions that hold no answers, or none yet.
	Skipped int    `json:"skipped,omitempty"`
	Forms   []Form `json:"forms"`
	// Silent are the mapped forms of which nothing came.
	Silent []Silent `json:"silent,omitempty"`
}

// Form is what was found of one form.
type Form struct {
	Source      string `json:"source"`
	Form        string `json:"form"`
	Mapping     string `json:"mapping,omitempty"` // empty where no mapping serves the form
	Submissions int    `json:"submissions"`
	// Unmapped are the answers that came and that no rule reads: they were sent nowhere.
	Unmapped []Unmapped `json:"unmapped,omitempty"`
	// MoreNames counts sightings of further such names, beyond those that are listed.
	MoreNames int `json:"more_names,omitempty"`
	// Vanished are the answers that rules read and that do not come, or do not come any more.
	Vanished []Vanished `json:"vanished,omitempty"`
	// Idle are the rules that wrote nothing in any submission.
	Idle []Idle `json:"idle,omitempty"`
}

// Unmapped is an answer that nobody reads.
type Unmapped struct {
	Answer string    `json:"answer"`
	Count  int       `json:"count"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
}

// Vanished is an answer that nobody sends.
type Vanished struct {
	Answer string `json:"answer"`
	// Count is how often it came in the period.
	Count int `json:"count"`
	// Since is the end of the hour in which it came last; the beginning of the period where it never came.
	Since time.Time `json:"since"`
	// Missing is how many submissions have come without it since then.
	Missing int `json:"missing"`
}

// Idle is a rule that never wrote anything.
type Idle struct {
	Rule mapping.Place `json:"rule"`
	From []string      `json:"from,omitempty"`
	To   []string      `json:"to"`
	// Status is what happened to it most often.
	Status mapping.Status `json:"status,omitempty"`
}

// Silent is a mapped form of which nothing came.
type Silent struct {
	Source  string `json:"source"`
	Form    string `json:"form"`
	Mapping string `json:"mapping"`
}

// OK says that forms and mappings fit together.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Forms, func(f Form) bool {
		return f.Mapping == "" || len(f.Unmapped)+len(f.Vanished)+len(f.Idle) > 0
	})
}

func (t *tally) report(set *mapping.Set) Report {
	r := Report{Since: t.period.Since, Submissions: t.seen, Skipped: t.skipped, Forms: []Form{}}
	for key, f := range t.forms {
		m, _ := set.For(key.source, key.form)
		r.Forms = append(r.Forms, f.report(key, m, t.period))
	}
	slices.SortFunc(r.Forms, func(a, b Form) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Form, b.Form))
	})
	for _, m := range set.All() {
		for _, source := range m.Sources() {
			for _, form := range m.Forms() {
				if t.forms[formKey{source, form}] == nil && t.period.includes(source, form, m) {
					r.Silent = append(r.Silent, Silent{source, form, m.Name()})
				}
			}
		}
	}
	return r
}

func (p Period) includes(source, form string, m *mapping.Mapping) bool {
	return (p.Source == "" || p.Source == source) && (p.Form == "" || p.Form == form) && (p.Mapping == "" || p.Mapping == m.Name())
}

func (f *formTally) report(key formKey, m *mapping.Mapping, p Period) Form {
	form := Form{Source: key.source, Form: key.form, MoreNames: f.crowded}
	for _, n := range f.n {
		form.Submissions += n
	}
	if m == nil {
		return form
	}
	form.Mapping = m.Name()
	for _, name := range slices.Sorted(maps.Keys(f.unknown)) {
		s := f.unknown[name]
		form.Unmapped = append(form.Unmapped, Unmapped{name, s.n, s.first.UTC(), s.last.UTC()})
	}
	slices.SortStableFunc(form.Unmapped, func(a, b Unmapped) int { return b.Count - a.Count })
	for _, name := range slices.Sorted(maps.Keys(f.missing)) {
		if v, vanished := f.vanished(name, p, form.Submissions); vanished {
			form.Vanished = append(form.Vanished, v)
		}
	}
	for _, rule := range m.Rules() {
		if !f.fired[rule.Place] {
			form.Idle = append(form.Idle, Idle{rule.Place, rule.From, rule.To, frequent(f.statuses[rule.Place])})
		}
	}
	return form
}

// chance is how improbable it must be that an answer is missing by chance before it counts as vanished.
const chance = 0.001

// vanished says whether an answer does not come any more. Senders leave out what was not answered, so a few submissions
// without it prove nothing: how often it came before tells how long it may be away.
func (f *formTally) vanished(name string, p Period, total int) (Vanished, bool) {
	missing := f.missing[name]
	v := Vanished{Answer: name, Since: p.Since}
	var last int64
	for hour, n := range f.n {
		if came := n - missing[hour]; came > 0 {
			v.Count += came
			last = max(last, hour)
		}
	}
	if v.Count == 0 {
		v.Missing = total
		return v, true
	}
	before := 0
	for hour, n := range f.n {
		if hour <= last {
			before += n
		} else {
			v.Missing += n
		}
	}
	v.Since = endOf(last)
	rate := float64(v.Count) / float64(before)
	return v, v.Missing > 0 && math.Pow(1-rate, float64(v.Missing)) < chance
}

// frequent is the status that a rule had most often.
func frequent(statuses map[mapping.Status]int) mapping.Status {
	var most mapping.Status
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		if most == "" || statuses[status] > statuses[most] {
			most = status
		}
	}
	return most
}
