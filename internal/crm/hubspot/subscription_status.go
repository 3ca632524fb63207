package hubspot

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// withoutBatch is how long statuses are read and set one at a time after HubSpot has said that the app may not do it for many
// at once: that takes Marketing Hub Enterprise and scopes of its own.
const withoutBatch = time.Hour

// mayBatch says whether many statuses go in one call.
func (s subscriptions) mayBatch(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return n > 1 && !s.config.Now().Before(s.oneByOne)
}

// refusedBatch says that many at once are not for this app, and remembers it.
func (s subscriptions) refusedBatch(failure *crm.Error) bool {
	if failure == nil || failure.Status != http.StatusForbidden {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oneByOne = s.config.Now().Add(withoutBatch)
	return true
}

// look reads the statuses of the addresses. One that HubSpot leaves out of many is asked for alone: the answer may be a part, and
// who has unsubscribed must not count as never heard of.
func (s subscriptions) look(ctx context.Context, batch []*answer) {
	var emails []string
	for _, a := range batch {
		emails = append(emails, folded(a.who))
	}
	slices.Sort(emails)
	emails = slices.Compact(emails)
	if s.mayBatch(len(emails)) {
		all, call, failure := s.readMany(ctx, emails)
		switch {
		case failure == nil:
			for _, a := range batch {
				a.knows(all[folded(a.who)], call)
			}
			emails = slices.DeleteFunc(emails, func(email string) bool { _, told := all[email]; return told })
		case !s.refusedBatch(failure):
			refuseAll(batch, failure, call)
			return
		}
	}
	var found []preference
	var stopped *crm.Error
	var call *crm.Call
	for _, email := range emails {
		if stopped == nil {
			found, call, stopped = s.readOne(ctx, email)
		}
		for _, a := range batch {
			if folded(a.who) != email {
				continue
			}
			if stopped != nil {
				a.refuse(stopped, call)
				continue
			}
			a.knows(found, call)
		}
		if stopped != nil && stopped.Kind == crm.Invalid { // it is about this address
			stopped = nil
		}
	}
}

// knows picks the status of the answer's own subscription.
func (a *answer) knows(all []preference, call *crm.Call) {
	a.call = call
	for _, one := range all {
		if one.Subscription.String() == a.about && one.Status != notSpecified {
			a.is = &status{one.Status == subscribed, one.Timestamp}
		}
	}
}

// readMany reads the statuses of many addresses. Those that it says nothing of HubSpot has never heard of, or could not read.
func (s subscriptions) readMany(ctx context.Context, emails []string) (map[string][]preference, *crm.Call, *crm.Error) {
	r, failure := s.wire.Do(ctx, "read subscriptions", http.MethodPost, pathTo(areaPreferences, "statuses", "batch", "read")+"?channel="+channelEmail, map[string][]string{"inputs": emails})
	r.Call.Batch = len(emails)
	if failure != nil {
		return nil, r.Call, failure
	}
	var answer struct {
		Results []struct {
			Email    string       `json:"subscriberIdString"`
			Statuses []preference `json:"statuses"`
		} `json:"results"`
	}
	if failure := r.Read(&answer); failure != nil {
		return nil, r.Call, failure
	}
	all := map[string][]preference{}
	for _, one := range answer.Results {
		all[folded(one.Email)] = one.Statuses
	}
	return all, r.Call, nil
}

// readOne reads the statuses of one address. One that HubSpot has never heard of has none.
func (s subscriptions) readOne(ctx context.Context, email string) ([]preference, *crm.Call, *crm.Error) {
	r, failure := s.wire.Do(ctx, "read subscription", http.MethodGet, statusPath(email)+"?channel="+channelEmail, nil)
	r.Call.Batch = 1
	if failure != nil && failure.Status == http.StatusNotFound {
		return nil, r.Call, nil
	}
	if failure != nil {
		return nil, r.Call, failure
	}
	all, failure := preferences(r)
	return all, r.Call, failure
}

func preferences(r *wire.Reply) ([]preference, *crm.Error) {
	var answer struct {
		Results []preference `json:"results"`
	}
	failure := r.Read(&answer)
	return answer.Results, failure
}

// setting is a status that is to be set.
type setting struct {
	Email        string      `json:"subscriberIdString,omitempty"`
	Channel      string      `json:"channel"`
	Subscription json.Number `json:"subscriptionId"`
	Status       string      `json:"statusState"`
	Basis        string      `json:"legalBasis,omitempty"`
	Explanation  string      `json:"legalBasisExplanation,omitempty"`
}

// setting says it to HubSpot. A no rests on no legal basis.
func (a *answer) setting() setting {
	in := setting{Email: folded(a.who), Channel: channelEmail, Subscription: number(a.about), Status: stateOfAnswer(a.wants)}
	if a.wants {
		in.Basis, in.Explanation = a.basis, a.explanation
	}
	return in
}

// set sets statuses, many in one call where HubSpot allows that. What it does not answer of many it is asked alone.
func (s subscriptions) set(ctx context.Context, batch []*answer) {
	left := batch
	if s.mayBatch(len(batch)) {
		inputs := make([]setting, len(batch))
		for i, a := range batch {
			inputs[i] = a.setting()
		}
		r, failure := s.wire.Do(ctx, "set subscriptions", http.MethodPost, pathTo(areaPreferences, "statuses", "batch", "write"), map[string][]setting{"inputs": inputs})
		r.Call.Batch = len(batch)
		var all []preference
		if failure == nil {
			all, failure = preferences(r)
		}
		switch {
		case failure == nil:
			left = nil
			for _, a := range batch {
				if !a.heard(all, r) { // an error does not say whose it is
					left = append(left, a)
				}
			}
		case !s.refusedBatch(failure) && !wire.MayBeOneItem(failure):
			refuseAll(batch, failure, r.Call)
			return
		}
	}
	for i, a := range left {
		if failure := s.setOne(ctx, a); failure != nil && failure.Kind != crm.Invalid && failure.Kind != crm.Conflict {
			refuseAll(left[i+1:], failure, a.result.Call) // the others would hear the same
			return
		}
	}
}

// setOne sets one status.
func (s subscriptions) setOne(ctx context.Context, a *answer) *crm.Error {
	in := a.setting()
	in.Email = ""
	r, failure := s.wire.Do(ctx, "set subscription", http.MethodPost, statusPath(folded(a.who)), in)
	r.Call.Batch = 1
	var all []preference
	if failure == nil {
		all, failure = preferences(r)
	}
	call := a.callOf(r, r.Body)
	switch {
	case failure == nil && a.heard(all, r):
		return nil
	case failure == nil:
		failure = &crm.Error{Kind: crm.Transient, Code: "unanswered", Status: r.Status, RequestID: r.Call.RequestID}
	case failure.Kind == crm.Invalid && a.wants && a.is != nil && !a.is.wants:
		// HubSpot keeps to what the person has unsubscribed from.
		failure.Kind, failure.Code, failure.Fields = crm.Conflict, "opted_out", []string{"subscribed"}
	}
	a.refuse(failure, call)
	return failure
}

// heard finds what HubSpot says of the answer. A status that is another one afterwards is a refusal.
func (a *answer) heard(all []preference, r *wire.Reply) bool {
	i := slices.IndexFunc(all, func(one preference) bool {
		return folded(one.Email) == folded(a.who) && one.Subscription.String() == a.about
	})
	if i < 0 {
		return false
	}
	raw, _ := json.Marshal(all[i]) // texts: it cannot go wrong
	call := a.callOf(r, raw)
	if all[i].Status != stateOfAnswer(a.wants) {
		a.refuse(&crm.Error{Kind: crm.Conflict, Code: "opted_out", Status: r.Status, Fields: []string{"subscribed"}, RequestID: r.Call.RequestID}, call)
		return true
	}
	a.told(all[i].Timestamp, true, call)
	return true
}

// callOf is a call as one of its answers knows it: with what was said about that person and nobody else.
func (a *answer) callOf(r *wire.Reply, answered []byte) *crm.Call {
	call := *r.Call
	call.Request, _ = json.Marshal(a.setting()) // texts: it cannot go wrong
	call.Response = answered
	return &call
}
