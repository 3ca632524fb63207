package routing

import (
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // containers have no table of time zones

	"handoff/internal/yamlfile"
)

type (
	poolSpec struct {
		Members  []memberSpec      `yaml:"members"`
		Queue    string            `yaml:"queue"`
		Hours    map[string]string `yaml:"hours"`
		Holidays []string          `yaml:"holidays"`
		OffHours string            `yaml:"off_hours"`
	}
	memberSpec struct {
		Owner  string            `yaml:"owner"`
		Weight int               `yaml:"weight"`
		Hours  map[string]string `yaml:"hours"`
		Away   []string          `yaml:"away"`
	}
)

// What becomes of records while nobody of a pool is at work.
const (
	offHoursDraw  = "draw"  // somebody gets it all the same
	offHoursQueue = "queue" // it waits in the pool's queue
)

func (p *parser) readPools() {
	p.pools = map[string]*roster{}
	for _, name := range slices.Sorted(maps.Keys(p.spec.Pools)) {
		spec, path := p.spec.Pools[name], yamlfile.Key("$.pools", name)
		p.checkName(path, name)
		p.pools[name] = p.pool(path, name, spec)
	}
}

func (p *parser) pool(path, name string, spec poolSpec) *roster {
	r := &roster{Pool: Pool{Name: name, Queue: spec.Queue}}
	if len(spec.Members) == 0 || len(spec.Members) > maxMembers {
		p.problem(path+".members", "want 1 to %d members", maxMembers)
	}
	common := p.hours(path+".hours", spec.Hours)
	holidays := p.holidays(path+".holidays", spec.Holidays)
	scheduled := false
	first := map[string]int{}
	for i, member := range spec.Members {
		at := yamlfile.Index(path+".members", i)
		p.member(at, i, member, first)
		r.Members = append(r.Members, Member{Owner: member.Owner, Weight: member.Weight})
		h := common
		if own := p.hours(at+".hours", member.Hours); own != nil {
			h = own
		}
		a := attendance{zone: time.UTC}
		if h != nil {
			own := *h
			own.holidays = holidays
			a.hours, a.zone, scheduled = &own, own.zone, true
		}
		for j, text := range member.Away {
			absent, ok := absence(text)
			if !ok {
				p.problem(yamlfile.Index(at+".away", j), "want the days of an absence, such as 2026-12-20..2027-01-03, or one day")
			}
			a.away = append(a.away, absent)
		}
		r.members = append(r.members, a)
	}
	if len(spec.Holidays) > 0 && !scheduled {
		p.problem(path+".holidays", "goes only with hours")
	}
	p.offHours(path+".off_hours", spec, scheduled)
	r.wait = spec.OffHours == offHoursQueue
	return r
}

func (p *parser) member(at string, i int, member memberSpec, first map[string]int) {
	if member.Weight < 1 || member.Weight > maxWeight {
		p.problem(at+".weight", "want a weight of 1 to %d", maxWeight)
	}
	if strings.TrimSpace(member.Owner) == "" {
		p.problem(at+".owner", "missing; want the owner's id in the CRM")
	} else if j, twice := first[member.Owner]; twice {
		p.problem(at+".owner", "also member %d of this pool; want one entry with the weights' sum", j+1)
	} else {
		first[member.Owner] = i
	}
}

func (p *parser) offHours(path string, spec poolSpec, scheduled bool) {
	switch {
	case spec.OffHours == "":
	case spec.OffHours != offHoursDraw && spec.OffHours != offHoursQueue:
		p.problem(path, "want draw (somebody gets the record all the same) or queue (it waits in the pool's queue)")
	case !scheduled:
		p.problem(path, "goes only with hours")
	case spec.OffHours == offHoursQueue && spec.Queue == "":
		p.problem(path, "want the pool's queue to wait in")
	}
}

// hours reads when somebody works: a zone, and days with their times.
func (p *parser) hours(path string, spec map[string]string) *hours {
	if len(spec) == 0 {
		if p.file.Has(path) {
			p.problem(path, "want a zone and days, such as {zone: Europe/Berlin, mon-fri: 9:00-17:30}")
		}
		return nil
	}
	h := &hours{zone: time.UTC}
	zone, named := spec["zone"]
	if !named {
		p.problem(path+".zone", "missing; want the time zone, such as Europe/Berlin")
	} else if found, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		p.problem(path+".zone", "want the name of a time zone, such as Europe/Berlin")
	} else {
		h.zone = found
	}
	for _, name := range slices.Sorted(maps.Keys(spec)) {
		at := yamlfile.Key(path, name)
		if name == "zone" {
			continue
		}
		week, ok := days(name)
		if !ok {
			p.problem(at, "want zone, a day or days: mon, tue, wed, thu, fri, sat, sun, or mon-fri")
			continue
		}
		worked, ok := intervals(spec[name])
		if !ok {
			p.problem(at, "want times of the day, such as 9:00-12:30, 13:30-18:00")
		}
		for _, day := range week {
			if len(h.week[day]) > 0 {
				p.problem(at, "%s has its times already", dayNames[day])
			}
			h.week[day] = worked
		}
	}
	if len(spec) == 1 && named {
		p.problem(path, "nobody ever works: want days with their times, such as mon-fri: 9:00-17:30")
	}
	return h
}

func (p *parser) holidays(path string, spec []string) map[date]bool {
	named := map[date]bool{}
	for i, text := range spec {
		day, ok := dateNamed(text)
		if !ok {
			p.problem(yamlfile.Index(path, i), "want a day, such as 2026-12-25")
		}
		named[day] = true
	}
	return named
}
