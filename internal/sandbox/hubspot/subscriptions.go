package hubspot

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Subscription is a type of e-mail that people subscribe to.
type Subscription struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"active"`
}

// Status is whether somebody wants a type of e-mail.
type Status struct {
	Email        string `json:"email"`
	Subscription int64  `json:"subscription_id"`
	Status       string `json:"status"` // SUBSCRIBED, UNSUBSCRIBED or NOT_SPECIFIED
	Basis        string `json:"legal_basis,omitempty"`
	Explanation  string `json:"legal_basis_explanation,omitempty"`
	Source       string `json:"source"`
}

// preference is a Status with its moment.
type preference struct {
	Status
	at time.Time
}

// Statuses that a subscription may have.
const (
	subscribed   = "SUBSCRIBED"
	unsubscribed = "UNSUBSCRIBED"
	notSpecified = "NOT_SPECIFIED"
)

var legalBases = []string{
	"CONSENT_WITH_NOTICE", "LEGITIMATE_INTEREST_CLIENT", "LEGITIMATE_INTEREST_OTHER", "LEGITIMATE_INTEREST_PQL", "NON_GDPR",
	"PERFORMANCE_OF_CONTRACT", "PROCESS_AND_STORE",
}

// shownStatus is a status as the API shows it.
type shownStatus struct {
	Email        string `json:"subscriberIdString"`
	Channel      string `json:"channel"`
	Subscription int64  `json:"subscriptionId"`
	Name         string `json:"subscriptionName"`
	Status       string `json:"status"`
	Source       string `json:"source"`
	Basis        string `json:"legalBasis,omitempty"`
	Explanation  string `json:"legalBasisExplanation,omitempty"`
	Timestamp    string `json:"timestamp"`
	Reason       string `json:"setStatusSuccessReason,omitempty"`
}

// statusAnswer is what calls about statuses are answered with.
type statusAnswer struct {
	Status      string `json:"status"`
	StartedAt   string `json:"startedAt"`
	CompletedAt string `json:"completedAt"`
	NumErrors   int    `json:"numErrors,omitempty"`
	Results     any    `json:"results"`
	Errors      []wire `json:"errors,omitempty"`
}

func (s *Server) statusAnswer(status int, results any, errors []wire) answer {
	now := moment(s.options.Now())
	if len(errors) > 0 {
		status = http.StatusMultiStatus
	}
	return answer{status, statusAnswer{"COMPLETE", now, now, len(errors), results, errors}}
}

// subscriptionRoutes are the endpoints of communication preferences.
// See https://developers.hubspot.com/docs/api-reference/2026-03/communication-preferences/status/update-subscription.
func (s *Server) subscriptionRoutes() map[string]endpoint {
	return map[string]endpoint{
		"GET " + pathPreferences + "/definitions":           s.definitions,
		"POST " + pathPreferences + "/statuses/batch/read":  s.readStatuses,
		"POST " + pathPreferences + "/statuses/batch/write": s.writeStatuses,
		"GET " + pathPreferences + "/statuses/{email}":      s.getStatuses,
		"POST " + pathPreferences + "/statuses/{email}":     s.setStatus,
	}
}

func (s *Server) definitions(*request) answer {
	results := []map[string]any{}
	for _, d := range s.subscriptions {
		results = append(results, map[string]any{
			"id": strconv.FormatInt(d.ID, 10), "name": d.Name, "description": d.Name, "purpose": "Marketing", "communicationMethod": "Email",
			"isActive": d.Active, "isDefault": false, "isInternal": false, "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
		})
	}
	return s.statusAnswer(http.StatusOK, results, nil)
}

// wantsEmail says that a call is about the one channel that there is.
func wantsEmail(r *request) *failure {
	if r.URL.Query().Get("channel") != "EMAIL" {
		return badRequest("Query parameter 'channel' must be EMAIL")
	}
	return nil
}

// statusesOf are all statuses of an address; nil where HubSpot has never heard of it.
func (s *Server) statusesOf(email string) []shownStatus {
	email = uniqueForm(email)
	if s.types["0-1"].unique["email"][email] == "" && len(s.statuses[email]) == 0 {
		return nil
	}
	all := []shownStatus{}
	for _, d := range s.subscriptions {
		p := s.statuses[email][d.ID]
		if p == nil {
			p = &preference{Status: Status{Email: email, Subscription: d.ID, Status: notSpecified, Source: "No status set"}}
		}
		all = append(all, s.shown(d, p, ""))
	}
	return all
}

func (s *Server) shown(d *Subscription, p *preference, reason string) shownStatus {
	return shownStatus{
		Email: p.Email, Channel: "EMAIL", Subscription: d.ID, Name: d.Name, Status: p.Status.Status, Source: p.Source, Basis: p.Basis,
		Explanation: p.Explanation, Timestamp: moment(p.at), Reason: reason,
	}
}

func (s *Server) getStatuses(r *request) answer {
	if f := wantsEmail(r); f != nil {
		return f.answer()
	}
	all := s.statusesOf(r.PathValue("email"))
	if all == nil {
		return notFound("resource not found").answer()
	}
	return s.statusAnswer(http.StatusOK, all, nil)
}

func (s *Server) readStatuses(r *request) answer {
	var in struct {
		Inputs []string `json:"inputs"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	r.items = len(in.Inputs)
	if f := cmpFailure(wantsEmail(r), tooMany(r.items)); f != nil {
		return f.answer()
	}
	results := []map[string]any{}
	var errors []wire
	for _, email := range slices.Backward(in.Inputs) { // no order is promised
		if all := s.statusesOf(email); all != nil {
			results = append(results, map[string]any{"subscriberIdString": uniqueForm(email), "statuses": all})
		} else {
			errors = append(errors, notFound("resource not found").item(""))
		}
	}
	return s.statusAnswer(http.StatusOK, results, errors)
}

// cmpFailure is the first of failures.
func cmpFailure(all ...*failure) *failure {
	for _, f := range all {
		if f != nil {
			return f
		}
	}
	return nil
}
