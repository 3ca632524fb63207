package hubspot

import (
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// maxText is how long a text may be.
const maxText = 65_536

func doesNotExist(name string) invalid {
	return invalid{Message: fmt.Sprintf("Property %q does not exist", name), Error: "PROPERTY_DOESNT_EXIST", Name: name}
}

// check finds what is wrong with values that are to be written, in order of their names.
func (s *Server) check(t *objectType, values map[string]string) []invalid {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	var wrong []invalid
	for _, name := range names {
		p := t.props[name]
		switch {
		case p == nil:
			wrong = append(wrong, doesNotExist(name))
		case p.Modification.ReadOnlyValue || p.Calculated:
			wrong = append(wrong, invalid{Message: fmt.Sprintf("%q is a read only property; its value cannot be set.", name), Error: "READ_ONLY_VALUE", Name: name})
		case values[name] == "":
		case s.isBlocked(t, name, values[name]):
			wrong = append(wrong, invalid{Message: "This email address was deleted permanently and cannot be used.", Error: "INVALID_EMAIL", Name: name})
		default:
			if message, code := s.checkValue(t, p, values[name]); code != "" {
				one := invalid{Message: message, Error: code, Name: name}
				if code == "INVALID_EMAIL" {
					one.Localized, one.Portal = message, portal
				}
				wrong = append(wrong, one)
			}
		}
	}
	return wrong
}

var digits = regexp.MustCompile(`^[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?$`)

func (s *Server) checkValue(t *objectType, p *property, value string) (message, code string) {
	switch p.Type {
	case "number":
		if !digits.MatchString(strings.TrimSpace(value)) {
			return value + " was not a valid number.", "INVALID_DECIMAL"
		}
	case "bool":
		if value != "true" && value != "false" {
			return value + " was not one of the allowed options: [true, false]", "INVALID_OPTION"
		}
	case "date":
		if _, err := time.Parse(time.DateOnly, value); err == nil {
			return "", ""
		}
		if ms, err := strconv.ParseInt(value, 10, 64); err != nil || ms%86_400_000 != 0 {
			return value + " was not a valid date.", "INVALID_DATE"
		}
	case "datetime":
		if _, err := time.Parse(time.RFC3339Nano, value); err == nil {
			return "", ""
		}
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return value + " was not a valid long.", "INVALID_LONG"
		}
	case "enumeration":
		return s.checkChoice(p, value)
	default:
		if len(value) > maxText {
			return "The value is too long.", "VALUE_TOO_LONG"
		}
		if p.Name == "email" && t.id == "0-1" {
			address, err := mail.ParseAddress(value)
			if err != nil || address.Address != value || !strings.Contains(value[strings.LastIndex(value, "@"):], ".") {
				return "Email address " + value + " is invalid", "INVALID_EMAIL"
			}
		}
	}
	return "", ""
}

func (s *Server) checkChoice(p *property, value string) (message, code string) {
	if p.Referenced == "OWNER" {
		if !slices.ContainsFunc(s.owners, func(o owner) bool { return o.ID == value && !o.Archived }) {
			return value + " is not a valid owner.", "INVALID_OWNER_ID"
		}
		return "", ""
	}
	if p.External || p.Name == "hs_additional_emails" {
		return "", ""
	}
	given := []string{value}
	if p.FieldType == "checkbox" {
		given = strings.Split(strings.Trim(value, ";"), ";")
	}
	for _, choice := range given {
		if !slices.ContainsFunc(p.Options, func(o option) bool { return o.Value == choice }) {
			var allowed []string
			for _, o := range p.Options {
				allowed = append(allowed, o.Value)
			}
			return fmt.Sprintf("%s was not one of the allowed options: [%s]", choice, strings.Join(allowed, ", ")), "INVALID_OPTION"
		}
	}
	return "", ""
}

// missing finds required properties that a new record would not have; "a|b" wants one of them.
func (s *Server) missing(t *objectType, values map[string]string) []invalid {
	var wrong []invalid
	for _, wanted := range append(append([]string{}, t.required...), s.options.Required[t.path]...) {
		names := strings.Split(wanted, "|")
		if !slices.ContainsFunc(names, func(name string) bool { return values[name] != "" }) {
			wrong = append(wrong, invalid{Message: "A value for " + names[0] + " must be provided", Error: "MISSING_REQUIRED_PROPERTY", Name: names[0]})
		}
	}
	return wrong
}

// taken finds a unique value that another record has.
func (t *objectType) taken(r *record, values map[string]string) *failure {
	names := make([]string, 0, len(t.unique))
	for name := range t.unique {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		other, used := t.unique[name][uniqueForm(values[name])]
		if values[name] == "" || !used || r != nil && r.id == other {
			continue
		}
		if name == "email" && t.id == "0-1" {
			return &failure{
				Status: http.StatusConflict, Category: "CONFLICT", Message: "Contact already exists. Existing ID: " + other,
				Context: map[string][]string{"existingId": {other}},
			}
		}
		return validation([]invalid{{
			Message: fmt.Sprintf("%s already has that value for %s", other, name), Error: "CONFLICTING_UNIQUE_VALUE", Name: name,
		}})
	}
	return nil
}

// refusal is everything that keeps values from being written to a record, which is new when r is nil.
func (s *Server) refusal(t *objectType, r *record, values map[string]string) *failure {
	wrong := s.check(t, values)
	if r == nil && len(wrong) == 0 {
		wrong = s.missing(t, values)
	}
	if len(wrong) > 0 {
		return validation(wrong)
	}
	return t.taken(r, values)
}
