package activities

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"handoff/internal/ledger"
	"handoff/internal/mapping"
)

// Senders leave out what a person left blank, so one submission without an answer says nothing. An answer has vanished
// when it used to come in most submissions of its form, and then stays away for so many in a row as blanks alone would
// make once in a billion: the more reliably it came, the fewer it takes. A question that most people skip never vanishes.
const (
	// memory is how many days count as "used to".
	memory = 14
	// enough is how many submissions it takes to know what is usual.
	enough = 30
	// usual is the share from which on an answer comes in most submissions.
	usual = 0.5
	// chance is how unlikely a row of blanks must be to be none.
	chance = 1e-9
	// leastRow is the least number in a row: people who share a link, or a batch, may have left the same question blank.
	leastRow = 10
)

// attendance is how often the answers of one form came.
type attendance struct{ answers map[string]*presence }

// presence is how often one answer came, and how long it has been away.
type presence struct {
	days   map[time.Time]*tally
	added  map[time.Time]*tally // not yet in the ledger
	absent int64                // submissions in a row without it; they count as blanks once it comes back
}

type tally struct{ carried, asked int64 }

func newPresence() *presence {
	return &presence{days: map[time.Time]*tally{}, added: map[time.Time]*tally{}}
}

// attend notes which of the answers that the mapping reads came with a submission, and returns those that have vanished.
func (d *Drift) attend(m *mapping.Mapping, in mapping.Input) []string {
	names, known := d.reads[m.Ref()]
	if !known {
		names = asked(m)
		d.reads[m.Ref()] = names
	}
	a := d.attendance(form{m.Name(), in.Source, in.Form})
	today := day(d.o.Now())
	var vanished []string
	for _, name := range names {
		p, ok := a.answers[name]
		if !ok {
			p = newPresence()
			a.answers[name] = p
		}
		if came(in.Answers, name) {
			p.came(today)
		} else if p.stayedAway(today) {
			vanished = append(vanished, name)
		}
	}
	return vanished
}

func (d *Drift) attendance(key form) *attendance {
	a, ok := d.forms[key]
	if !ok {
		a = &attendance{answers: map[string]*presence{}}
		d.forms[key] = a
	}
	return a
}

// asked are the answers that rules of the mapping read. What surrounds the answers, such as the campaign, comes and goes
// with the links that people follow, and never counts as vanished.
func asked(m *mapping.Mapping) []string {
	var names []string
	for _, rule := range m.Rules() {
		for _, name := range rule.From {
			if !strings.HasPrefix(name, "context.") && !strings.HasPrefix(name, "submission.") {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// came says whether an answer came, or something below it: answers in answers have dotted names, and a rule may read
// entries of a list.
func came(answers map[string]any, name string) bool {
	if _, exact := answers[name]; exact {
		return true
	}
	if at := strings.IndexByte(name, '['); at > 0 {
		name = strings.TrimSuffix(name[:at], ".")
		if _, exact := answers[name]; exact {
			return true
		}
	}
	for other := range answers {
		if len(other) > len(name) && strings.HasPrefix(other, name) && (other[len(name)] == '.' || other[len(name)] == '[') {
			return true
		}
	}
	return false
}

// came notes a submission with the answer.
func (p *presence) came(today time.Time) {
	p.count(today, 1, p.absent+1)
	p.absent = 0
}

// stayedAway notes a submission without it, and says whether it has vanished.
func (p *presence) stayedAway(today time.Time) bool {
	p.absent++
	var carried, asked int64
	for at, t := range p.days {
		if today.Sub(at) > memory*24*time.Hour {
			delete(p.days, at)
			continue
		}
		carried, asked = carried+t.carried, asked+t.asked
	}
	if asked < enough {
		return false
	}
	share := float64(carried+1) / float64(asked+2) // never 1: nothing is certain
	return share >= usual && p.absent >= row(share)
}

// row is how many submissions in a row without an answer are more than blanks, for an answer that comes in such a share.
func row(share float64) int64 {
	return max(leastRow, int64(math.Ceil(math.Log(chance)/math.Log(1-share))))
}

func (p *presence) count(today time.Time, carried, asked int64) {
	for _, days := range []map[time.Time]*tally{p.days, p.added} {
		t, ok := days[today]
		if !ok {
			t = &tally{}
			days[today] = t
		}
		t.carried, t.asked = t.carried+carried, t.asked+asked
	}
}

// take empties what the ledger does not have yet.
func (a *attendance) take(key form) []ledger.Presence {
	var added []ledger.Presence
	for answer, p := range a.answers {
		for at, t := range p.added {
			added = append(added, ledger.Presence{
				Mapping: key.mapping, Source: key.source, Form: key.form, Answer: answer, Day: at, Carried: t.carried, Asked: t.asked,
			})
		}
		clear(p.added)
	}
	return added
}

// giveBack keeps counts that could not be written.
func (a *attendance) giveBack(back ledger.Presence) {
	p, ok := a.answers[back.Answer]
	if !ok {
		return
	}
	t, ok := p.added[back.Day]
	if !ok {
		t = &tally{}
		p.added[back.Day] = t
	}
	t.carried, t.asked = t.carried+back.Carried, t.asked+back.Asked
}

// Remember takes up what the ledger has counted in the days that matter, so that a restart forgets nothing but rows of
// blanks.
func (d *Drift) Remember(ctx context.Context) error {
	counted, err := d.o.Ledger.PresenceSince(ctx, day(d.o.Now()).AddDate(0, 0, -memory))
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range counted {
		a := d.attendance(form{c.Mapping, c.Source, c.Form})
		p, ok := a.answers[c.Answer]
		if !ok {
			p = newPresence()
			a.answers[c.Answer] = p
		}
		at := day(c.Day)
		t, ok := p.days[at]
		if !ok {
			t = &tally{}
			p.days[at] = t
		}
		t.carried, t.asked = t.carried+c.Carried, t.asked+c.Asked
	}
	return nil
}

// day is the midnight in UTC before a moment.
func day(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }
