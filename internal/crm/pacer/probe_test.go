package pacer_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// searching is a CRM whose records are searched for before a batch is written, by two requests of another class. It goes on
// after a search that failed.
type searching struct {
	crm.Connector
	gate crm.Gate

	mu   sync.Mutex
	away bool
	sent int
}

func (s *searching) Meter(g crm.Gate)    { s.gate = g }
func (s *searching) MaxBatch(string) int { return 100 }

func (s *searching) request(ctx context.Context, class crm.Class) *crm.Error {
	if refusal, refused := crm.AsError(s.gate.Wait(ctx, class)); refused {
		return refusal
	}
	s.mu.Lock()
	s.sent++
	var failure *crm.Error
	if s.away {
		failure = &crm.Error{Kind: crm.Transient, Code: "unavailable", Status: 503}
	}
	s.mu.Unlock()
	s.gate.Report(class, crm.Answer{Err: failure})
	return failure
}

func (s *searching) Upsert(ctx context.Context, _ string, writes []crm.Write) []crm.Result {
	failure := s.request(ctx, crm.Searches)
	if second := s.request(ctx, crm.Searches); failure == nil {
		failure = second
	}
	if failure == nil {
		failure = s.request(ctx, crm.Calls)
	}
	results := make([]crm.Result, len(writes))
	for i := range results {
		if results[i].RecordID = "1"; failure != nil {
			own := *failure
			results[i] = crm.Result{Err: &own}
		}
	}
	return results
}

func (s *searching) setAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away, s.sent = away, 0
}

func (s *searching) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// TestASearchFindsOut: a batch whose first request is of another class than the turn that it has finds out as any other whether
// the CRM is back, with one request while it is away.
func TestASearchFindsOut(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := &searching{away: true}
		paced := pacer.New(s, pacer.Options{Limits: per(50, time.Second)})
		for paced.State().Circuit == "closed" {
			require.NotNil(t, paced.Upsert(t.Context(), "lead", one())[0].Err)
			pass(time.Second)
		}
		s.setAway(true)
		for range 3 {
			pass(10 * time.Second)
			require.NotNil(t, paced.Upsert(t.Context(), "lead", one())[0].Err)
		}
		require.Equal(t, 3, s.requests(), "one each time")
		require.Equal(t, "open", paced.State().Circuit)
		s.setAway(false)
		pass(10 * time.Second)
		require.Nil(t, paced.Upsert(t.Context(), "lead", one())[0].Err)
		require.Equal(t, "closed", paced.State().Circuit)
		require.Equal(t, 3, s.requests())
	})
}
