package source

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// Content types that a source may send.
const (
	TypeJSON = "application/json"
	TypeForm = "application/x-www-form-urlencoded"
)

// formName is what a sender may call a form: the name becomes a search attribute, which everybody may read.
var formName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,79}$`)

// maxSenderID bounds what a sender may use as an id.
const maxSenderID = 500

// Read identifies the submission in a verified request and flattens its answers. Its error is a *Malformed.
func (s *Source) Read(r Request) (submission.Submission, submission.Payload, error) {
	body, document, err := s.document(r)
	if err != nil {
		return submission.Submission{}, submission.Payload{}, err
	}
	sub, err := s.identify(r, document)
	if err != nil {
		return submission.Submission{}, submission.Payload{}, err
	}
	answers, err := s.answers(body, document)
	if err != nil {
		return submission.Submission{}, submission.Payload{}, err
	}
	return sub, submission.Payload{Answers: answers}, nil
}

// document is the body as a value and as JSON: a form becomes an object whose repeated keys are arrays. The JSON is made
// from the value, so that whatever is looked up in it and the answers are read from the same of several equal keys.
func (s *Source) document(r Request) (any, []byte, error) {
	var value any
	var err error
	if r.ContentType == TypeForm {
		value, err = decodeForm(r.Body)
	} else {
		value, err = decodeJSON(r.Body)
	}
	if err != nil {
		return nil, nil, err
	}
	document, err := json.Marshal(value)
	if err != nil {
		return nil, nil, &Malformed{"the body cannot be read"}
	}
	return value, document, nil
}

// decodeForm reads a form. A key that is repeated, or ends in [], is an array.
func decodeForm(body []byte) (any, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, &Malformed{"the body is no form: a key or value is not URL-encoded"}
	}
	if len(values) > maxAnswers {
		return nil, tooMany()
	}
	object := make(map[string]any, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		name, list := strings.CutSuffix(key, "[]")
		before, repeated := object[name]
		if !list && len(values[key]) == 1 {
			object[name] = values[key][0]
			continue
		}
		array, _ := before.([]any)
		if single, ok := before.(string); repeated && ok {
			array = []any{single}
		}
		for _, value := range values[key] {
			array = append(array, value)
		}
		object[name] = array
	}
	return object, nil
}

func (s *Source) answers(body any, document []byte) (map[string]any, error) {
	if s.config.AnswersPath == "" {
		return flatten(body)
	}
	found := gjson.GetBytes(document, s.config.AnswersPath)
	if !found.Exists() {
		return nil, &Malformed{"the body has no answers at " + s.config.AnswersPath}
	}
	value, err := decodeJSON([]byte(found.Raw))
	if err != nil {
		return nil, err
	}
	return flatten(value)
}

// identify finds who this submission is. The sender's submission id comes first, because a pull knows only that; the
// event id is next, and the hash of the body is for senders that have neither.
func (s *Source) identify(r Request, document []byte) (submission.Submission, error) {
	sub := submission.Submission{
		Source: s.Name, Form: s.config.Form, ReceivedAt: r.Received, SubmittedAt: r.Received, Trace: s.config.Trace,
	}
	for _, id := range []struct {
		place config.Place
		into  *string
	}{{s.config.SubmissionID, &sub.SenderID}, {s.config.EventID, &sub.EventID}, {s.config.Revision, &sub.Revision}} {
		var ok bool
		if *id.into, ok = s.find(id.place, r, document); !ok {
			return sub, &Malformed{"an id of the sender is neither text nor a number"}
		}
	}
	if sub.SenderID == "" {
		sub.SenderID = sub.EventID
	}
	if sub.SenderID == "" {
		sub.SenderID = bodyHash(r.Body)
	}
	for _, id := range []string{sub.SenderID, sub.EventID, sub.Revision} {
		if len(id) > maxSenderID || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
			return sub, &Malformed{"an id of the sender is longer than " + strconv.Itoa(maxSenderID) + " bytes or no text"}
		}
	}
	if s.config.FormPath != "" {
		sub.Form = gjson.GetBytes(document, s.config.FormPath).String()
		if !formName.MatchString(sub.Form) {
			return sub, &Malformed{"the form's name at " + s.config.FormPath + " is missing or not made of a-z, 0-9, dot, dash and underscore"}
		}
	}
	if text, ok := s.find(s.config.SubmittedAt, r, document); text != "" || !ok {
		at, err := parseTime(text)
		if err != nil || !ok || at.Unix() < 0 {
			return sub, &Malformed{"the time of submission is neither RFC 3339 nor seconds or milliseconds since 1970"}
		}
		// A sender's clock that runs ahead must not make an answer the newest one for ever.
		if at.Before(r.Received) {
			sub.SubmittedAt = at
		}
	}
	sub.ID = submission.NewID(sub.Source, sub.SenderID, sub.Revision)
	return sub, nil
}

// find returns what is at the place, empty where nothing is. Of a body only text and numbers will do: true or {} would
// make one id of all submissions.
func (s *Source) find(place config.Place, r Request, document []byte) (text string, ok bool) {
	switch {
	case place.BodyHash:
		return bodyHash(r.Body), true
	case place.Header != "":
		return r.Header.Get(place.Header), true
	case place.Path != "":
		switch found := gjson.GetBytes(document, place.Path); found.Type {
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

func bodyHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// millisecondsFrom is where a number of seconds becomes implausible: it would be the year 5138.
const millisecondsFrom = 100_000_000_000

func parseTime(text string) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n >= millisecondsFrom {
			return time.UnixMilli(n).UTC(), nil
		}
		return time.Unix(n, 0).UTC(), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return at.UTC(), err
}
