package source

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// Reading is what a verified request holds.
type Reading struct {
	// Submissions are in the order of the request. There are none where the sender tells of something that is no
	// submission: a ping, an event that nobody asked for.
	Submissions []Item
}

// Item is one submission of a request.
type Item struct {
	Submission submission.Submission
	Payload    submission.Payload
	// Raw is what it was read from, to be kept, inflated and without secrets: the body as it came, or of one that holds several
	// a body with this one alone; of a list the record.
	Raw []byte
}

// Read identifies the submissions in a verified request and flattens their answers. What is not understood is a
// submission all the same, with a Hold that says what was expected: it is proven to come from the sender, so it is kept.
func (s *Source) Read(r Request) Reading {
	r, err := s.inflate(r)
	r = s.strip(r)
	var entries []Entry
	if err == nil {
		entries, err = s.entries(r)
	}
	if err != nil {
		entries = []Entry{unreadableEntry(err)}
	}
	reading := Reading{Submissions: make([]Item, len(entries))}
	for i, e := range entries {
		reading.Submissions[i] = s.item(r, e, i)
	}
	return reading
}

func (s *Source) entries(r Request) ([]Entry, error) {
	d, err := parse(r, s.config.Limits)
	if err != nil {
		return nil, err
	}
	entries, err := s.adapter.read(d)
	if err == nil && len(entries) > s.config.Limits.Batch {
		return nil, unreadable(fmt.Sprintf("the delivery holds more than %d submissions", s.config.Limits.Batch))
	}
	return entries, err
}

func unreadableEntry(err error) Entry {
	return Entry{Hold: &submission.Hold{Code: submission.HoldUnreadable, Detail: detailOf(err)}}
}

// detailOf says what was expected. An error of another kind may quote the request, and says nothing.
func detailOf(err error) string {
	if u, ok := errors.AsType[*Unreadable](err); ok {
		return u.Detail
	}
	return "the body cannot be read"
}

// item completes an entry by what is configured and by what every submission has.
func (s *Source) item(r Request, e Entry, number int) Item {
	if err := s.complete(r, &e, number); err != nil {
		hold := unreadableEntry(err)
		hold.Raw = e.Raw
		_ = s.complete(r, &hold, number) // cannot fail: nothing of the request is in it
		e = hold
	}
	sub := submission.Submission{
		Source: s.Name, Form: s.form(e), SenderID: e.SubmissionID, EventID: e.EventID, Revision: e.Revision,
		ReceivedAt: r.Received, SubmittedAt: r.Received, Trace: s.config.Trace, Thin: e.Notice != nil,
		Test: e.Test && s.config.TestSubmissions != config.TestsAllowed,
	}
	// A sender's clock that runs ahead must not make an answer the newest one for ever.
	if !e.SubmittedAt.IsZero() && e.SubmittedAt.Before(r.Received) {
		sub.SubmittedAt = e.SubmittedAt
	}
	sub.ID = submission.NewID(sub.Source, sub.SenderID, sub.Revision)
	payload := submission.Payload{Answers: e.Answers, Consents: e.Consents, Notice: e.Notice, Hold: e.Hold}
	if payload.Answers == nil {
		payload.Answers = map[string]any{}
	}
	payload.Context = track(s.context(e), e.Answers)
	sub.Locale = payload.Context["locale"]
	raw := e.Raw
	if raw == nil {
		raw = r.Body
	}
	return Item{Submission: sub, Payload: payload, Raw: raw}
}

// context is what the sender states beside the answers.
func (s *Source) context(e Entry) map[string]string {
	stated := map[string]string{}
	for name, value := range e.Context {
		stated[name] = value
	}
	for name, value := range map[string]string{"locale": e.Locale, "event": e.Event, "form_id": e.Form, "form_name": e.FormName} {
		if value != "" {
			stated[name] = value
		}
	}
	if e.Test {
		stated["test"] = "true"
	}
	return stated
}

// maxSenderID bounds what a sender may use as an id.
const maxSenderID = 500

// complete sees to it that an entry has an identity. The sender's submission id comes first, because a pull knows only
// that; the event id is next, and the hash of the body is for senders that have neither.
func (s *Source) complete(r Request, e *Entry, number int) error {
	if s.config.Revision.BodyHash && e.Hold == nil {
		e.Revision = s.hash(r, *e)
	}
	if e.SubmissionID == "" {
		e.SubmissionID = e.EventID
	}
	if e.SubmissionID == "" {
		e.SubmissionID = bodyHash(r.Body)
		if number > 0 {
			e.SubmissionID += "." + strconv.Itoa(number)
		}
	}
	for _, id := range []string{e.SubmissionID, e.EventID, e.Revision} {
		if len(id) > maxSenderID || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
			return unreadable("an id of the sender is longer than " + strconv.Itoa(maxSenderID) + " bytes or no text")
		}
	}
	e.Test = e.Test || strings.Contains(e.SubmissionID, testPrefix)
	return nil
}

// hash stands for the version of the answers where the sender does not number versions.
func (s *Source) hash(r Request, e Entry) string {
	if s.definition.adapter == config.Generic {
		return bodyHash(r.Body)
	}
	return answersHash(e.Answers)
}

func bodyHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// answersHash tells one version of the answers from another, however the sender writes them down.
func answersHash(answers map[string]any) string {
	encoded, err := json.Marshal(answers) // its keys are sorted
	if err != nil {
		return ""
	}
	return bodyHash(encoded)[:32]
}

// formName is what a form may be called: the name becomes a search attribute, which everybody may read.
var formName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,79}$`)

// form is what the submission's form is called here: as the configuration names the sender's id, else the source's only
// form, else the id itself as a name, else the source's name.
func (s *Source) form(e Entry) string {
	if name, ok := s.config.Forms[e.Form]; ok {
		return name
	}
	if s.config.Form != "" {
		return s.config.Form
	}
	if name := formSlug(e.Form); name != "" {
		return name
	}
	return s.Name
}

var noName = regexp.MustCompile(`[^a-z0-9_.-]+`)

// formSlug makes a name of a sender's id of a form; "" where nothing of it will do.
func formSlug(id string) string {
	slug := strings.Trim(noName.ReplaceAllString(strings.ToLower(id), "-"), "-_.")
	if len(slug) > 80 {
		slug = slug[:80]
	}
	if !formName.MatchString(slug) {
		return ""
	}
	return slug
}
