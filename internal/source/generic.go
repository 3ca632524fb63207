package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"handoff/internal/config"
)

func genericDefinition() definition {
	return definition{
		adapter: config.Generic, title: "Any sender, described in the configuration", proof: "as its scheme says",
		types: []string{TypeJSON, TypeForm}, make: newGeneric,
	}
}

// generic is a sender that the configuration describes: a scheme, and where things are in the body.
type generic struct {
	verifier
	layout
}

func newGeneric(c config.Source, secrets []string) (adapter, error) {
	v, err := schemeOf(c, secrets)
	if err != nil {
		return nil, err
	}
	return generic{v, layout{c}}, nil
}

// schemeOf builds the verifier of a configured scheme.
func schemeOf(c config.Source, secrets []string) (verifier, error) {
	switch c.Scheme {
	case config.StandardWebhooks:
		return newStandardWebhooks(secrets)
	case config.HMAC:
		return describedHMAC(c, secrets)
	case config.TimedHMAC:
		hash, err := hashOf(c.Algorithm)
		if err != nil {
			return nil, err
		}
		return newKeyed(keyed{
			hash: hash, header: c.SignatureHeader, pairs: true, tolerance: c.Tolerance, signed: []string{placeTimestamp, ".", placeBody},
		}, secrets), nil
	case config.TokenOnly:
		if c.Token.IsZero() {
			return nil, errors.New("nothing says where the token travels")
		}
		return token{c.Token, secrets, c.Limits.OrDefault()}, nil
	}
	return nil, fmt.Errorf("unknown scheme %q", c.Scheme)
}

// describedHMAC is a keyed hash whose parameters the configuration gives.
func describedHMAC(c config.Source, secrets []string) (verifier, error) {
	k := keyed{
		header: c.SignatureHeader, prefix: c.Prefix, timeHeader: c.TimestampHeader, tolerance: c.Tolerance,
		idHeader: c.EventID.Header, publicURL: c.PublicURL, signed: splitTemplate(c.SignedContent),
	}
	var err error
	if k.hash, err = hashOf(c.Algorithm); err != nil {
		return nil, err
	}
	switch c.Encoding {
	case "hex":
		k.encoding = inHex
	case "base64":
		k.encoding = inBase64
	default:
		return nil, fmt.Errorf("unknown encoding %q", c.Encoding)
	}
	if c.TimestampUnit == "ms" {
		k.unit = time.Millisecond
	}
	return newKeyed(k, secrets), nil
}

// layout reads a body whose places the configuration gives.
type layout struct{ config config.Source }

func (l layout) read(d *document) ([]Entry, error) {
	if !l.config.Event.IsZero() && len(l.config.Events) > 0 {
		event, _ := find(l.config.Event, d)
		if !slices.Contains(l.config.Events, event) {
			return nil, nil
		}
	}
	e, err := l.identify(d)
	if err != nil {
		return nil, err
	}
	if e.Answers, err = l.answers(d); err != nil {
		return nil, err
	}
	for _, name := range l.config.Consents {
		if _, answered := e.Answers[name]; answered {
			e.Consents = append(e.Consents, name)
		}
	}
	return []Entry{e}, nil
}

func (l layout) identify(d *document) (Entry, error) {
	var e Entry
	for _, id := range []struct {
		place config.Place
		into  *string
	}{{l.config.SubmissionID, &e.SubmissionID}, {l.config.EventID, &e.EventID}, {l.config.Revision, &e.Revision}} {
		var ok bool
		if *id.into, ok = find(id.place, d); !ok {
			return e, unreadable("an id of the sender is neither text nor a number")
		}
	}
	e.Event, _ = find(l.config.Event, d)
	if locale, _ := find(l.config.Locale, d); localeText.MatchString(locale) {
		e.Locale = locale
	}
	e.Test = l.isTest(d)
	if err := l.name(d, &e); err != nil {
		return e, err
	}
	if text, ok := find(l.config.SubmittedAt, d); text != "" || !ok {
		at, err := parseTime(text)
		if err != nil || !ok || at.Unix() < 0 {
			return e, unreadable("the time of submission is neither RFC 3339 nor seconds or milliseconds since 1970")
		}
		e.SubmittedAt = at
	}
	return e, nil
}

// name finds the form. A name that no mapping could have is a sign that the place is wrong.
func (l layout) name(d *document, e *Entry) error {
	if l.config.FormPath == "" {
		return nil
	}
	e.Form = gjson.GetBytes(d.json, l.config.FormPath).String()
	_, listed := l.config.Forms[e.Form]
	if !listed && l.config.Form == "" && !formName.MatchString(e.Form) {
		return unreadable("the form's name at " + l.config.FormPath + " is missing or not made of a-z, 0-9, dot, dash and underscore")
	}
	return nil
}

func (l layout) isTest(d *document) bool {
	switch {
	case l.config.SubmissionID.IsZero() && strings.HasPrefix(gjson.GetBytes(d.json, "sample").Str, testPrefix):
		return true
	case l.config.Test.IsZero():
		return false
	case l.config.Test.Path != "" && gjson.GetBytes(d.json, l.config.Test.Path).Type == gjson.True:
		return true
	}
	text, _ := find(l.config.Test, d)
	return slices.Contains([]string{"true", "1", "yes", "test"}, strings.ToLower(text))
}

// find returns what is at the place, empty where nothing is. Of a body only text and numbers will do: true or {} would
// make one id of all submissions.
func find(place config.Place, d *document) (text string, ok bool) {
	switch {
	case place.Header != "":
		if text = d.Header.Get(place.Header); text == "" && strings.EqualFold(place.Header, svix[0][1]) {
			text = d.Header.Get(svix[0][0])
		}
		return text, true
	case place.Query != "":
		return d.query().Get(place.Query), true
	case place.Path != "":
		switch found := gjson.GetBytes(d.json, place.Path); found.Type {
		case gjson.String:
			return found.Str, true
		case gjson.Number:
			return found.Raw, true // exact, whatever its size
		case gjson.Null:
			return "", true
		default:
			return "", false
		}
	}
	return "", true
}
