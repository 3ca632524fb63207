package workflows_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/notify"
	"handoff/internal/submission"
)

// scriptedSender is the API of a sender that announces submissions. Each call takes the next error of its script.
type scriptedSender struct {
	mu      sync.Mutex
	fails   []crm.Error
	answers map[string]any
	asked   []submission.Notice
	test    bool
}

func (s *scriptedSender) Fetch(_ context.Context, source string, p submission.Payload) (activities.Announced, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, *p.Notice)
	if source != "website" {
		return activities.Announced{}, errors.New("another source's notice")
	}
	if i := len(s.asked) - 1; i < len(s.fails) {
		return activities.Announced{}, &s.fails[i]
	}
	payload := submission.Payload{Answers: s.answers, Notice: p.Notice}
	if s.test {
		payload.Context = map[string]string{"test": "true"}
	}
	return activities.Announced{
		Payload: payload, Form: "demo-request", SubmittedAt: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC),
	}, nil
}

// newThinRig is a rig for a submission that was announced only, by a form that the notice does not name.
func newThinRig(t *testing.T, sender *scriptedSender) *rig {
	t.Helper()
	r := &rig{T: t, told: &scriptedNotifier{}, crm: &scriptedCRM{}, thin: true}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		d.Destinations = map[string]activities.Destination{"crm": {Connector: r.crm, Held: r.held.Load}}
		d.Notifier, d.Fetcher = r.told.over(d), sender
	})
	now := time.Now().UTC()
	accepted, err := r.ledger.Accept(t.Context(), ledger.Delivery{
		Submission: submission.Submission{
			ID: submission.NewID("website", "lead-7", ""), Source: "website", Form: "unknown", SenderID: "lead-7",
			SubmittedAt: now, ReceivedAt: now, Thin: true,
		},
		Payload: submission.Payload{Notice: &submission.Notice{Object: "lead", ID: "7"}}, Raw: []byte("{}"), Via: "webhook",
	})
	require.NoError(t, err)
	r.id = accepted.ID
	r.newEnvironment()
	return r
}

func TestAnnouncedAnswersAreFetchedFirst(t *testing.T) {
	t.Parallel()
	sender := &scriptedSender{answers: good(), fails: []crm.Error{
		{Kind: crm.Transient, Code: "unavailable", Status: 503},
		{Kind: crm.RateLimited, Code: "too_many", Status: 429, RetryAfter: time.Minute},
	}}
	r := newThinRig(t, sender)
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	require.Equal(t, submission.StepFetch, status.Steps[0].Step)
	require.Equal(t, 3, status.Steps[0].Attempts)
	require.True(t, status.Steps[0].Durable)
	require.Len(t, sender.asked, 3)
	require.Equal(t, submission.Notice{Object: "lead", ID: "7"}, sender.asked[2])

	loaded, err := r.ledger.Load(t.Context(), r.id, "")
	require.NoError(t, err)
	require.Equal(t, "demo-request", loaded.Submission.Form, "the record says which form it was")
	require.Equal(t, time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), loaded.Submission.SubmittedAt)
	require.Equal(t, good()["email"], loaded.Payload.Answers["email"])
}

// TestAnswersThatHaveComeAreNotFetchedAgain: a reset, a retry or a second run reads what the ledger has.
func TestAnswersThatHaveComeAreNotFetchedAgain(t *testing.T) {
	t.Parallel()
	sender := &scriptedSender{answers: with(map[string]any{"email": "not an address"})}
	r := newThinRig(t, sender)
	r.later(time.Hour, func() {
		require.Equal(t, submission.StageReview, r.status().Stage)
		r.resolve(submission.Resolution{Action: submission.ActionRetry, By: "ana"})
	})
	r.later(2*time.Hour, func() {
		require.Equal(t, submission.StageReview, r.status().Stage)
		r.resolve(submission.Resolution{Action: submission.ActionDiscard, By: "ana"})
	})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Discarded, status.Disposition)
	require.Len(t, sender.asked, 1)
}

// TestTestsOfASenderReachNoCRM: only the record says that it is one.
func TestTestsOfASenderReachNoCRM(t *testing.T) {
	t.Parallel()
	r := newThinRig(t, &scriptedSender{answers: good(), test: true})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Discarded, status.Disposition)
	require.Zero(t, r.crm.attempts())
}

// TestNothingUnderANoticeNeedsAPerson: the sender has no such record, and never will.
func TestNothingUnderANoticeNeedsAPerson(t *testing.T) {
	t.Parallel()
	sender := &scriptedSender{fails: []crm.Error{{Kind: crm.Invalid, Code: "not_found", Status: 404}}}
	r := newThinRig(t, sender)
	r.told.on = []notify.Event{notify.Review}
	r.later(time.Hour, func() {
		require.Equal(t, submission.StageReview, r.status().Stage)
		require.Equal(t, "not_found", r.status().ErrorCode)
		r.resolve(submission.Resolution{Action: submission.ActionDiscard, By: "ana"})
	})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Discarded, status.Disposition)
	require.Len(t, sender.asked, 1, "a permanent error is not retried (I4)")
	require.Equal(t, 1, r.told.messages(t, notify.Review))
}

// TestAnExpiredTokenOfASenderWaitsForItsRepair: nobody is asked about each lead, one alert is raised.
func TestAnExpiredTokenOfASenderWaitsForItsRepair(t *testing.T) {
	t.Parallel()
	sender := &scriptedSender{answers: good()}
	for range 200 {
		sender.fails = append(sender.fails, crm.Error{Kind: crm.Auth, Code: "token_expired", Status: 401})
	}
	r := newThinRig(t, sender)
	r.told.on = []notify.Event{notify.Review, notify.Alert}
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	require.Zero(t, r.told.messages(t, notify.Review))
	require.Equal(t, 1, r.told.messages(t, notify.Alert))
	require.Contains(t, r.told.all(t)[0].Problems, "source website")
}
