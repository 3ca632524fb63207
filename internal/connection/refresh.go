package connection

import (
	"context"
	"time"

	"handoff/internal/crm"
	"handoff/internal/ledger"
)

const (
	// claimLasts is for how long one worker refreshes alone: a request and keeping its answer. After a crash others wait so
	// long.
	claimLasts = 20 * time.Second
	// flightLasts bounds one look for a token, with waiting for a worker that has crashed.
	flightLasts = claimLasts + 10*time.Second
	// waitForOther is how often a worker looks whether another one has refreshed.
	waitForOther = 100 * time.Millisecond
	// keepAgain is when it is tried again to keep new tokens.
	keepAgain = 200 * time.Millisecond
)

// unkept are new tokens that the ledger could not take yet. They are used by nobody.
type unkept struct {
	version int64
	granted ledger.Granted
}

func (s *Source) fly(ctx context.Context, f *flight, refused string) {
	ctx, cancel := context.WithTimeout(ctx, flightLasts)
	defer cancel()
	f.failure = s.look(ctx, refused)
	s.mu.Lock()
	s.flight = nil
	if f.failure != nil {
		s.again = s.o.Now().Add(refreshAgain)
	}
	s.mu.Unlock()
	close(f.done)
}

// look finds a token that is not the refused one: in the ledger, or by a refresh.
func (s *Source) look(ctx context.Context, refused string) *crm.Error {
	if s.unkept != nil {
		if failure := s.keep(ctx); failure != nil {
			return failure
		}
	}
	for {
		seen, err := s.o.Store().Connection(ctx, s.o.Destination)
		if err != nil {
			return &crm.Error{Kind: crm.Transient, Code: "ledger_unavailable"}
		}
		s.adopt(seen)
		if failure := s.hopeless(seen, refused); failure != nil {
			if failure.Code == RefusedAgain && seen.ErrorCode != RefusedAgain {
				s.noteRefused(ctx, seen.Version)
			}
			return failure
		}
		replaceable := seen.Tokens.Access == refused || seen.Broken
		if !replaceable && (seen.ExpiresAt.IsZero() || seen.Left > early) {
			return nil // somebody else has refreshed
		}
		claimed, err := s.o.Store().ClaimRefresh(ctx, s.o.Destination, seen.Version, s.o.Worker, claimLasts)
		switch {
		case err != nil:
			return &crm.Error{Kind: crm.Transient, Code: "ledger_unavailable"}
		case claimed:
			stillRefused := refused != "" && s.force() && seen.ErrorCode == RefusedAgain
			failure := s.refresh(ctx, seen)
			if failure == nil && stillRefused { // nobody knows yet whether the API takes this one
				s.noteRefused(ctx, seen.Version+1)
			}
			return failure
		case !replaceable && seen.Left > 0:
			s.mu.Lock()
			s.again = s.o.Now().Add(refreshAgain)
			s.mu.Unlock()
			return nil // somebody refreshes, and the old token works until then
		}
		timer := time.NewTimer(waitForOther)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return &crm.Error{Kind: crm.Transient, Code: "refreshed_elsewhere"}
		}
	}
}

// hopeless says why a refresh is not tried.
func (s *Source) hopeless(seen ledger.Connection, refused string) *crm.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	code := ""
	switch {
	case seen.Version == 0:
		code = NotConnected
	case seen.Broken && (Dead(seen.ErrorCode) || now.Before(s.failed.Add(retryBroken))):
		code = seen.ErrorCode
	case !seen.Broken && refused != "" && seen.Tokens.Access == refused && now.Before(s.forced.Add(refusedAgain)):
		code = RefusedAgain
	default:
		return nil
	}
	return &crm.Error{Kind: crm.Auth, Code: code}
}

// force notes that a refused token is replaced, and says whether that was so a moment ago.
func (s *Source) force() (again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	again = now.Before(s.forced.Add(2 * refusedAgain))
	s.forced = now
	return again
}

// noteRefused has people see that the API refuses the tokens of a version, though they are new. It does so as whoever may refresh
// them, because the note ends a refresh by somebody else.
func (s *Source) noteRefused(ctx context.Context, version int64) {
	claimed, err := s.o.Store().ClaimRefresh(ctx, s.o.Destination, version, s.o.Worker, claimLasts)
	if err == nil && claimed {
		_, _ = s.o.Store().RefreshFailed(ctx, s.o.Destination, version, RefusedAgain, false) // else the next refusal is noted
	}
}

// refresh asks the vendor, as the one worker that does.
func (s *Source) refresh(ctx context.Context, seen ledger.Connection) *crm.Error {
	var granted ledger.Granted
	failure := &crm.Error{Kind: crm.Auth, Code: NoRefreshToken}
	if seen.Tokens.Refresh != "" {
		granted, failure = s.o.App.refresh(ctx, seen.Tokens.Refresh)
	}
	if failure == nil {
		s.unkept = &unkept{seen.Version, granted}
		return s.keep(ctx)
	}
	broken := failure.Kind == crm.Auth
	broke, err := s.o.Store().RefreshFailed(ctx, s.o.Destination, seen.Version, failure.Code, broken)
	if broke && s.o.Broke != nil {
		s.o.Broke(ctx, s.o.Destination, failure.Code)
	}
	if broken && err == nil {
		s.mu.Lock()
		s.failed = s.o.Now()
		if s.have.Version == seen.Version {
			s.have.Broken, s.have.ErrorCode = true, failure.Code
		}
		s.mu.Unlock()
	}
	return failure
}

// keep has the ledger take new tokens, and uses them only then.
func (s *Source) keep(ctx context.Context) *crm.Error {
	for {
		kept, err := s.o.Store().Refreshed(ctx, s.o.Destination, s.unkept.version, s.unkept.granted)
		if err == nil {
			if kept {
				s.took(*s.unkept)
			}
			s.unkept = nil
			if kept {
				return nil
			}
			return s.reread(ctx) // somebody has connected it anew meanwhile
		}
		timer := time.NewTimer(keepAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return &crm.Error{Kind: crm.Transient, Code: "tokens_not_kept"}
		}
	}
}

// took uses what was kept.
func (s *Source) took(u unkept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.have.Version > u.version {
		return
	}
	now := s.o.Now()
	s.have.Version, s.have.Tokens, s.have.Broken, s.have.ErrorCode = u.version+1, u.granted.Tokens, false, ""
	s.expires, s.again, s.looked = time.Time{}, time.Time{}, now
	if u.granted.Site != "" {
		s.have.Site = u.granted.Site
	}
	if u.granted.Lasts > 0 {
		s.expires = now.Add(u.granted.Lasts)
	}
}

func (s *Source) reread(ctx context.Context) *crm.Error {
	seen, err := s.o.Store().Connection(ctx, s.o.Destination)
	if err != nil {
		return &crm.Error{Kind: crm.Transient, Code: "ledger_unavailable"}
	}
	s.adopt(seen)
	return s.hopeless(seen, "")
}
