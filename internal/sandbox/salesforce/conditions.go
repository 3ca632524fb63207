package salesforce

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxLiteral is how long a text may be that a query asks for.
// See https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_conditionexpression.htm.
const maxLiteral = 4_000

// conditions reads conditions of one kind: AND and OR are mixed with parentheses only.
func (p *parser) conditions() (*condition, *failure) {
	first, f := p.condition()
	if f != nil {
		return nil, f
	}
	for _, kind := range []string{"AND", "OR"} {
		if !p.is(kind) {
			continue
		}
		all := &condition{joined: kind, parts: []*condition{first}}
		for p.take(kind) {
			part, f := p.condition()
			if f != nil {
				return nil, f
			}
			all.parts = append(all.parts, part)
		}
		return all, nil
	}
	return first, nil
}

func (p *parser) condition() (*condition, *failure) {
	if p.take("NOT") {
		part, f := p.condition()
		return &condition{joined: "NOT", parts: []*condition{part}}, f
	}
	if p.take("(") {
		inner, f := p.conditions()
		if f == nil && !p.take(")") {
			f = p.unexpected()
		}
		return inner, f
	}
	name, f := p.name()
	if f != nil {
		return nil, f
	}
	c := &condition{field: name}
	switch {
	case p.take("NOT", "IN"):
		c.operator = "NOT IN"
	case p.take("IN"):
		c.operator = "IN"
	case p.take("LIKE"):
		c.operator = "LIKE"
	default:
		for _, sign := range []string{"=", "!=", "<>", "<=", ">=", "<", ">"} {
			if p.take(sign) {
				c.operator = sign
				break
			}
		}
	}
	if c.operator == "" {
		return nil, p.unexpected()
	}
	if c.operator == "<>" {
		c.operator = "!="
	}
	if !strings.HasSuffix(c.operator, "IN") {
		one, f := p.literal()
		c.literals = []literal{one}
		return c, f
	}
	if !p.take("(") {
		return nil, p.unexpected()
	}
	for {
		one, f := p.literal()
		if f != nil {
			return nil, f
		}
		c.literals = append(c.literals, one)
		if p.take(")") {
			return c, nil
		}
		if !p.take(",") {
			return nil, p.unexpected()
		}
	}
}

func (p *parser) literal() (literal, *failure) {
	if p.at >= len(p.words) {
		return literal{}, p.unexpected()
	}
	w := p.peek()
	l := literal{text: w.text}
	switch {
	case w.quoted && utf8.RuneCountInString(w.text) > maxLiteral:
		return l, malformed("strings in WHERE clauses cannot exceed %d characters", maxLiteral)
	case w.quoted:
		l.kind = "string"
	case strings.EqualFold(w.text, "null"):
		l.kind = "null"
	case strings.EqualFold(w.text, "true"), strings.EqualFold(w.text, "false"):
		l.kind, l.text = "boolean", strings.ToLower(w.text)
	default:
		if n, err := strconv.ParseFloat(w.text, 64); err == nil {
			if n != float64(int32(n)) && !strings.ContainsAny(w.text, ".eE") { // what has no point is an int
				return l, malformed("unknown error parsing query")
			}
			l.kind = "number"
		} else if t, ok := parseTime(w.text); ok {
			l.kind, l.text = "time", t.Format(timeLayout)
		} else if isDay(w.text) {
			l.kind = "date"
		} else if t, ok := parseMoment(w.text); ok {
			l.kind, l.text = "moment", moment(t)
		} else {
			return l, p.unexpected()
		}
	}
	p.at++
	return l, nil
}
