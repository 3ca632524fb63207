package source

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// calendlyLister reads the invitees of an organization's meetings, and the submissions of routing forms:
// https://developer.calendly.com/api-docs. Meetings are found by when they take place, which is after they were booked:
// what was booked since a moment takes place since that moment.
type calendlyLister struct{ listing }

type calendlyList struct {
	Collection []json.RawMessage `json:"collection"`
	Pagination struct {
		Token text `json:"next_page_token"`
	} `json:"pagination"`
}

const (
	// calendlyMeetings is how many meetings make a page: the invitees of each take a call of their own.
	calendlyMeetings = "20"
	calendlyMost     = "100"
)

// List reads an organization by its URI, or a routing form by its own.
func (l calendlyLister) List(ctx context.Context, form string, since time.Time, cursor string) (Page, error) {
	if strings.Contains(form, "/routing_forms/") {
		return l.routing(ctx, form, since, cursor)
	}
	query := url.Values{
		"organization": {form}, "min_start_time": {since.UTC().Format(time.RFC3339)}, "sort": {"start_time:asc"}, "count": {calendlyMeetings},
	}
	meetings, err := l.collection(ctx, "/scheduled_events?"+query.Encode(), cursor)
	if err != nil {
		return Page{}, err
	}
	page := Page{Next: string(meetings.Pagination.Token)}
	for _, raw := range meetings.Collection {
		var meeting struct {
			URI text `json:"uri"`
		}
		if json.Unmarshal(raw, &meeting) != nil || meeting.URI == "" {
			return Page{}, &FetchError{Kind: FetchPermanent, Code: "unreadable"}
		}
		invitees, err := l.invitees(ctx, raw, lastPart(string(meeting.URI)), since)
		if err != nil {
			return Page{}, err
		}
		page.Entries = append(page.Entries, invitees...)
	}
	return page, nil
}

func (l calendlyLister) invitees(ctx context.Context, meeting json.RawMessage, id string, since time.Time) (entries []Entry, err error) {
	for cursor, more := "", true; more; more = cursor != "" {
		list, err := l.collection(ctx, "/scheduled_events/"+url.PathEscape(id)+"/invitees?count="+calendlyMost, cursor)
		if err != nil {
			return nil, err
		}
		for _, raw := range list.Collection {
			var invitee map[string]any
			if json.Unmarshal(raw, &invitee) != nil {
				entries = append(entries, unreadableRecord(raw, "uri", "created_at"))
				continue
			}
			if timeOf(textOf(invitee["created_at"])).Before(since) {
				continue
			}
			invitee["scheduled_event"] = meeting
			entries = append(entries, l.event("invitee.created", invitee, raw)...)
		}
		cursor = string(list.Pagination.Token)
	}
	return entries, nil
}

// routing reads the submissions of a routing form, newest first, as far as the moment.
func (l calendlyLister) routing(ctx context.Context, form string, since time.Time, cursor string) (Page, error) {
	query := url.Values{"form": {form}, "sort": {"created_at:desc"}, "count": {calendlyMost}}
	list, err := l.collection(ctx, "/routing_form_submissions?"+query.Encode(), cursor)
	if err != nil {
		return Page{}, err
	}
	page := Page{Next: string(list.Pagination.Token)}
	for _, raw := range list.Collection {
		var submitted map[string]any
		if json.Unmarshal(raw, &submitted) != nil {
			page.Entries = append(page.Entries, unreadableRecord(raw, "uri", "created_at"))
			continue
		}
		if at := timeOf(textOf(submitted["created_at"])); !at.IsZero() && at.Before(since) {
			page.Next = "" // everything further is older
			continue
		}
		page.Entries = append(page.Entries, l.event("routing_form_submission.created", submitted, raw)...)
	}
	return page, nil
}

// event has a resource read as the payload of the event that tells of it.
func (l calendlyLister) event(kind string, payload map[string]any, raw []byte) []Entry {
	return l.read(object(map[string]any{"event": kind, "created_at": payload["created_at"], "payload": payload}), raw, "uri", "created_at")
}

func (l calendlyLister) collection(ctx context.Context, path, cursor string) (calendlyList, error) {
	if cursor != "" {
		path += "&page_token=" + url.QueryEscape(cursor)
	}
	var list calendlyList
	err := l.page(ctx, path, &list)
	return list, err
}
