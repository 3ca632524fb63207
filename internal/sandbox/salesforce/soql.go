package salesforce

import (
	"net/http"
	"strconv"
	"strings"
	"unicode"
)

// statement is a query in SOQL.
type statement struct {
	count  bool
	fields []string
	from   string
	where  *condition
	order  []ordering
	limit  int // none when negative
	offset int
}

type ordering struct {
	field      string
	descending bool
	nullsLast  bool
}

// condition is a comparison, or conditions that belong together.
type condition struct {
	joined   string // AND, OR or NOT
	parts    []*condition
	field    string
	operator string
	literals []literal
}

// literal is a value in a query.
type literal struct {
	kind string // string, number, boolean, null, moment
	text string
}

func malformed(format string, args ...any) *failure {
	return refused(http.StatusBadRequest, "MALFORMED_QUERY", format, args...)
}

// word is a part of a query: an identifier, a number, a sign or a text in quotes.
type word struct {
	text   string
	quoted bool
}

func split(query string) ([]word, *failure) {
	var all []word
	runes := []rune(query)
	for i := 0; i < len(runes); {
		c := runes[i]
		switch {
		case unicode.IsSpace(c):
			i++
		case c == '\'':
			var text strings.Builder
			i++
			closed := false
			for ; i < len(runes) && !closed; i++ {
				switch {
				case runes[i] == '\'':
					closed = true
				case runes[i] == '\\':
					i++
					if i == len(runes) || !strings.ContainsRune(`nNrRtTbBfF"'\_%`, runes[i]) {
						return nil, malformed("line 1:%d invalid escape in a string", i)
					}
					switch unicode.ToLower(runes[i]) {
					case 'n':
						text.WriteRune('\n')
					case 'r':
						text.WriteRune('\r')
					case 't':
						text.WriteRune('\t')
					case 'b':
						text.WriteRune('\b')
					case 'f':
						text.WriteRune('\f')
					case '_', '%':
						text.WriteRune('\\')
						text.WriteRune(runes[i])
					default:
						text.WriteRune(runes[i])
					}
				default:
					text.WriteRune(runes[i])
				}
			}
			if !closed {
				return nil, malformed("line 1:%d mismatched character '<EOF>' expecting '\\''", i)
			}
			all = append(all, word{text.String(), true})
		case strings.ContainsRune("(),", c):
			all, i = append(all, word{string(c), false}), i+1
		case strings.ContainsRune("=!<>", c):
			start := i
			for i < len(runes) && strings.ContainsRune("=!<>", runes[i]) {
				i++
			}
			all = append(all, word{string(runes[start:i]), false})
		case unicode.IsLetter(c), unicode.IsDigit(c), strings.ContainsRune("_.:+-", c):
			start := i
			for i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]) || strings.ContainsRune("_.:+-", runes[i])) {
				i++
			}
			all = append(all, word{string(runes[start:i]), false})
		default:
			return nil, malformed("line 1:%d no viable alternative at character '%c'", i, c)
		}
	}
	return all, nil
}

// parser reads a query word by word.
type parser struct {
	words []word
	at    int
}

func (p *parser) peek() word {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return word{}
}

func (p *parser) next() word { w := p.peek(); p.at++; return w }

func (p *parser) is(text string) bool {
	w := p.peek()
	return p.at < len(p.words) && !w.quoted && strings.EqualFold(w.text, text)
}

func (p *parser) take(texts ...string) bool {
	for i, text := range texts {
		q := &parser{p.words, p.at + i}
		if !q.is(text) {
			return false
		}
	}
	p.at += len(texts)
	return true
}

func (p *parser) unexpected() *failure {
	if p.at >= len(p.words) {
		return malformed("unexpected token: <EOF>")
	}
	return malformed("unexpected token: '%s'", p.peek().text)
}

func (p *parser) name() (string, *failure) {
	w := p.peek()
	if p.at >= len(p.words) || w.quoted || !unicode.IsLetter([]rune(w.text + " ")[0]) {
		return "", p.unexpected()
	}
	p.at++
	return w.text, nil
}

func parseQuery(text string) (*statement, *failure) {
	words, f := split(text)
	if f != nil {
		return nil, f
	}
	p := &parser{words: words}
	q := &statement{limit: -1}
	if !p.take("SELECT") {
		return nil, p.unexpected()
	}
	if p.take("COUNT", "(", ")") {
		q.count = true
	} else {
		for {
			name, f := p.name()
			if f != nil {
				return nil, f
			}
			q.fields = append(q.fields, name)
			if !p.take(",") {
				break
			}
		}
	}
	if !p.take("FROM") {
		return nil, p.unexpected()
	}
	if q.from, f = p.name(); f != nil {
		return nil, f
	}
	if p.take("WHERE") {
		if q.where, f = p.conditions(); f != nil {
			return nil, f
		}
	}
	if p.take("ORDER", "BY") {
		if f := p.ordering(q); f != nil {
			return nil, f
		}
	}
	for keyword, into := range map[string]*int{"LIMIT": &q.limit} {
		if p.take(keyword) {
			n, err := strconv.Atoi(p.next().text)
			if err != nil || n < 0 {
				return nil, malformed("unexpected token after %s", keyword)
			}
			*into = n
		}
	}
	if p.take("OFFSET") {
		n, err := strconv.Atoi(p.next().text)
		if err != nil || n < 0 || n > 2000 {
			return nil, refused(http.StatusBadRequest, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
		}
		q.offset = n
	}
	if p.at < len(p.words) {
		return nil, p.unexpected()
	}
	return q, nil
}

func (p *parser) ordering(q *statement) *failure {
	for {
		name, f := p.name()
		if f != nil {
			return f
		}
		o := ordering{field: name}
		if p.take("DESC") {
			o.descending = true
		} else {
			p.take("ASC")
		}
		if p.take("NULLS", "LAST") {
			o.nullsLast = true
		} else {
			p.take("NULLS", "FIRST")
		}
		q.order = append(q.order, o)
		if !p.take(",") {
			return nil
		}
	}
}

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
	case w.quoted:
		l.kind = "string"
	case strings.EqualFold(w.text, "null"):
		l.kind = "null"
	case strings.EqualFold(w.text, "true"), strings.EqualFold(w.text, "false"):
		l.kind, l.text = "boolean", strings.ToLower(w.text)
	default:
		if _, err := strconv.ParseFloat(w.text, 64); err == nil {
			l.kind = "number"
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
