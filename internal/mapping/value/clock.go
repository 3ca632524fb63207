package value

import (
	"strings"
	"time"
)

// clock is a time of day.
type clock struct{ hour, minute, second, nano int }

// on is the moment of this time on a day, somewhere.
func (c clock) on(d day, in *time.Location) time.Time {
	return time.Date(d.year, time.Month(d.month), d.day, c.hour, c.minute, c.second, c.nano, in)
}

// readClock reads a time of day, and its zone where it has one: 15:04, 15:04:05.999, 3:04 PM, 15:04Z, 15:04+02:00.
func readClock(text string) (c clock, zone *time.Location, ok bool) {
	rest, numbers := text, [3]int{}
	count := 0
	for ; count < 3; count++ {
		digits := leadingDigits(rest)
		if digits < 1 || digits > 2 || count > 0 && digits != 2 {
			return c, nil, false
		}
		numbers[count], rest = number(rest[:digits]), rest[digits:]
		if count == 2 || !strings.HasPrefix(rest, ":") {
			count++
			break
		}
		rest = rest[1:]
	}
	c = clock{hour: numbers[0], minute: numbers[1], second: numbers[2]}
	if count == 3 && rest != "" && (rest[0] == '.' || rest[0] == ',') {
		digits := leadingDigits(rest[1:])
		if digits == 0 {
			return c, nil, false
		}
		c.nano = number((rest[1:1+digits] + "000000000")[:9])
		rest = rest[1+digits:]
	}
	rest = strings.TrimSpace(rest)
	half := strings.ToLower(strings.ReplaceAll(rest[:min(len(rest), 4)], ".", ""))
	switch {
	case strings.HasPrefix(half, "am"), strings.HasPrefix(half, "pm"):
		if c.hour < 1 || c.hour > 12 {
			return c, nil, false
		}
		c.hour %= 12
		if half[0] == 'p' {
			c.hour += 12
		}
		for _, word := range []string{"a.m.", "p.m.", "am", "pm"} {
			if len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word) {
				rest = strings.TrimSpace(rest[len(word):])
				break
			}
		}
	case count < 2:
		return c, nil, false // a number alone is no time
	}
	if c.hour > 23 || c.minute > 59 || c.second > 59 {
		return c, nil, false
	}
	if rest == "" {
		return c, nil, true
	}
	zone, ok = offset(rest)
	return c, zone, ok
}

func leadingDigits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

// offset reads a zone as its difference from UTC: Z, UTC, GMT, +02:00, -0500, +02. Names such as IST are none: they mean
// several zones.
func offset(text string) (*time.Location, bool) {
	switch strings.ToUpper(text) {
	case "Z", "UTC", "GMT":
		return time.UTC, true
	}
	for _, prefix := range []string{"UTC", "GMT"} {
		text = strings.TrimPrefix(text, prefix)
	}
	if len(text) < 2 || text[0] != '+' && text[0] != '-' {
		return nil, false
	}
	digits := strings.Replace(text[1:], ":", "", 1)
	if !isDigits(digits) || len(digits) > 4 {
		return nil, false
	}
	hours, minutes := number(digits), 0
	if len(digits) > 2 {
		hours, minutes = number(digits[:len(digits)-2]), number(digits[len(digits)-2:])
	}
	if hours > 14 || minutes > 59 {
		return nil, false
	}
	seconds := (hours*60 + minutes) * 60
	switch {
	case seconds == 0:
		return time.UTC, true
	case text[0] == '-':
		seconds = -seconds
	}
	return time.FixedZone("", seconds), true
}
