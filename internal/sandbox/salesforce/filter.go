package salesforce

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// compile turns a condition into a test of records.
func (s *Server) compile(o *object, c *condition) (func(*record) bool, *failure) {
	if c.joined != "" {
		tests := make([]func(*record) bool, len(c.parts))
		for i, part := range c.parts {
			test, f := s.compile(o, part)
			if f != nil {
				return nil, f
			}
			tests[i] = test
		}
		return func(r *record) bool {
			switch c.joined {
			case "NOT":
				return !tests[0](r)
			case "AND":
				return !slices.ContainsFunc(tests, func(test func(*record) bool) bool { return !test(r) })
			}
			return slices.ContainsFunc(tests, func(test func(*record) bool) bool { return test(r) })
		}, nil
	}
	f, bad := s.column(o, c.field)
	if bad != nil {
		return nil, bad
	}
	if f.Type == "textarea" && f.Length > 255 {
		return nil, refused(http.StatusBadRequest, "INVALID_FIELD", "field '%s' can not be filtered in a query call", f.Name)
	}
	values := make([]any, len(c.literals))
	among := map[string]bool{}
	for i, l := range c.literals {
		value, bad := l.of(f)
		if bad != nil {
			return nil, bad
		}
		values[i] = value
		among[comparable(f, value)] = true
	}
	like := pattern(c)
	return func(r *record) bool {
		value := s.valueOf(r, c.field)
		switch c.operator {
		case "IN", "=":
			return among[comparable(f, value)]
		case "NOT IN", "!=":
			return !among[comparable(f, value)]
		case "LIKE":
			text, ok := value.(string)
			return ok && like.MatchString(text)
		}
		if value == nil || values[0] == nil {
			return false
		}
		n := order(f, value, values[0])
		switch c.operator {
		case "<":
			return n < 0
		case "<=":
			return n <= 0
		case ">":
			return n > 0
		}
		return n >= 0
	}, nil
}

// comparable is a value such that equal ones are the same text.
func comparable(f *field, value any) string {
	if value == nil {
		return "null"
	}
	text := fmt.Sprint(value)
	if (f.Type == "id" || f.Type == "reference") && len(text) >= 15 {
		return "=" + text[:15]
	}
	return "=" + strings.ToLower(text)
}

// pattern is that of LIKE: % is any text and _ any character.
func pattern(c *condition) *regexp.Regexp {
	if c.operator != "LIKE" {
		return nil
	}
	var out strings.Builder
	out.WriteString("(?is)^")
	runes := []rune(c.literals[0].text)
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == '\\' && i+1 < len(runes) && (runes[i+1] == '%' || runes[i+1] == '_'):
			i++
			out.WriteString(regexp.QuoteMeta(string(runes[i])))
		case runes[i] == '%':
			out.WriteString(".*")
		case runes[i] == '_':
			out.WriteString(".")
		default:
			out.WriteString(regexp.QuoteMeta(string(runes[i])))
		}
	}
	return regexp.MustCompile(out.String() + "$")
}

// of is the literal as a value of a field, when it can be one.
func (l literal) of(f *field) (any, *failure) {
	if l.kind == "null" {
		return nil, nil
	}
	want, quotes := "string", " and should be enclosed in quotes"
	switch f.Type {
	case "boolean":
		want, quotes = "boolean", " and should not be enclosed in quotes"
	case "int", "double", "currency", "percent":
		want, quotes = "number", " and should not be enclosed in quotes"
	case "date":
		want, quotes = "date", " and should not be enclosed in quotes"
	case "time":
		want, quotes = "time", " and should not be enclosed in quotes"
	case "datetime":
		want, quotes = "moment", " and should not be enclosed in quotes"
	}
	if l.kind != want {
		return nil, refused(http.StatusBadRequest, "INVALID_FIELD", "value of filter criterion for field '%s' must be of type %s%s", f.Name, f.Type, quotes)
	}
	switch want {
	case "boolean":
		return l.text == "true", nil
	case "number":
		n, _ := strconv.ParseFloat(l.text, 64) // the parser read it already
		return n, nil
	}
	if (f.Type == "id" || f.Type == "reference") && !isID(l.text) {
		return nil, refused(http.StatusBadRequest, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: %s", l.text)
	}
	return l.text, nil
}

func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}
