package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind is a way to fail.
type Kind string

const (
	// DropAfterCommit does what is asked and hangs up without an answer.
	DropAfterCommit Kind = "drop_after_commit"
	// DropBefore hangs up without doing anything.
	DropBefore Kind = "drop_before"
	// Stall does nothing and says nothing until the fault is cleared or the caller gives up.
	Stall Kind = "stall"
	// RateLimit answers that a limit is reached; Policy says which.
	RateLimit Kind = "rate_limit"
	// ServerError answers with Status, 500 when there is none, in the vendor's words.
	ServerError Kind = "server_error"
	// HTML answers with Status, 502 when there is none, as a proxy in between does.
	HTML Kind = "html"
	// Locked answers that somebody else is changing the record.
	Locked Kind = "locked"
	// Expire ends the tokens of connected apps, and then does what is asked: it is refused.
	Expire Kind = "expire"
	// SlowBody does what is asked and takes For to send the answer.
	SlowBody Kind = "slow_body"
	// Latency does what is asked after For.
	Latency Kind = "latency"
)

var kinds = []Kind{DropAfterCommit, DropBefore, Stall, RateLimit, ServerError, HTML, Locked, Expire, SlowBody, Latency}

// Fault is a fault on command.
type Fault struct {
	Kind Kind `json:"kind"`
	// Path is a part of the paths that it is about; all of them when empty.
	Path string `json:"path,omitempty"`
	// Skip is how many calls go well before.
	Skip int `json:"skip,omitempty"`
	// Count is how many calls it is for, and Lasts for how many milliseconds from the first of them; until it is cleared when both
	// are zero.
	Count  int    `json:"count,omitempty"`
	Lasts  int    `json:"lasts_ms,omitempty"`
	Policy string `json:"policy,omitempty"`
	Status int    `json:"status,omitempty"`
	// For is a time in milliseconds.
	For int `json:"for_ms,omitempty"`
}

// vendor is what faults say in the vendor's own words.
type vendor interface {
	http.Handler
	TooMany(w http.ResponseWriter, policy string)
	Broken(w http.ResponseWriter, status int)
	Locked(w http.ResponseWriter)
	ExpireAll()
	// Saw notes a call that a fault was the answer to; status 0 is none.
	Saw(r *http.Request, status int)
}

// Faults are the faults that are on. It is safe for concurrent use.
type Faults struct {
	mu      sync.Mutex
	on      []*standing
	changed chan struct{} // closed when faults are cleared
}

// standing is a fault that is on.
type standing struct {
	Fault
	ends time.Time // zero before its first call, and where it does not last for a time
}

// Add turns a fault on. Of several that are about a call the first one happens.
func (f *Faults) Add(fault Fault) error {
	if !slices.Contains(kinds, fault.Kind) {
		return fmt.Errorf("there is no fault %q; there are: %v", fault.Kind, kinds)
	}
	if fault.Count < 0 || fault.Skip < 0 || fault.For < 0 || fault.Lasts < 0 {
		return errors.New("want no number below zero")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = append(f.on, &standing{Fault: fault})
	return nil
}

// Clear turns all faults off; calls that are stalled go on.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = nil
	close(f.changed)
	f.changed = make(chan struct{})
}

// List tells which faults are on.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end()
	all := make([]Fault, len(f.on))
	for i, fault := range f.on {
		all[i] = fault.Fault
	}
	return all
}

// end turns those off whose time is over. The caller holds the lock.
func (f *Faults) end() {
	now := time.Now()
	f.on = slices.DeleteFunc(f.on, func(s *standing) bool { return !s.ends.IsZero() && !now.Before(s.ends) })
}

// next takes the fault that a call has, if any.
func (f *Faults) next(path string) (Fault, <-chan struct{}, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end()
	for i, fault := range f.on {
		if !strings.Contains(path, fault.Path) {
			continue
		}
		if fault.Skip > 0 {
			fault.Skip--
			continue
		}
		if fault.Lasts > 0 && fault.ends.IsZero() {
			fault.ends = time.Now().Add(time.Duration(fault.Lasts) * time.Millisecond)
		}
		happens := fault.Fault
		if fault.Count == 1 {
			f.on = slices.Delete(f.on, i, i+1)
		} else if fault.Count > 1 {
			fault.Count--
		}
		return happens, f.changed, true
	}
	return Fault{}, nil, false
}

// around puts the faults before a vendor, whose usual limit has a name.
func (f *Faults) around(next vendor, usual string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, cleared, happens := f.next(r.URL.Path)
		if !happens {
			next.ServeHTTP(w, r)
			return
		}
		lasts := time.Duration(fault.For) * time.Millisecond
		instead := func(answer func(http.ResponseWriter)) {
			seen := &seen{ResponseWriter: w}
			answer(seen)
			next.Saw(r, seen.status)
		}
		switch fault.Kind {
		case DropAfterCommit:
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case DropBefore:
			next.Saw(r, 0)
			panic(http.ErrAbortHandler)
		case Stall:
			select {
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			case <-cleared:
			}
			next.ServeHTTP(w, r)
		case RateLimit:
			instead(func(w http.ResponseWriter) { next.TooMany(w, or(fault.Policy, usual)) })
		case ServerError:
			instead(func(w http.ResponseWriter) { next.Broken(w, or(fault.Status, http.StatusInternalServerError)) })
		case HTML:
			instead(func(w http.ResponseWriter) { page(w, or(fault.Status, http.StatusBadGateway)) })
		case Locked:
			instead(next.Locked)
		case Expire:
			next.ExpireAll()
			next.ServeHTTP(w, r)
		case SlowBody:
			slow(w, r, next, lasts)
		case Latency:
			wait(r, lasts)
			next.ServeHTTP(w, r)
		}
	})
}

// seen is an answer whose status is seen.
type seen struct {
	http.ResponseWriter
	status int
}

func (s *seen) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

func or[T comparable](value, otherwise T) T {
	var none T
	if value == none {
		return otherwise
	}
	return value
}

// page is what a proxy says when it cannot reach the vendor.
func page(w http.ResponseWriter, status int) {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.Header().Set("Server", "cloudflare")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n", title, title)
}

func wait(r *http.Request, lasts time.Duration) {
	timer := time.NewTimer(lasts)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// slow sends an answer in ten pieces.
func slow(w http.ResponseWriter, r *http.Request, next http.Handler, lasts time.Duration) {
	whole := httptest.NewRecorder()
	next.ServeHTTP(whole, r)
	for name, values := range whole.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(whole.Code)
	body := whole.Body.Bytes()
	const pieces = 10
	for i := range pieces {
		_, _ = w.Write(body[len(body)*i/pieces : len(body)*(i+1)/pieces])
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		wait(r, lasts/pieces)
	}
}
