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
