package hubspot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// guarded puts HubSpot's front before an endpoint: the token, its scopes, the limits, and the headers of every answer.
func (s *Server) guarded(pattern string, serve endpoint) http.HandlerFunc {
	searching := strings.HasSuffix(pattern, "/search")
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		defer s.mu.Unlock()
		asked := &request{Request: r}
		var result answer
		app, refused := s.authenticate(r)
		limits := true
		switch {
		case refused != nil:
			result, limits = refused.answer(), false
		default:
			if over := s.count(searching); over != nil {
				result = over.answer()
			} else if missing := app.missing(r); missing != "" {
				result = missingScopes(missing).answer()
			} else {
				result = serve(asked)
			}
		}
		if limits {
			s.limitHeaders(w.Header(), searching)
		}
		s.write(w, result)
		s.calls = append(s.calls, Call{At: s.options.Now(), Method: r.Method, Path: r.URL.Path, Status: result.status, Items: asked.items})
	}
}

// write sends an answer. The caller holds the lock.
func (s *Server) write(w http.ResponseWriter, a answer) {
	s.corr++
	correlation := fmt.Sprintf("00000000-0000-4000-8000-%012d", s.corr)
	body := a.body
	if f, failed := body.(*failure); failed {
		body = f.wire(correlation)
	}
	w.Header().Set("X-HubSpot-Correlation-Id", correlation)
	if body == nil {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(a.status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the client is gone: nothing to do
}

// count notes a call and says whether it is one too many.
func (s *Server) count(searching bool) *failure {
	now := s.options.Now()
	if day := now.UTC().Format(time.DateOnly); day != s.day {
		s.day, s.today = day, 0
	}
	s.window = since(s.window, now.Add(-interval))
	s.searches = since(s.searches, now.Add(-time.Second))
	switch {
	case s.options.PerDay > 0 && s.today >= s.options.PerDay:
		return overLimit("DAILY", "")
	case searching && s.options.SearchPerSecond > 0 && len(s.searches) >= s.options.SearchPerSecond:
		return overLimit("SECONDLY", "")
	case !searching && s.options.PerTenSeconds > 0 && len(s.window) >= s.options.PerTenSeconds:
		return overLimit("TEN_SECONDLY_ROLLING", "publicapi:private-app-api-calls-ten-secondly:"+strconv.Itoa(portal))
	}
	s.today++
	if searching {
		s.searches = append(s.searches, now)
	} else {
		s.window = append(s.window, now)
	}
	return nil
}

const maxBody = 16 << 20

const interval = 10 * time.Second

func since(moments []time.Time, from time.Time) []time.Time {
	i := 0
	for i < len(moments) && !moments[i].After(from) {
		i++
	}
	return moments[i:]
}

func overLimit(policy, group string) *failure {
	message := "You have reached your " + strings.ToLower(policy) + " limit."
	return &failure{
		Status: http.StatusTooManyRequests, Message: message, ErrorType: "RATE_LIMIT", PolicyName: policy, GroupName: group,
	}
}

// limitHeaders are those of private apps. Searches have a limit of their own and carry the daily pair only.
func (s *Server) limitHeaders(h http.Header, searching bool) {
	set := func(name string, value int) { h.Set("X-HubSpot-RateLimit-"+name, strconv.Itoa(max(0, value))) }
	if s.options.PerDay > 0 {
		set("Daily", s.options.PerDay)
		set("Daily-Remaining", s.options.PerDay-s.today)
	}
	if searching || s.options.PerTenSeconds < 0 {
		return
	}
	set("Interval-Milliseconds", int(interval.Milliseconds()))
	set("Max", s.options.PerTenSeconds)
	set("Remaining", s.options.PerTenSeconds-len(s.window))
}

// Limits are those of the account now; less than zero is none.
func (s *Server) Limits() (perTenSeconds, perDay int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.PerTenSeconds, s.options.PerDay
}

// SetLimits changes the limits while the account runs; as in Options, zero means the usual and less than zero none.
func (s *Server) SetLimits(perTenSeconds, perDay int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.PerTenSeconds, s.options.PerDay = perTenSeconds, perDay
}

// SetSearchLag changes how long the search index takes to see a change.
func (s *Server) SetSearchLag(lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.SearchLag = lag
}

// TooMany answers as if a limit had been reached; policy is TEN_SECONDLY_ROLLING, SECONDLY or DAILY.
func (s *Server) TooMany(w http.ResponseWriter, policy string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limitHeaders(w.Header(), false)
	if policy == "TEN_SECONDLY_ROLLING" {
		w.Header().Set("X-HubSpot-RateLimit-Remaining", "0")
	}
	s.write(w, overLimit(policy, "").answer())
}

// Broken answers with an error of HubSpot's own.
func (s *Server) Broken(w http.ResponseWriter, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(w, (&failure{Status: status, Message: "internal error"}).answer())
}

// Locked answers that a record is being changed by somebody else.
func (s *Server) Locked(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limitHeaders(w.Header(), false)
	s.write(w, (&failure{Status: http.StatusLocked, Message: "Resource is locked"}).answer())
}

// Saw notes a call that something in between has answered; status 0 is no answer.
func (s *Server) Saw(r *http.Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{At: s.options.Now(), Method: r.Method, Path: r.URL.Path, Status: status})
}
