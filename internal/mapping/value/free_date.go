package value

import (
	"time"

	dateparser "github.com/markusmobius/go-dateparser"
	"github.com/markusmobius/go-dateparser/date"

	"handoff/internal/yamlfile"
)

// maxWords is how long a day in words may be, in bytes. The parser's work grows with it.
const maxWords = 60

// wordLanguages are the languages in which days are understood where the rule names none.
var wordLanguages = []string{
	"en", "de", "fr", "nl", "es", "it", "pt", "pl", "sv", "da", "nb", "fi", "cs", "sk", "hu", "ro", "tr", "el", "ru", "uk", "ja", "zh", "ko",
	"ar", "he", "id", "vi",
}

func (a *asked) languages() []string {
	given := a.words("languages")
	for i, code := range given {
		if !dateparser.IsKnownLocale(code) {
			a.problem(yamlfile.Index(under("languages"), i), "want the code of a language, such as en")
		}
	}
	if len(given) == 0 || len(a.problems) > 0 {
		return wordLanguages
	}
	return given
}

// inWords reads a day in words, such as "3 April 2026", "tomorrow at 5pm" and "in 2 weeks". A text that means several
// days, by the order in which it is read, means none.
func (c *calendar) inWords(text string, env *Env) (time.Time, bool) {
	now := env.submitted()
	if len(text) > maxWords || !hasWords(text) || now.IsZero() {
		return time.Time{}, false
	}
	here, _ := c.location(env)
	now = now.In(here)
	numbers, year := figures(text)
	if !year {
		if at, ok := c.counted(text, now); ok {
			return at, true
		}
	}
	orders := []dateparser.DateOrder{dateparser.DMY, dateparser.MDY, dateparser.YMD}
	switch {
	case leadingDigits(text) == 4, c.order == "ymd":
		orders = orders[2:]
	case c.order == "dmy":
		orders = orders[:1]
	case c.order == "mdy":
		orders = orders[1:2]
	case year && numbers == 2: // the other one is the day
		orders = orders[:1]
	}
	shortYear := !year && numbers > 1
	if shortYear && len(orders) > 1 {
		return time.Time{}, false
	}
	var found time.Time
	for i, order := range orders {
		at, ok := c.said(text, now, order, year || shortYear || c.incomplete == "refuse")
		if !ok || i > 0 && !at.Equal(found) {
			return time.Time{}, false
		}
		found = at
	}
	if shortYear {
		found = found.AddDate(yearsOff(found.Year(), now.Year()), 0, 0)
	}
	return found, true
}

// figures counts the numbers in a text, and says whether one has the four digits of a year.
func figures(text string) (count int, year bool) {
	for text != "" {
		digits := leadingDigits(text)
		if digits > 0 {
			count++
		}
		year = year || digits == 4
		text = text[max(digits, 1):]
	}
	return count, year
}

// counted reads a day that is counted from now. "2 weeks" without a word for which way is incomplete.
func (c *calendar) counted(text string, now time.Time) (time.Time, bool) {
	config := dateparser.Configuration{PreferredDateSource: preferences[c.incomplete]}
	at, ok := c.parsed(text, now, dateparser.RelativeTime, config)
	if ok && c.incomplete == "refuse" {
		config.PreferredDateSource = dateparser.Future
		future, _ := c.parsed(text, now, dateparser.RelativeTime, config)
		ok = future.Equal(at)
	}
	return at, ok
}

// said reads a day that is named: in full, or as far as the rule allows.
func (c *calendar) said(text string, now time.Time, order dateparser.DateOrder, full bool) (time.Time, bool) {
	config := dateparser.Configuration{DateOrder: order, StrictParsing: full}
	if !full {
		config.PreferredDateSource = preferences[c.incomplete]
		if numbers, _ := figures(text); numbers > 0 {
			config.RequiredParts = []string{"day"} // 10:30 is no day; Friday has none, but is one
		}
	}
	return c.parsed(text, now, dateparser.AbsoluteTime, config)
}

var preferences = map[string]dateparser.PreferredDateSource{"refuse": dateparser.Past, "next": dateparser.Future, "last": dateparser.Past}

// parsed asks the parser. It keeps nothing between calls, so that the same text always means the same; should it fail in
// a way of its own, the text means nothing.
func (c *calendar) parsed(text string, now time.Time, by dateparser.ParserType, config dateparser.Configuration) (at time.Time, ok bool) {
	defer func() {
		if recover() != nil {
			at, ok = time.Time{}, false
		}
	}()
	config.Languages, config.UseGivenOrder, config.CurrentTime = c.languages, true, now
	parser := &dateparser.Parser{ParserTypes: []dateparser.ParserType{by}}
	found, err := parser.Parse(&config, text)
	if err != nil || found.Period == date.Month || found.Period == date.Year || found.Time.Year() < 1 || found.Time.Year() > 9999 {
		return time.Time{}, false
	}
	return found.Time, true
}
