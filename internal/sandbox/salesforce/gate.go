package salesforce

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	usualPerDay = 100_000
	maxBody     = 150 << 20
	// maxHead is how long the address and the headers of a call may be together, in bytes.
	maxHead = 16_384
)

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if endpoint, found := strings.CutPrefix(r.URL.Path, "/services/oauth2/"); found {
		s.oauth(w, r, endpoint, body)
		return
	}
	asked, ok := parse(r.Method, r.URL.EscapedPath(), r.URL.Query(), r.Header, body)
	if !ok {
		s.versions(w, r)
		return
	}
	result := s.admit(asked, r)
	s.write(w, result)
	s.calls = append(s.calls, Call{At: s.options.Now(), Method: r.Method, Path: r.URL.Path, Status: result.status, Items: asked.items})
}

// admit is Salesforce's front: the address, the session and the allocation of the day.
func (s *Server) admit(asked *request, r *http.Request) answer {
	length := len(r.RequestURI)
	for name, values := range r.Header {
		length += len(name) + len(strings.Join(values, ""))
	}
	if length > maxHead {
		return refused(http.StatusRequestURITooLong, "URI_TOO_LONG", "The URI and the headers are longer than %d bytes", maxHead).answer()
	}
	if f := s.authenticate(r); f != nil {
		return f.answer()
	}
	if over := s.count(); over != nil {
		a := over.answer()
		a.header = map[string]string{limitInfo: s.usage()}
		return a
	}
	result := s.dispatch(asked)
	s.undo = nil
	if result.header == nil {
		result.header = map[string]string{}
	}
	result.header[limitInfo] = s.usage()
	return result
}

// versions answers without a session which versions there are.
func (s *Server) versions(w http.ResponseWriter, r *http.Request) {
	if strings.TrimSuffix(r.URL.Path, "/") != "/services/data" || r.Method != http.MethodGet {
		s.write(w, notFound().answer())
		return
	}
	var all []map[string]string
	for version := 46; version <= 67; version++ {
		name := fmt.Sprintf("%d.0", version)
		all = append(all, map[string]string{"label": "Version " + name, "url": "/services/data/v" + name, "version": name})
	}
	s.write(w, answer{status: http.StatusOK, body: all})
}

func (s *Server) write(w http.ResponseWriter, a answer) {
	w.Header().Set("Date", s.options.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private")
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	switch body := a.body.(type) {
	case nil:
		w.WriteHeader(a.status)
	case csvText:
		w.Header().Set("Content-Type", "text/csv; charset=UTF-8")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, string(body)) // the client is gone: nothing to do
	default:
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(a.status)
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(body)
	}
}

const limitInfo = "Sforce-Limit-Info"

// usage is the header by which every answer says how much of the day's allocation is used.
func (s *Server) usage() string {
	allowed := s.options.PerDay
	if allowed < 0 {
		allowed = 5_000_000 // a full sandbox of the vendor's
	}
	return fmt.Sprintf("api-usage=%d/%d", len(s.window), allowed)
}

// count notes a call and says whether it is one too many in 24 hours.
func (s *Server) count() *failure {
	now := s.options.Now()
	i := 0
	for i < len(s.window) && !s.window[i].After(now.Add(-24*time.Hour)) {
		i++
	}
	s.window = s.window[i:]
	if s.options.PerDay > 0 && len(s.window) >= s.options.PerDay {
		return limitExceeded("TotalRequests")
	}
	s.window = append(s.window, now)
	return nil
}

func limitExceeded(limit string) *failure {
	return refused(http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "%s Limit exceeded.", limit)
}

// SetLimits changes the calls of a day while the org runs; as in Options, zero means the usual and less than zero none.
func (s *Server) SetLimits(perDay int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if perDay == 0 {
		perDay = usualPerDay
	}
	s.options.PerDay = perDay
}

// TooMany answers as if a limit had been reached: TotalRequests, or one whose name begins with Concurrent.
func (s *Server) TooMany(w http.ResponseWriter, policy string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := limitExceeded(policy).answer()
	a.header = map[string]string{limitInfo: s.usage()}
	s.write(w, a)
}

// Broken answers with an error of Salesforce's own.
func (s *Server) Broken(w http.ResponseWriter, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := refused(status, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (-1234567890)")
	if status == http.StatusServiceUnavailable {
		f = refused(status, "SERVER_UNAVAILABLE", "The server is currently unavailable. Please try again later.")
	}
	s.write(w, f.answer())
}

// Locked answers that a record is being changed by somebody else.
func (s *Server) Locked(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := rowLocked("00QdL00000AbC05UAF").answer()
	a.header = map[string]string{limitInfo: s.usage()}
	s.write(w, a)
}

func rowLocked(id string) *failure {
	return wrong("UNABLE_TO_LOCK_ROW", nil, "unable to obtain exclusive access to this record or 1 records: %s", id)
}

// Saw notes a call that something in between has answered; status 0 is no answer.
func (s *Server) Saw(r *http.Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{At: s.options.Now(), Method: r.Method, Path: r.URL.Path, Status: status})
}
