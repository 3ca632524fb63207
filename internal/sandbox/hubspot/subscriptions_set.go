package hubspot

import (
	"maps"
	"net/http"
	"net/mail"
	"slices"
)

// setting is a status that is to be set.
type setting struct {
	Email        string `json:"subscriberIdString"`
	Channel      string `json:"channel"`
	Subscription int64  `json:"subscriptionId"`
	Status       string `json:"statusState"`
	Basis        string `json:"legalBasis"`
	Explanation  string `json:"legalBasisExplanation"`
}

func (s *Server) setStatus(r *request) answer {
	var in struct {
		Channel      string `json:"channel"`
		Subscription int64  `json:"subscriptionId"`
		Status       string `json:"statusState"`
		Basis        string `json:"legalBasis"`
		Explanation  string `json:"legalBasisExplanation"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	set, refused := s.setPreference(setting{r.PathValue("email"), in.Channel, in.Subscription, in.Status, in.Basis, in.Explanation})
	if refused != nil {
		return refused.answer()
	}
	return s.statusAnswer(http.StatusOK, []shownStatus{set}, nil)
}

func (s *Server) writeStatuses(r *request) answer {
	var in struct {
		Inputs []setting `json:"inputs"`
	}
	if f := r.decode(&in); f != nil {
		return f.answer()
	}
	r.items = len(in.Inputs)
	if f := tooMany(r.items); f != nil {
		return f.answer()
	}
	results := []shownStatus{}
	var errors []wire
	for _, one := range in.Inputs {
		set, refused := s.setPreference(one)
		if refused != nil {
			errors = append(errors, refused.item(""))
			continue
		}
		results = append(results, set)
	}
	slices.Reverse(results) // no order is promised
	return s.statusAnswer(http.StatusOK, results, errors)
}

// setPreference sets one status. That it is so already is a success too, and so is a person who had unsubscribed and is
// subscribed anew: the version v3 could not do that.
func (s *Server) setPreference(in setting) (shownStatus, *failure) {
	email := uniqueForm(in.Email)
	i := slices.IndexFunc(s.subscriptions, func(d *Subscription) bool { return d.ID == in.Subscription })
	_, invalid := mail.ParseAddress(email)
	switch {
	case in.Channel != "EMAIL":
		return shownStatus{}, badRequest("channel must be EMAIL")
	case invalid != nil:
		return shownStatus{}, badRequest("%s is not a valid email address", in.Email)
	case i < 0:
		return shownStatus{}, badRequest("Subscription %d does not exist", in.Subscription)
	case !slices.Contains([]string{subscribed, unsubscribed, notSpecified}, in.Status):
		return shownStatus{}, badRequest("statusState %s is not allowed", in.Status)
	case in.Basis != "" && !slices.Contains(legalBases, in.Basis):
		return shownStatus{}, badRequest("legalBasis %s is not allowed", in.Basis)
	case s.options.Privacy && in.Status == subscribed && (in.Basis == "" || in.Explanation == ""):
		return shownStatus{}, badRequest("legalBasis and legalBasisExplanation are required in accounts with data privacy settings")
	}
	d := s.subscriptions[i]
	was := s.statuses[email][d.ID]
	reason := "REQUESTED_CHANGE_OCCURRED"
	switch {
	case was != nil && was.Status.Status == in.Status:
		return s.shown(d, was, "NO_STATUS_CHANGE"), nil
	case was != nil && was.Status.Status == unsubscribed && in.Status == subscribed:
		if s.options.OptOutsStay {
			return shownStatus{}, badRequest("%s has unsubscribed from %s and cannot be resubscribed", in.Email, d.Name)
		}
		reason = "RESUBSCRIBE_OCCURRED"
	}
	p := s.prefer(Status{
		Email: email, Subscription: d.ID, Status: in.Status, Basis: in.Basis, Explanation: in.Explanation, Source: "Public API V4",
	})
	return s.shown(d, p, reason), nil
}

// prefer keeps a status. The caller holds the lock.
func (s *Server) prefer(status Status) *preference {
	if s.statuses[status.Email] == nil {
		s.statuses[status.Email] = map[int64]*preference{}
	}
	p := &preference{Status: status, at: s.tick()}
	s.statuses[status.Email][status.Subscription] = p
	return p
}

// AddSubscription makes a subscription type, as a person at the screen would, and returns its id.
func (s *Server) AddSubscription(name string, active bool) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := int64(4_700_001 + len(s.subscriptions))
	s.subscriptions = append(s.subscriptions, &Subscription{ID: id, Name: name, Active: active})
	return id
}

// OptOut has a person unsubscribe by the link in an e-mail: from one subscription type, or from all of them where it is 0.
func (s *Server) OptOut(email string, subscription int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.subscriptions {
		if subscription == 0 || subscription == d.ID {
			s.prefer(Status{Email: uniqueForm(email), Subscription: d.ID, Status: unsubscribed, Source: "Email unsubscribe link"})
		}
	}
}

// Subscriptions lists the subscription types, oldest first.
func (s *Server) Subscriptions() []Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []Subscription{}
	for _, d := range s.subscriptions {
		all = append(all, *d)
	}
	return all
}

// Statuses lists what people said of a subscription type, by address.
func (s *Server) Statuses(subscription int64) []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.statusesFor(subscription)
}

func (s *Server) statusesFor(subscription int64) []Status {
	all := []Status{}
	for _, email := range slices.Sorted(maps.Keys(s.statuses)) {
		if p := s.statuses[email][subscription]; p != nil {
			all = append(all, p.Status)
		}
	}
	return all
}
