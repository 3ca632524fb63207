package value

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the same zones on every machine that has none of its own
)

func zoneOptions(doc string) []Option {
	return []Option{
		{Name: "time_zone", Kind: KindText, Doc: doc + " A name such as Europe/Amsterdam; UTC if not given."},
		{Name: "zone_from", Kind: KindAnswer, Doc: "The answer that names the time zone, as a name such as Europe/Amsterdam or as +02:00."},
		{Name: "languages", Kind: KindWords, Doc: "The languages of days in words, as codes such as en and de; those of Europe and some others if not given."},
	}
}

// zone compiles the options of zones.
func (a *asked) zone() (*time.Location, string) {
	name := a.text("time_zone")
	if name == "" {
		return nil, a.text("zone_from")
	}
	zone, ok := zoneNamed(name)
	if !ok {
		a.problem(under("time_zone"), "want the name of a time zone, such as Europe/Amsterdam")
	}
	return zone, a.text("zone_from")
}

// location is where an answer was written down: by another answer, else by the rule, else UTC. known is false for the
// latter.
func (c *calendar) location(env *Env) (zone *time.Location, known bool) {
	if name := env.answer(c.zoneFrom); name != "" {
		if zone, ok := c.zones.named(name); ok {
			return zone, true
		}
	}
	if c.zone != nil {
		return c.zone, true
	}
	return time.UTC, false
}

// zoneNamed finds a zone of the IANA database, or one given by its difference from UTC. "Local" is none: it would be the
// machine's.
func zoneNamed(name string) (*time.Location, bool) {
	if zone, ok := offset(name); ok {
		return zone, true
	}
	if len(name) > 64 || !strings.Contains(name, "/") {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// zoneCache keeps the zones that answers have named: reading one takes a while. It holds only zones that exist.
type zoneCache struct{ zones sync.Map }

func (c *zoneCache) named(name string) (*time.Location, bool) {
	if zone, known := c.zones.Load(name); known {
		return zone.(*time.Location), true
	}
	zone, ok := zoneNamed(name)
	if ok {
		c.zones.Store(name, zone)
	}
	return zone, ok
}
