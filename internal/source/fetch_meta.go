package source

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// metaFetcher reads leads of Meta's Graph API with a page's token:
// https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving.
type metaFetcher struct {
	caller
	limits config.SourceLimits
}

const metaFields = "created_time,id,ad_id,ad_name,adset_id,campaign_id,campaign_name,form_id,platform,is_organic,field_data,custom_disclaimer_responses"

type metaLead struct {
	ID        text `json:"id"`
	CreatedAt text `json:"created_time"`
	FormID    text `json:"form_id"`
	Fields    []struct {
		Name   text  `json:"name"`
		Values []any `json:"values"`
	} `json:"field_data"`
	Disclaimers []struct {
		Key     text `json:"checkbox_key"`
		Checked any  `json:"is_checked"`
	} `json:"custom_disclaimer_responses"`
}

func (m *metaFetcher) Fetch(ctx context.Context, n submission.Notice) (Fetched, error) {
	r, err := m.get(ctx, "/"+m.version+"/"+url.PathEscape(n.ID)+"?fields="+url.QueryEscape(metaFields), nil)
	if err != nil {
		return Fetched{}, err
	}
	if !r.ok() {
		return Fetched{}, m.failure(r)
	}
	d, err := r.document(m.limits)
	if err != nil {
		return Fetched{}, err
	}
	return m.lead(d.json)
}

// List reads the leads of a form, which Meta keeps for 90 days.
func (m *metaFetcher) List(ctx context.Context, form string, since time.Time, cursor string) (Page, error) {
	query := url.Values{"fields": {metaFields}, "limit": {"100"}, "filtering": {
		fmt.Sprintf(`[{"field":"time_created","operator":"GREATER_THAN","value":%d}]`, since.Unix()),
	}}
	if cursor != "" {
		query.Set("after", cursor)
	}
	r, err := m.get(ctx, "/"+m.version+"/"+url.PathEscape(form)+"/leads?"+query.Encode(), nil)
	if err != nil {
		return Page{}, err
	}
	if !r.ok() {
		return Page{}, m.failure(r)
	}
	var list struct {
		Data   []json.RawMessage `json:"data"`
		Paging struct {
			Next    text `json:"next"`
			Cursors struct {
				After text `json:"after"`
			} `json:"cursors"`
		} `json:"paging"`
	}
	if err := r.decode(m.limits, &list); err != nil {
		return Page{}, err
	}
	var page Page
	for _, raw := range list.Data {
		lead, err := m.lead(raw)
		if err != nil {
			page.Entries = append(page.Entries, unreadableRecord(raw, "id", "created_time"))
			continue
		}
		page.Entries = append(page.Entries, lead.entry(raw))
	}
	if list.Paging.Next != "" { // the last page has cursors too
		page.Next = string(list.Paging.Cursors.After)
	}
	return page, nil
}

// metaDummy is what Meta's test tool fills into the fields of a test lead.
const metaDummy = "<test lead: dummy data"

func (m *metaFetcher) lead(raw []byte) (Fetched, error) {
	d, err := parse(Request{ContentType: TypeJSON, Body: raw}, m.limits)
	if err != nil {
		return Fetched{}, &FetchError{Kind: FetchPermanent, Code: "unreadable", Status: http.StatusOK}
	}
	var lead metaLead
	if err := d.decode(&lead); err != nil || lead.ID == "" {
		return Fetched{}, &FetchError{Kind: FetchPermanent, Code: "unreadable", Status: http.StatusOK}
	}
	f := Fetched{ID: string(lead.ID), Form: string(lead.FormID), SubmittedAt: timeOf(string(lead.CreatedAt)), Context: map[string]string{}}
	a := newAnswers(m.limits)
	for _, field := range lead.Fields {
		for _, value := range field.Values {
			f.Test = f.Test || strings.HasPrefix(textOf(value), metaDummy)
		}
		if len(field.Values) == 1 {
			a.put(string(field.Name), field.Values[0])
			continue
		}
		a.put(string(field.Name), field.Values)
	}
	for _, disclaimer := range lead.Disclaimers {
		a.consent("consent."+string(disclaimer.Key), disclaimer.Checked == true || textOf(disclaimer.Checked) == "1")
	}
	if err := settled(a); err != nil {
		return Fetched{}, err
	}
	root, _ := d.value.(map[string]any)
	for name, value := range texts(root) {
		switch name {
		case "ad_id", "ad_name", "adset_id", "campaign_id", "campaign_name", "platform":
			f.Context[name] = value
		}
	}
	f.Answers, f.Consents = a.set, a.consents
	return f, nil
}

// failure reads Graph's error codes: https://developers.facebook.com/docs/graph-api/guides/error-handling.
func (m *metaFetcher) failure(r reply) error {
	e := r.byStatus(m.now())
	e.RequestID = requestID(r.header.Get("X-Fb-Trace-Id"))
	var body struct {
		Error struct {
			Code      int  `json:"code"`
			Subcode   int  `json:"error_subcode"`
			Transient bool `json:"is_transient"`
			Trace     text `json:"fbtrace_id"`
		} `json:"error"`
	}
	if json.Unmarshal(r.body, &body) != nil || body.Error.Code == 0 {
		return e
	}
	code := body.Error.Code
	e.Code = strconv.Itoa(code)
	if body.Error.Subcode != 0 {
		e.Code += "/" + strconv.Itoa(body.Error.Subcode)
	}
	e.RequestID = firstText(requestID(string(body.Error.Trace)), e.RequestID)
	switch {
	case code == 190 || code == 102:
		e.Kind = FetchAuth
	case code == 4 || code == 17 || code == 32 || code == 341 || code == 613 || code >= 80000 && code <= 80014:
		e.Kind = FetchRateLimited
		e.RetryAfter = max(e.RetryAfter, metaRegain(r.header.Get("X-Business-Use-Case-Usage")))
		if e.RetryAfter == 0 {
			e.RetryAfter = 5 * time.Minute
		}
	case code == 1 || code == 2 || code == 368 || body.Error.Transient:
		e.Kind = FetchTransient
	case code == 3 || code == 10 || code >= 200 && code <= 299:
		e.Kind = FetchForbidden
	case r.status < 500:
		e.Kind = FetchPermanent
	}
	return e
}

// metaRegain is when the longest blocked of the business' use cases may call again, which the header tells in minutes.
func metaRegain(header string) time.Duration {
	var usage map[string][]struct {
		Minutes float64 `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(header), &usage) != nil {
		return 0
	}
	var longest float64
	for _, cases := range usage {
		for _, one := range cases {
			longest = max(longest, one.Minutes)
		}
	}
	return time.Duration(min(longest, maxRetryAfter.Minutes()) * float64(time.Minute))
}
