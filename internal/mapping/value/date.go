package value

import (
	"strings"
	"time"
	"unicode"
)

func dateType() Type {
	return Type{
		Name: "date",
		Doc:  "A day, in figures or in words. Figures with the year last are understood only where the rule says in which order: guessing would turn 3 April into 4 March. Words are those of many languages; \"tomorrow\" counts from the day of the submission.",
		PII:  None,
		Options: append([]Option{
			orderOption(),
			{Name: "incomplete", Kind: KindChoice, Choices: []string{"refuse", "next", "last"}, Doc: "What a day without a year means, such as 3 April or Friday: refuse (a problem), next (the first one from the submission on) or last (the latest one up to it). refuse if not given."},
		}, zoneOptions("The time zone of this form: where \"today\" is, and where a moment with another zone falls on a day.")...),
		Examples: []Example{
			{In: "2026-03-02", Out: "2026-03-02"},
			{In: "2026/3/2", Out: "2026-03-02"},
			{In: "3.4.2026", Options: map[string]any{"order": "dmy"}, Out: "2026-04-03"},
			{In: "3/4/2026", Options: map[string]any{"order": "mdy"}, Out: "2026-03-04"},
			{In: "3/4/2026", Fault: "type.date", Why: "3 April or 4 March."},
			{In: "3 April 2026", Out: "2026-04-03"},
			{In: "3 avril 2026", Out: "2026-04-03"},
			{In: "tomorrow", Out: "2026-03-03", Why: "Submitted on 2 March 2026."},
			{In: "2026-03-02T23:30:00-05:00", Out: "2026-03-02", Why: "A moment is the day where it was written down."},
			{In: "2026-03-02T23:30:00-05:00", Options: map[string]any{"time_zone": "Europe/Amsterdam"}, Out: "2026-03-03"},
			{In: "3 April", Fault: "type.date"},
			{In: "3 April", Options: map[string]any{"incomplete": "next"}, Out: "2026-04-03"},
			{In: "as soon as possible", Fault: "type.date"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			c := a.calendar("type.date", "a date as 2006-01-31", " or 31.1.2006", " or 1/31/2006")
			return Reader{Text: c.date}, a.problems
		},
	}
}

func orderOption() Option {
	return Option{Name: "order", Kind: KindChoice, Choices: []string{"ymd", "dmy", "mdy"}, Doc: "The order of day, month and year in this form."}
}

// calendar is how a rule reads days and moments.
type calendar struct {
	order      string // "" where the rule names none
	incomplete string
	languages  []string
	zone       *time.Location // nil where the rule names none
	zoneFrom   string
	zones      zoneCache
	epoch      string
	fault      Fault
}

// calendar compiles the options of days and moments. expect is what would do, with what the orders add to it.
func (a *asked) calendar(code, expect, dmy, mdy string) *calendar {
	c := &calendar{incomplete: a.choice("incomplete", "refuse", "next", "last"), languages: a.languages()}
	if a.text("order") != "" {
		c.order = a.choice("order", "ymd", "dmy", "mdy")
	}
	c.zone, c.zoneFrom = a.zone()
	c.epoch = a.choice("epoch", "", "seconds", "milliseconds")
	switch c.order {
	case "dmy":
		expect += dmy
	case "mdy":
		expect += mdy
	}
	c.fault = Fault{code, expect}
	return c
}

// date reads a day.
func (c *calendar) date(text string, env *Env) (any, Fault) {
	if len(text) > maxAnswer {
		return nil, c.fault
	}
	if isoDay(text) {
		return text, Fault{}
	}
	text = strings.TrimSpace(plainNumber(text))
	if day, rest, ok := c.day(text, env.submitted()); ok {
		if rest == "" {
			return day.String(), Fault{}
		}
		// A moment is the day where it was written down, unless the rule has a place of its own.
		if clock, zone, ok := readClock(rest); ok {
			if here, known := c.location(env); known && zone != nil && (c.zone != nil || c.zoneFrom != "") {
				return clock.on(day, zone).In(here).Format(time.DateOnly), Fault{}
			}
			return day.String(), Fault{}
		}
		if !hasWords(rest) {
			return nil, c.fault
		}
	}
	if at, ok := c.inWords(text, env); ok {
		return at.Format(time.DateOnly), Fault{}
	}
	return nil, c.fault
}

// isoDay says whether a text is a day as it is written into a record.
func isoDay(text string) bool {
	if len(text) != len(time.DateOnly) || text[4] != '-' || text[7] != '-' || !isDigits(text[:4]) || !isDigits(text[5:7]) || !isDigits(text[8:]) {
		return false
	}
	return day{number(text[:4]), number(text[5:7]), number(text[8:])}.exists()
}

// day is a day of the calendar.
type day struct{ year, month, day int }

func (d day) exists() bool {
	if d.year < 1 || d.year > 9999 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 {
		return false
	}
	return d.day <= 28 || d.time().Day() == d.day
}

func (d day) time() time.Time {
	return time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
}

// String is the day as it is written into a record.
func (d day) String() string {
	b := [10]byte{0: '0' + byte(d.year/1000), 4: '-', 7: '-'}
	b[1], b[2], b[3] = '0'+byte(d.year/100%10), '0'+byte(d.year/10%10), '0'+byte(d.year%10)
	b[5], b[6], b[8], b[9] = '0'+byte(d.month/10), '0'+byte(d.month%10), '0'+byte(d.day/10), '0'+byte(d.day%10)
	return string(b[:])
}

// number is the value of a few ASCII digits.
func number(digits string) int {
	n := 0
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

// day reads a day in figures at the beginning of a text, and returns what follows. Three numbers are the year first, or
// in the order of the rule.
func (c *calendar) day(text string, now time.Time) (d day, rest string, ok bool) {
	if len(text) >= 8 && isDigits(text[:8]) && (len(text) == 8 || text[8] == 'T') { // 20260302
		d = day{number(text[:4]), number(text[4:6]), number(text[6:8])}
		return d, strings.TrimPrefix(text[8:], "T"), d.exists()
	}
	var parts [3]string
	rest = text
	for i := range parts {
		at := 0
		for at < len(rest) && rest[at] >= '0' && rest[at] <= '9' {
			at++
		}
		if at == 0 || at > 4 {
			return d, "", false
		}
		parts[i], rest = rest[:at], rest[at:]
		if i < 2 {
			if rest = afterSeparator(rest); rest == "" {
				return d, "", false
			}
		}
	}
	rest, ok = afterDay(rest)
	if !ok {
		return d, "", false
	}
	switch {
	case len(parts[0]) == 4:
		d = day{number(parts[0]), number(parts[1]), number(parts[2])}
		ok = len(parts[1]) <= 2 && len(parts[2]) <= 2
	case c.order == "dmy":
		d, ok = yearLast(parts[2], parts[1], parts[0], now)
	case c.order == "mdy":
		d, ok = yearLast(parts[2], parts[0], parts[1], now)
	default:
		ok = false
	}
	return d, rest, ok && d.exists()
}

// afterSeparator drops what stands between the numbers of a day: - / . or a space, and the words of East Asia for year
// and month.
func afterSeparator(text string) string {
	trimmed := strings.TrimLeft(text, " ")
	for _, sign := range []string{"-", "/", ".", "年", "月", "년", "월"} {
		if rest, ok := strings.CutPrefix(trimmed, sign); ok {
			return strings.TrimLeft(rest, " ")
		}
	}
	if len(trimmed) < len(text) {
		return trimmed
	}
	return ""
}

// afterDay drops what ends a day. ok is false where the number goes on.
func afterDay(text string) (rest string, ok bool) {
	if text == "" {
		return "", true
	}
	for _, sign := range []string{"日", "일", ".", ",", "T", " "} {
		if rest, found := strings.CutPrefix(text, sign); found {
			return strings.TrimLeft(strings.TrimPrefix(rest, ","), " "), sign != "." || rest == "" || rest[0] == ' '
		}
	}
	return "", false
}

// yearLast reads a day whose year may have two digits: then it is one of the eighty years before the submission or the
// nineteen after it.
func yearLast(year, month, of string, now time.Time) (day, bool) {
	if len(month) > 2 || len(of) > 2 {
		return day{}, false
	}
	d := day{number(year), number(month), number(of)}
	if len(year) == 2 && !now.IsZero() {
		d.year += yearsOff(d.year, now.Year())
	}
	return d, len(year) == 4 || len(year) == 2 && !now.IsZero()
}

// yearsOff is how many centuries, in years, bring a year into the eighty before now and the nineteen after it.
func yearsOff(year, now int) int {
	off := (now - 80 - year) / 100 * 100
	for year+off < now-80 {
		off += 100
	}
	for year+off >= now+20 {
		off -= 100
	}
	return off
}

// hasWords says whether a text has words in it that can be months or days, and not only figures with T, Z and PM.
func hasWords(text string) bool {
	letters := 0
	for _, r := range text {
		switch {
		case !unicode.IsLetter(r):
			letters = 0
		case r >= 0x80:
			return true
		default:
			letters++
		}
		if letters == 3 {
			return true
		}
	}
	return false
}
