package config

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"handoff/internal/yamlfile"
)

var (
	entryName    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	objectName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,79}$`)
	variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,99}$`)
)

// The checks answer whether a value may stay, so that what follows from it is checked only then.

func (l *loader) name(path, name string) {
	if !entryName.MatchString(name) {
		l.problem(path, "want a name of a-z, 0-9 and -, that begins with a letter and has at most 40 characters")
	}
}

// objectName is one that mappings use: campaign_member, or the vendor's own, such as Inquiry__c.
func (l *loader) objectName(path, name string) {
	if !objectName.MatchString(name) {
		l.problem(path, "want a name of letters, digits, _ and -, that begins with a letter and has at most 80 characters")
	}
}

func (l *loader) address(path, address string) bool {
	_, port, err := net.SplitHostPort(address)
	if number, e := strconv.ParseUint(port, 10, 16); err != nil || e != nil || number > 65535 {
		l.problem(path, "want host:port, such as :8080 or 127.0.0.1:8080")
		return false
	}
	return true
}

func (l *loader) webURL(path, text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		l.problem(path, "want an http or https URL with a host, without user, query and fragment")
		return false
	}
	return true
}

func (l *loader) number(path string, value, least, most int64) {
	if value < least || value > most {
		l.problem(path, "want %d to %d", least, most)
	}
}

func (l *loader) span(path string, value, least, most time.Duration) {
	if value < least || value > most {
		l.problem(path, "want %s to %s", short(least), short(most))
	}
}

// short is a duration without the zeros that its String ends with.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// oneOf checks a word against the closed set of words that fit.
func (l *loader) oneOf(path, what, word string, known []string) bool {
	for _, fits := range known {
		if word == fits {
			return true
		}
	}
	if word == "" {
		l.problem(path, "missing; want one of: %s", strings.Join(known, ", "))
	} else {
		l.problem(path, "%s", yamlfile.Unknown(what, word, known))
	}
	return false
}

// variable checks the name of a variable that the file names, and reads the secret in it.
func (l *loader) variable(c *Config, path, name, what string, programs ...Program) Secret {
	switch {
	case name == "":
		l.problem(path, "missing; want the name of the environment variable that holds the %s", what)
	case !variableName.MatchString(name):
		// Not repeated: what is no name may well be the secret itself.
		l.problem(path, "want the name of an environment variable (A-Z, 0-9 and _), not the %s itself", what)
	case strings.HasSuffix(name, fileSuffix):
		l.problem(path, "want the name without %s; the variable that names a file is found by itself", fileSuffix)
	case strings.HasSuffix(name, fromSuffix):
		l.problem(path, "want the name without %s; the variable with a secret manager's URL is found by itself", fromSuffix)
	default:
		v := secretVariable(name, what, programs...)
		c.name(v)
		return l.secret(v, path)
	}
	return Secret{}
}
