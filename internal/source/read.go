package source

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
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
	document, err := s.document(r)
	if err != nil {
		return submission.Submission{}, submission.Payload{}, err
	}
	sub, err := s.identify(r, document)
	if err != nil {
		return submission.Submission{}, submission.Payload{}, err
	}
	answers, err := s.answers(document)
	if err != nil {
		return submission.Submission{}, submission.Payload{}, err
	}
	return sub, submission.Payload{Answers: answers}, nil
}

// document is the body as JSON: a form becomes an object whose repeated keys are arrays.
func (s *Source) document(r Request) ([]byte, error) {
	if r.ContentType != TypeForm {
		if !gjson.ValidBytes(r.Body) {
			return nil, &Malformed{"the body is no JSON"}
		}
		return r.Body, checkDepth(r.Body)
	}
	values, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return nil, &Malformed{"the body is no form: a key or value is not URL-encoded"}
	}
	if len(values) > maxAnswers {
		return nil, &Malformed{"there are more than " + strconv.Itoa(maxAnswers) + " answers"}
	}
	object := make(map[string]any, len(values))
	for key, all := range values {
		if name, list := strings.CutSuffix(key, "[]"); list || len(all) > 1 {
			array := make([]any, len(all))
			for i, value := range all {
				array[i] = value
			}
			object[name] = array
			continue
		}
		object[key] = all[0]
	}
	document, err := json.Marshal(object)
	if err != nil {
		return nil, &Malformed{"the form cannot be read"}
	}
	return document, nil
}

func (s *Source) answers(document []byte) (map[string]any, error) {
	if s.config.AnswersPath != "" {
		found := gjson.GetBytes(document, s.config.AnswersPath)
		if !found.Exists() {
			return nil, &Malformed{"the body has no answers at " + s.config.AnswersPath}
		}
		document = []byte(found.Raw)
	}
	value, err := decodeJSON(document)
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
		EventID: s.find(s.config.EventID, r, document), Revision: s.find(s.config.Revision, r, document),
		SenderID: s.find(s.config.SubmissionID, r, document),
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
	if text := s.find(s.config.SubmittedAt, r, document); text != "" {
		at, err := parseTime(text)
		if err != nil {
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

func (s *Source) find(place config.Place, r Request, document []byte) string {
	switch {
	case place.BodyHash:
		return bodyHash(r.Body)
	case place.Header != "":
		return r.Header.Get(place.Header)
	case place.Path != "":
		return gjson.GetBytes(document, place.Path).String()
	}
	return ""
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
