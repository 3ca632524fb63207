package value

import (
	"strings"
	"time"
)

func dateType() Type {
	return Type{
		Name: "date",
		Doc:  "A day. Without an order only year-month-day is understood: guessing would turn 3 April into 4 March.",
		PII:  None,
		Options: []Option{
			{Name: "order", Kind: KindChoice, Choices: []string{"ymd", "dmy", "mdy"}, Doc: "The order of day, month and year in this form."},
		},
		Examples: []Example{
			{In: "2026/3/2", Out: "2026-03-02"}, {In: "3.4.2026", Options: map[string]any{"order": "dmy"}, Out: "2026-04-03"},
			{In: "3/4/2026", Options: map[string]any{"order": "mdy"}, Out: "2026-03-04"}, {In: "3/4/2026", Fault: "type.date"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			return Reader{Text: dateConverter(a.choice("order", "ymd", "dmy", "mdy"))}, a.problems
		},
	}
}

// dateOrders are the ways in which a day is written with the year last. Without an order only year-month-day is
// understood: guessing would turn 3 April into 4 March.
var dateOrders = map[string]string{"ymd": "", "dmy": "2 1 2006", "mdy": "1 2 2006"}

func dateConverter(order string) Converter {
	expect := "a date as 2006-01-31"
	switch order {
	case "dmy":
		expect += " or 31.1.2006"
	case "mdy":
		expect += " or 1/31/2006"
	}
	layouts := []string{"2006 1 2"}
	if layout := dateOrders[order]; layout != "" {
		layouts = append(layouts, layout)
	}
	spaces := strings.NewReplacer("-", " ", "/", " ", ".", " ")
	return short(Fault{"type.date", expect}, func(text string, _ *Env) (any, bool) {
		if strings.Contains(text, ":") {
			// A moment is the day where it was written down.
			return dateIn(momentLayouts, text)
		}
		words := strings.Join(strings.Fields(spaces.Replace(text)), " ")
		return dateIn(layouts, words)
	})
}

var momentLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04"}

func dateIn(layouts []string, text string) (any, bool) {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format(time.DateOnly), at.Year() >= 1
		}
	}
	return nil, false
}
