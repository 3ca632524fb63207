package config

import (
	"errors"
	"regexp"
	"strings"
)

// Place says where in a request a value is: exactly one of its fields is set, or none for nowhere.
type Place struct {
	Header   string
	Query    string // a parameter of the URL
	Path     string // in the body, in gjson's syntax
	BodyHash bool
}

// IsZero says that the place is nowhere.
func (p Place) IsZero() bool { return p == Place{} }

// String is the place as the configuration writes it.
func (p Place) String() string {
	switch {
	case p.Header != "":
		return headerPrefix + p.Header
	case p.Query != "":
		return queryPrefix + p.Query
	case p.BodyHash:
		return bodyHash
	}
	return p.Path
}

// The words for the places that are no path.
const (
	bodyHash     = "body-hash"
	headerPrefix = "header:"
	queryPrefix  = "query:"
)

var (
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	queryName  = regexp.MustCompile("^[A-Za-z0-9._~-]+$")
)

// UnmarshalText reads "header:NAME", "query:NAME", "body-hash" or a path.
func (p *Place) UnmarshalText(text []byte) error {
	value := string(text)
	header, inHeader := strings.CutPrefix(value, headerPrefix)
	query, inQuery := strings.CutPrefix(value, queryPrefix)
	switch {
	case inHeader && !headerName.MatchString(header):
		return errors.New("want the name of a header after header:")
	case inHeader:
		*p = Place{Header: header}
	case inQuery && !queryName.MatchString(query):
		return errors.New("want the name of a parameter of the URL after query:")
	case inQuery:
		*p = Place{Query: query}
	case value == bodyHash:
		*p = Place{BodyHash: true}
	case !isPath(value):
		return errors.New("want header:NAME or a path in the body such as data.id")
	default:
		*p = Place{Path: value}
	}
	return nil
}

// isPath is deliberately shallow: gjson takes nearly everything for a path and finds nothing.
func isPath(text string) bool {
	return text != "" && !strings.ContainsAny(text, " \t\r\n") && !strings.HasPrefix(text, ".") && !strings.HasSuffix(text, ".")
}
