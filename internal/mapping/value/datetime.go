package value

import (
	"strings"
	"time"
)

func datetimeType() Type {
	return Type{
		Name: "datetime",
		Doc:  "A moment: a day and a time of day, written in UTC. A moment without a zone of its own is one of the rule's time zone; without either it is refused.",
		PII:  None,
		Options: append(append([]Option{
			orderOption(),
			{Name: "incomplete", Kind: KindChoice, Choices: []string{"refuse", "next", "last"}, Doc: "What a day without a year means, as for the type date."},
		}, zoneOptions("The time zone of this form.")...),
			Option{Name: "epoch", Kind: KindChoice, Choices: []string{"seconds", "milliseconds"}, Doc: "This form counts from 1970: how."}),
		Examples: []Example{
			{In: "2026-03-02T09:30:00+01:00", Out: "2026-03-02T08:30:00Z"},
			{In: "2.3.2026 15:04", Options: map[string]any{"order": "dmy", "time_zone": "Europe/Berlin"}, Out: "2026-03-02T14:04:00Z"},
			{In: "3/2/2026 3:04 PM", Options: map[string]any{"order": "mdy", "time_zone": "America/New_York"}, Out: "2026-03-02T20:04:00Z"},
			{In: "2026-03-02 09:30", Fault: "type.datetime", Why: "Nothing says where."},
			{In: "2026-03-02 09:30", Options: map[string]any{"zone_from": "tz"}, Answers: map[string]string{"tz": "Asia/Tokyo"}, Out: "2026-03-02T00:30:00Z"},
			{In: "2026-03-02", Options: map[string]any{"time_zone": "Europe/Berlin"}, Fault: "type.datetime", Why: "A day is no moment."},
			{In: "1772443800", Options: map[string]any{"epoch": "seconds"}, Out: "2026-03-02T09:30:00Z"},
			{In: "3 April 2026 at 5pm", Options: map[string]any{"time_zone": "Europe/Berlin"}, Out: "2026-04-03T15:00:00Z"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			c := a.calendar("type.datetime", "a date and time with its zone, as 2006-01-31T15:04:00+01:00", " or 31.1.2006 15:04", " or 1/31/2006 3:04 PM")
			return Reader{Text: c.moment}, a.problems
		},
	}
}

// moment reads a moment.
func (c *calendar) moment(text string, env *Env) (any, Fault) {
	if len(text) > maxAnswer {
		return nil, c.fault
	}
	text = strings.TrimSpace(plainNumber(text))
	if c.epoch != "" && isDigits(text) && len(text) <= 15 {
		at := time.Unix(int64(number(text)), 0)
		if c.epoch == "milliseconds" {
			at = time.UnixMilli(int64(number(text)))
		}
		return c.written(at)
	}
	if d, rest, ok := c.day(text, env.submitted()); ok {
		if rest == "" {
			return nil, c.fault
		}
		if clock, zone, ok := readClock(rest); ok {
			return c.at(d, clock, zone, env)
		}
	}
	at, ok := c.inWords(text, env)
	if !ok || !saysTime(text) {
		return nil, c.fault
	}
	here, known := c.location(env)
	switch zone, _ := at.Zone(); {
	case at.Location() != here && !strings.HasPrefix(zone, "UTC"):
		return nil, c.fault // an abbreviation such as CST, which is in America and in China
	case at.Location() == here && !known:
		return nil, c.fault
	}
	return c.written(at)
}

// at is the moment of a time on a day: in its own zone, or here.
func (c *calendar) at(d day, of clock, zone *time.Location, env *Env) (any, Fault) {
	if zone == nil {
		here, known := c.location(env)
		if !known {
			return nil, c.fault
		}
		zone = here
	}
	at := of.on(d, zone)
	if hour, minute, _ := at.Clock(); hour != of.hour || minute != of.minute {
		return nil, c.fault // the hour that is left out when summer begins
	}
	return c.written(at)
}

func (c *calendar) written(at time.Time) (any, Fault) {
	if at = at.UTC(); at.Year() < 1 || at.Year() > 9999 {
		return nil, c.fault
	}
	return at.Format(time.RFC3339Nano), Fault{}
}

// saysTime says whether a text in words has a time of day: figures with a colon or with a word for an hour.
func saysTime(text string) bool {
	for i := 1; i < len(text); i++ {
		if text[i-1] < '0' || text[i-1] > '9' {
			continue
		}
		rest := strings.ToLower(strings.TrimLeft(text[i:min(i+12, len(text))], " "))
		for _, word := range []string{":", "am", "pm", "a.m", "p.m", "h", "uhr", "uur"} {
			if strings.HasPrefix(rest, word) {
				return true
			}
		}
	}
	return false
}
