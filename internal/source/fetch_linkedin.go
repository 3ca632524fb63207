package source

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// linkedinFetcher reads lead form responses: https://learn.microsoft.com/linkedin/marketing/lead-sync/leadsync. A response
// names questions by number; their names and options are in the form, which is read once per version.
type linkedinFetcher struct {
	caller
	limits config.SourceLimits

	mu    sync.Mutex
	forms map[string]linkedinForm // by the form's versioned URN
}

type linkedinResponse struct {
	ID          text `json:"id"`
	Form        text `json:"versionedLeadGenFormUrn"`
	Test        bool `json:"testLead"`
	SubmittedAt text `json:"submittedAt"`
	LeadType    text `json:"leadType"`
	Metadata    struct {
		Sponsored struct {
			Campaign text `json:"campaign"`
		} `json:"sponsoredLeadMetadata"`
	} `json:"leadMetadata"`
	Response struct {
		Answers []struct {
			QuestionID text `json:"questionId"`
			Name       text `json:"name"`
			Details    struct {
				Text struct {
					Answer any `json:"answer"`
				} `json:"textQuestionAnswer"`
				Choice struct {
					Options []text `json:"options"`
				} `json:"multipleChoiceAnswer"`
			} `json:"answerDetails"`
		} `json:"answers"`
		Consents []struct {
			ID       text `json:"consentId"`
			Accepted bool `json:"accepted"`
		} `json:"consentResponses"`
	} `json:"formResponse"`
}

const linkedinResponseURN = "urn:li:leadGenFormResponse:"

func (l *linkedinFetcher) Fetch(ctx context.Context, n submission.Notice) (Fetched, error) {
	r, err := l.call(ctx, "/rest/leadFormResponses/"+url.PathEscape(strings.TrimPrefix(n.ID, linkedinResponseURN)))
	if err != nil {
		return Fetched{}, err
	}
	var response linkedinResponse
	if err := r.decode(l.limits, &response); err != nil {
		return Fetched{}, err
	}
	return l.lead(ctx, response)
}

// linkedinPage is how many responses are read at once.
const linkedinPage = 100

// List reads the responses of an account, named by its URN. The cursor is where the page begins.
func (l *linkedinFetcher) List(ctx context.Context, account string, since time.Time, cursor string) (Page, error) {
	start, _ := strconv.Atoi(cursor) // "" is 0
	kind, leads := "sponsoredAccount", "SPONSORED"
	if strings.HasPrefix(account, "urn:li:organization:") {
		kind, leads = "organization", "COMPANY"
	}
	r, err := l.call(ctx, fmt.Sprintf("/rest/leadFormResponses?q=owner&owner=(%s:%s)&leadType=(leadType:%s)&submittedAtTimeRange=(start:%d,end:%d)&start=%d&count=%d",
		kind, url.QueryEscape(account), leads, since.UnixMilli(), l.now().UnixMilli(), start, linkedinPage))
	if err != nil {
		return Page{}, err
	}
	var list struct {
		Elements []json.RawMessage `json:"elements"`
		Paging   struct {
			Total int `json:"total"`
		} `json:"paging"`
	}
	if err := r.decode(l.limits, &list); err != nil {
		return Page{}, err
	}
	var page Page
	for _, raw := range list.Elements {
		var response linkedinResponse
		if json.Unmarshal(raw, &response) != nil || response.ID == "" {
			page.Entries = append(page.Entries, unreadableRecord(raw, "id", "submittedAt"))
			continue
		}
		lead, err := l.lead(ctx, response)
		if err != nil {
			return Page{}, err
		}
		page.Entries = append(page.Entries, lead.entry(raw))
	}
	if next := start + len(list.Elements); len(list.Elements) > 0 && next < list.Paging.Total {
		page.Next = strconv.Itoa(next)
	}
	return page, nil
}

