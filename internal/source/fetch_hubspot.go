package source

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// hubspotFetcher reads contacts, and lists what was submitted to a form: https://developers.hubspot.com/docs/api-reference.
type hubspotFetcher struct {
	caller
	limits     config.SourceLimits
	properties []string
}

// hubspotProperties are read of a contact where the configuration names none.
func hubspotProperties() []string {
	return []string{
		"email", "firstname", "lastname", "phone", "mobilephone", "company", "website", "jobtitle", "country", "state", "city", "zip",
		"numberofemployees", "industry", "message", "lifecyclestage", "hs_language", "hs_legal_basis", "hs_analytics_source",
		"hs_analytics_source_data_1", "hs_analytics_source_data_2", "recent_conversion_event_name", "recent_conversion_date",
	}
}

func (h *hubspotFetcher) Fetch(ctx context.Context, n submission.Notice) (Fetched, error) {
	properties := h.properties
	if len(properties) == 0 {
		properties = hubspotProperties()
	}
	r, err := h.get(ctx, "/crm/objects/"+h.version+"/contacts/"+url.PathEscape(n.ID)+"?properties="+url.QueryEscape(strings.Join(properties, ",")), nil)
	if err != nil {
		return Fetched{}, err
	}
	if !r.ok() {
		return Fetched{}, h.failure(r)
	}
	var contact struct {
		ID         text           `json:"id"`
		Properties map[string]any `json:"properties"`
	}
	if err := r.decode(h.limits, &contact); err != nil {
		return Fetched{}, err
	}
	if contact.ID == "" {
		return Fetched{}, &FetchError{Kind: FetchPermanent, Code: "unreadable", Status: r.status}
	}
	a := newAnswers(h.limits)
	a.flatten("", contact.Properties, 0)
	if err := settled(a); err != nil {
		return Fetched{}, err
	}
	id := string(contact.ID)
	if n.Account != "" {
		id = n.Account + ":" + id
	}
	return Fetched{
		ID: id, FormName: textOf(a.set["recent_conversion_event_name"]), SubmittedAt: timeOf(textOf(a.set["recent_conversion_date"])),
		Locale: textOf(a.set["hs_language"]), Answers: a.set,
	}, nil
}

// List reads the submissions of a form, newest first, as far as the moment. No version with a date tells them: of forms those
// have what they ask, and not what was answered.
func (h *hubspotFetcher) List(ctx context.Context, form string, since time.Time, cursor string) (Page, error) {
	query := url.Values{"limit": {"50"}}
	if cursor != "" {
		query.Set("after", cursor)
	}
	r, err := h.get(ctx, "/form-integrations/v1/submissions/forms/"+url.PathEscape(form)+"?"+query.Encode(), nil)
	if err != nil {
		return Page{}, err
	}
	if !r.ok() {
		return Page{}, h.failure(r)
	}
	var list struct {
		Results []json.RawMessage `json:"results"`
		Paging  struct {
			Next struct {
				After text `json:"after"`
			} `json:"next"`
		} `json:"paging"`
	}
	if err := r.decode(h.limits, &list); err != nil {
		return Page{}, err
	}
	page := Page{Next: string(list.Paging.Next.After)}
	for _, raw := range list.Results {
		var s hubspotSubmission
		record, err := Fetched{}, json.Unmarshal(raw, &s)
		if err == nil {
			record, err = s.record(form, h.limits)
		}
		if err != nil || record.ID == "" || record.SubmittedAt.IsZero() { // without a time the rest would seem older
			page.Entries = append(page.Entries, unreadableRecord(raw, "conversionId", "submittedAt"))
			continue
		}
		if record.SubmittedAt.Before(since) {
			page.Next = "" // everything further is older
			continue
		}
		page.Entries = append(page.Entries, record.entry(raw))
	}
	return page, nil
}

type hubspotSubmission struct {
	ID          text `json:"conversionId"`
	SubmittedAt text `json:"submittedAt"`
	PageURL     text `json:"pageUrl"`
	Values      []struct {
		Name  text `json:"name"`
		Value any  `json:"value"`
	} `json:"values"`
}

func (s hubspotSubmission) record(form string, limits config.SourceLimits) (Fetched, error) {
	a := newAnswers(limits)
	several := map[string][]any{}
	for _, value := range s.Values { // a checkbox gives one value per tick
		several[string(value.Name)] = append(several[string(value.Name)], value.Value)
	}
	for name, values := range several {
		if len(values) == 1 {
			a.keep(name, values[0])
			continue
		}
		a.keep(name, values)
	}
	if err := settled(a); err != nil {
		return Fetched{}, err
	}
	return Fetched{
		ID: string(s.ID), Form: form, SubmittedAt: timeOf(string(s.SubmittedAt)), Answers: a.set,
		Context: map[string]string{"page_url": string(s.PageURL)},
	}, nil
}

// statusMigrating is HubSpot's own: the account is being moved, for up to a day.
const statusMigrating = 477

// failure reads HubSpot's errors: the category of old answers, the policy of new ones.
func (h *hubspotFetcher) failure(r reply) error {
	e := r.byStatus(h.now())
	var body struct {
		Category      text `json:"category"`
		Policy        text `json:"policyName"`
		CorrelationID text `json:"correlationId"`
	}
	if json.Unmarshal(r.body, &body) == nil {
		e.Code = firstText(codeOf(string(body.Policy)), codeOf(string(body.Category)), e.Code)
		e.RequestID = requestID(string(body.CorrelationID))
	}
	e.RequestID = firstText(requestID(r.header.Get("X-Hubspot-Correlation-Id")), e.RequestID)
	switch {
	case r.status == statusMigrating:
		e.Kind = FetchTransient
	case r.status == http.StatusTooManyRequests && e.RetryAfter == 0:
		e.RetryAfter = hubspotWait(string(body.Policy))
	}
	return e
}

// hubspotWait is how long a limit lasts. The daily one ends at midnight in the account's own zone, which is not known: it is
// looked at every hour.
func hubspotWait(policy string) time.Duration {
	switch policy {
	case "SECONDLY":
		return time.Second
	case "DAILY":
		return time.Hour
	}
	return 10 * time.Second
}
