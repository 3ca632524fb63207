package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// maxSending bounds the messages on their way to one channel. The library takes no context: a message that its service
// never finishes is left behind, and this is how many may be.
const maxSending = 8

// service sends through shoutrrr. Its router package is used, not its root: that one puts URLs into errors.
type service struct {
	url    string
	scheme string
	// idle holds a service, or nil for one that is yet to be made, for each message that may be on its way. A service
	// sends one message at a time, since nothing says that they may send more.
	idle chan types.Service
}

func newService(c Channel, scheme string) (*service, error) {
	s := &service{url: c.URL, scheme: scheme, idle: make(chan types.Service, maxSending)}
	if scheme == "logger" {
		return nil, errors.New("url: logger:// would write messages into the log")
	}
	var first types.Service
	if scheme != "matrix" { // which logs in at once; it is made when it is needed
		var err error
		if first, err = s.make(); err != nil {
			return nil, err
		}
	}
	s.idle <- first
	for range maxSending - 1 {
		s.idle <- nil
	}
	return s, nil
}

// make makes a service. What the library says about a bad URL quotes it, so it is not repeated.
func (s *service) make() (types.Service, error) {
	made, err := (&router.ServiceRouter{}).Locate(s.url)
	switch {
	case errors.Is(err, router.ErrUnknownService):
		return nil, fmt.Errorf("url: unknown service %q", s.scheme)
	case err != nil:
		return nil, fmt.Errorf("url: not one of a %s service, see the documentation of shoutrrr", s.scheme)
	}
	made.SetLogger(log.New(io.Discard, "", 0)) // its services log bodies and addresses
	return made, nil
}

func (s *service) send(ctx context.Context, message Message, text string) *Error {
	var sender types.Service
	select {
	case sender = <-s.idle:
	case <-ctx.Done():
		return &Error{Kind: Transient, Code: "busy"}
	}
	sent := make(chan *Error, 1)
	go func() {
		defer func() { s.idle <- sender }()
		if sender == nil {
			var err error
			if sender, err = s.make(); err != nil {
				sender = nil
				sent <- &Error{Kind: Transient, Code: "not_ready"}
				return
			}
		}
		sent <- s.sendWith(sender, message, text)
	}()
	select {
	case failure := <-sent:
		return failure
	case <-ctx.Done():
		return &Error{Kind: Transient, Code: "timeout"}
	}
}

func (s *service) sendWith(sender types.Service, message Message, text string) (failure *Error) {
	defer func() {
		// The library speaks many protocols; a bug in one must not end the process.
		if recover() != nil {
			failure = &Error{Kind: Permanent, Code: "service_panicked"}
		}
	}()
	params := types.Params{}
	if s.scheme == "smtp" {
		params.SetTitle(factsOf(message).Title()) // the subject; other services refuse what they do not know
	}
	return classify(sender.Send(text, &params))
}

var (
	anyURL = regexp.MustCompile(`[a-z+]+://[^\s"]+`)
	// "unexpected status: 404", "HTTP 404"; or "404 Not Found", checked below.
	namedStatus = regexp.MustCompile(`(?i)\b(?:status|HTTP)\b[^0-9/]{0,12}([3-5]\d\d)\b`)
	threeDigits = regexp.MustCompile(`\b[3-5]\d\d\b`)
)

// statusIn finds the HTTP status that an error speaks of, or 0. Ports and parts of addresses are none.
func statusIn(text string) int {
	text = anyURL.ReplaceAllString(text, "")
	if found := namedStatus.FindStringSubmatch(text); found != nil {
		status, _ := strconv.Atoi(found[1]) // three digits
		return status
	}
	for _, at := range threeDigits.FindAllStringIndex(text, -1) {
		status, _ := strconv.Atoi(text[at[0]:at[1]])
		if said := http.StatusText(status); said != "" && strings.HasPrefix(text[at[1]:], " "+said) {
			return status
		}
	}
	return 0
}

// classify reads what can be read from the library's errors: an SMTP reply is typed, an HTTP status is only in the text.
// The text itself stays here: it holds URLs with tokens, and what the other side said.
func classify(err error) *Error {
	if err == nil {
		return nil
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		failure := &Error{Kind: Transient, Code: "smtp_" + strconv.Itoa(reply.Code)}
		if reply.Code >= 500 {
			failure.Kind = Permanent
		}
		return failure
	}
	if status := statusIn(err.Error()); status != 0 {
		return ofStatus(status)
	}
	// A network error, or a refusal in the service's own words. It is sent again: the caller bounds how often.
	return &Error{Kind: Transient, Code: "not_sent"}
}

// ofStatus says what an HTTP status that is no success means.
func ofStatus(status int) *Error {
	failure := &Error{Kind: Permanent, Code: "refused", Status: status}
	switch {
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		failure.Kind, failure.Code = Transient, "unavailable"
	}
	return failure
}