// call calls the versioned API. Its error is a *FetchError.
func (l *linkedinFetcher) call(ctx context.Context, path string) (reply, error) {
	r, err := l.get(ctx, path, map[string]string{"Linkedin-Version": l.version, "X-Restli-Protocol-Version": "2.0.0"})
	if err != nil || r.ok() {
		return r, err
	}
	e := r.byStatus(l.now())
	e.RequestID = requestID(firstText(r.header.Get("X-Li-Uuid"), r.header.Get("X-Li-Request-Id")))
	var body struct {
		Code int `json:"serviceErrorCode"`
	}
	if json.Unmarshal(r.body, &body) == nil && body.Code != 0 {
		e.Code = strconv.Itoa(body.Code)
	}
	if e.Kind == FetchRateLimited && e.RetryAfter == 0 {
		// Limits are of a day in UTC, but LinkedIn also protects itself for moments: look again from time to time.
		midnight := l.now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		e.RetryAfter = min(15*time.Minute, midnight.Sub(l.now()))
	}
	return r, e
}

func (l *linkedinFetcher) lead(ctx context.Context, r linkedinResponse) (Fetched, error) {
	if r.ID == "" {
		return Fetched{}, &FetchError{Kind: FetchPermanent, Code: "unreadable", Status: http.StatusOK}
	}
	form, err := l.form(ctx, string(r.Form))
	if err != nil {
		return Fetched{}, err
	}
	a := newAnswers(l.limits)
	for _, answer := range r.Response.Answers {
		question := form.questions[string(answer.QuestionID)]
		name := firstText(question.name, string(answer.Name), "question_"+string(answer.QuestionID))
		if len(answer.Details.Choice.Options) == 0 {
			a.put(name, answer.Details.Text.Answer)
			continue
		}
		var chosen []any
		for _, option := range answer.Details.Choice.Options {
			chosen = append(chosen, firstText(question.options[string(option)], string(option)))
		}
		a.put(name, chosen)
	}
	for _, consent := range r.Response.Consents {
		a.consent("consent."+string(consent.ID), consent.Accepted)
	}
	for _, name := range slices.Sorted(maps.Keys(form.hidden)) {
		a.put("hidden."+name, form.hidden[name])
	}
	if err := settled(a); err != nil {
		return Fetched{}, err
	}
	f := Fetched{
		ID: linkedinResponseURN + string(r.ID), Form: string(r.Form), FormName: form.name, Locale: form.locale, Test: r.Test,
		SubmittedAt: timeOf(string(r.SubmittedAt)), Answers: a.set, Consents: a.consents,
		Context: map[string]string{"lead_type": string(r.LeadType), "campaign_id": string(r.Metadata.Sponsored.Campaign)},
	}
	return f, nil
}

// linkedinForm is what is needed of a form to read its responses.
type linkedinForm struct {
	name, locale string
	questions    map[string]linkedinQuestion // by number
	hidden       map[string]string
}

type linkedinQuestion struct {
	name    string
	options map[string]string // texts by number
}

var linkedinFormID = regexp.MustCompile(`urn:li:leadGenForm:(\d+)`)

// maxForms bounds how many forms are remembered.
const maxForms = 1000

// form reads a version of a form once; a version never changes.
func (l *linkedinFetcher) form(ctx context.Context, urn string) (linkedinForm, error) {
	match := linkedinFormID.FindStringSubmatch(urn)
	if match == nil {
		return linkedinForm{}, nil // the answers' own names will do
	}
	l.mu.Lock()
	form, known := l.forms[urn]
	l.mu.Unlock()
	if known {
		return form, nil
	}
	r, err := l.call(ctx, "/rest/leadForms/"+match[1])
	if err != nil {
		return linkedinForm{}, err
	}
	if form, err = readLinkedinForm(r, l.limits); err != nil {
		return linkedinForm{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.forms) >= maxForms {
		clear(l.forms)
	}
	l.forms[urn] = form
	return form, nil
}
