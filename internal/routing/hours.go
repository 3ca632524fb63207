package routing

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// hours are when somebody works.
type hours struct {
	zone     *time.Location
	week     [7][]interval // by time.Weekday
	holidays map[date]bool
}

// interval is a part of a day in minutes; an end before its beginning is on the next day.
type interval struct{ from, to int }

// date is a day of the calendar, wherever it is.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(at time.Time) date {
	year, month, day := at.Date()
	return date{year, month, day}
}

func (d date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day) }

// open says whether the moment is in working hours: an interval of its day, or one that began the day before and goes
// past midnight. What counts is the clock on the wall, so a day on which clocks change has an hour more or less.
func (h *hours) open(at time.Time) bool {
	at = at.In(h.zone)
	minute := at.Hour()*60 + at.Minute()
	if !h.holidays[dateOf(at)] {
		for _, i := range h.week[at.Weekday()] {
			if i.from <= minute && (minute < i.to || i.to <= i.from) {
				return true
			}
		}
	}
	before := time.Date(at.Year(), at.Month(), at.Day()-1, 12, 0, 0, 0, h.zone)
	return !h.holidays[dateOf(before)] && slices.ContainsFunc(h.week[before.Weekday()], func(i interval) bool {
		return i.to <= i.from && minute < i.to
	})
}

// dayNames are the days as the file names them, by time.Weekday.
var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// days reads "mon", "mon-fri" or "sat-sun".
func days(text string) ([]time.Weekday, bool) {
	first, last, several := strings.Cut(text, "-")
	from := slices.Index(dayNames, first)
	to := from
	if several {
		to = slices.Index(dayNames, last)
	}
	if from < 0 || to < 0 {
		return nil, false
	}
	named := []time.Weekday{time.Weekday(from)}
	for day := from; day != to; {
		day = (day + 1) % len(dayNames)
		named = append(named, time.Weekday(day))
	}
	return named, true
}

// intervals reads "9:00-12:30, 13:30-18:00".
func intervals(text string) ([]interval, bool) {
	var read []interval
	for part := range strings.SplitSeq(text, ",") {
		first, last, ok := strings.Cut(strings.TrimSpace(part), "-")
		from, fromOK := minuteOf(first)
		to, toOK := minuteOf(last)
		if !ok || !fromOK || !toOK || from == to || from == dayMinutes {
			return nil, false
		}
		read = append(read, interval{from, to % dayMinutes})
	}
	return read, true
}

const dayMinutes = 24 * 60

// minuteOf reads "9:00", and "24:00" as the end of a day.
func minuteOf(text string) (int, bool) {
	text = strings.TrimSpace(text)
	if text == "24:00" {
		return dayMinutes, true
	}
	at, err := time.Parse("15:04", text)
	return at.Hour()*60 + at.Minute(), err == nil
}

// away is a time of absence, both days included.
type away struct{ from, to date }

func (a away) holds(day date) bool {
	return a.from.String() <= day.String() && day.String() <= a.to.String()
}

// absence reads "2026-12-20..2027-01-03", or one day.
func absence(text string) (away, bool) {
	first, last, several := strings.Cut(text, "..")
	if !several {
		last = first
	}
	from, fromOK := dateNamed(first)
	to, toOK := dateNamed(last)
	a := away{from, to}
	return a, fromOK && toOK && a.holds(from)
}

func dateNamed(text string) (date, bool) {
	at, err := time.Parse(time.DateOnly, strings.TrimSpace(text))
	return dateOf(at), err == nil
}
