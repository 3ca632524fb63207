package source

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/tidwall/gjson"
)

// jotformLister reads Jotform's submissions, newest first: https://api.jotform.com/docs/#form-id-submissions. Its times have no
// zone: they are the account's.
type jotformLister struct {
	listing
	zone *time.Location
}

// jotformPage is how many submissions are read at once.
const jotformPage = 100

// jotformTime is how Jotform writes moments.
const jotformTime = "2006-01-02 15:04:05"

type jotformSubmission struct {
	ID      text `json:"id"`
	FormID  text `json:"form_id"`
	Created text `json:"created_at"`
	Status  text `json:"status"`
	Answers map[string]struct {
		Name   text `json:"name"`
		Type   text `json:"type"`
		Answer any  `json:"answer"`
	} `json:"answers"`
}

// List counts submissions.
func (l jotformLister) List(ctx context.Context, form string, since time.Time, cursor string) (Page, error) {
	offset, _ := strconv.Atoi(cursor)
	filter := object(map[string]string{"created_at:gt": since.In(l.zone).Format(jotformTime)})
	query := url.Values{
		"limit": {strconv.Itoa(jotformPage)}, "offset": {strconv.Itoa(offset)}, "orderby": {"created_at"}, "filter": {string(filter)},
	}
	var list struct {
		Content []json.RawMessage `json:"content"`
	}
	if err := l.page(ctx, "/form/"+url.PathEscape(form)+"/submissions?"+query.Encode(), &list); err != nil {
		return Page{}, err
	}
	var page Page
	for _, raw := range list.Content {
		page.Entries = append(page.Entries, l.entry(raw)...)
	}
	if len(list.Content) == jotformPage {
		page.Next = strconv.Itoa(offset + jotformPage)
	}
	return page, nil
}

// entry reads a submission; one that was deleted is none. The answers are called as in the webhook's rawRequest: by their
// number and name.
func (l jotformLister) entry(raw []byte) []Entry {
	var s jotformSubmission
	decoder := document{json: raw}
	if err := decoder.decode(&s); err != nil || s.ID == "" {
		return []Entry{l.unreadable(raw)}
	}
	if s.Status == "DELETED" {
		return nil
	}
	a := newAnswers(l.source.config.Limits)
	for _, number := range slices.Sorted(maps.Keys(s.Answers)) {
		answer := s.Answers[number]
		name := "q" + number + "_" + string(answer.Name)
		switch object, ok := answer.Answer.(map[string]any); {
		case empty(answer.Answer):
		case ok:
			a.flatten(name, object, 0)
		case answer.Type == "control_fileupload" || isUpload(answer.Answer):
			a.keep(string(answer.Name), files(answer.Answer)) // as in a webhook, without its number
		default:
			a.keep(name, answer.Answer)
		}
	}
	if a.err != nil {
		return []Entry{l.unreadable(raw)}
	}
	return []Entry{{
		SubmissionID: string(s.ID), Revision: answersHash(a.set), Form: string(s.FormID), SubmittedAt: l.at(string(s.Created)), Answers: a.set,
		Raw: raw,
	}}
}

func (l jotformLister) unreadable(raw []byte) Entry {
	e := unreadableRecord(raw, "id", "")
	e.SubmittedAt = l.at(gjson.GetBytes(raw, "created_at").String())
	return e
}

// at reads a time of the account's zone, and gives none where it is no time.
func (l jotformLister) at(text string) time.Time {
	at, err := time.ParseInLocation(jotformTime, text, l.zone)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
