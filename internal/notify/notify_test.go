package notify_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"handoff/internal/notify"
)

const (
	secret      = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	otherSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	planted     = "PLANTED-91be"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func message() notify.Message {
	return notify.Message{
		Event: notify.Created, Submission: "sub_1", Form: "demo", Source: "website", Disposition: "created", Owner: "olga",
		Records: []notify.Record{{Object: "contacts", ID: "7"}}, URL: "https://handoff.example.test/sub_1",
		Answers: map[string]any{"name": planted},
	}
}

type request struct {
	header http.Header
	body   string
}

// receiver is a server that notes requests and answers with a handler.
func receiver(t *testing.T, answer http.HandlerFunc) (url string, requests chan request) {
	t.Helper()
	requests = make(chan request, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- request{header: r.Header, body: string(body)}
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

// generic is the URL of shoutrrr's service for any HTTP endpoint.
func generic(url string) string {
	return strings.Replace(url, "http://", "generic+http://", 1) + "/hook"
}

func sender(t *testing.T, channels ...notify.Channel) *notify.Sender {
	t.Helper()
	s, err := notify.New(channels, notify.Options{Now: func() time.Time { return noon }})
	require.NoError(t, err)
	return s
}

func requireError(t *testing.T, want notify.Error, err error) {
	t.Helper()
	var failure *notify.Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, want, *failure)
	require.NotContains(t, fmt.Sprintf("%v %#v", err, failure), planted)
}

func TestServiceGetsTextWithoutPersonalData(t *testing.T) {
	t.Parallel()
	url, requests := receiver(t, nil)
	s := sender(t, notify.Channel{Name: "sales", URL: generic(url)})
	require.NoError(t, s.Send(context.Background(), "sales", message()))
	got := <-requests
	require.Equal(t, `New record: demo from website
Submission: sub_1
Disposition: created
Owner: olga
Record: contacts 7
https://handoff.example.test/sub_1`, got.body)
}

func TestTextOfEveryEvent(t *testing.T) {
	t.Parallel()
	url, requests := receiver(t, nil)
	s := sender(t, notify.Channel{Name: "sales", URL: generic(url)})
	for event, title := range map[notify.Event]string{
		notify.Created: "New record: demo", notify.Updated: "Record updated: demo", notify.Routed: "Existing customer: demo",
		notify.Review: "Waiting for review: demo", notify.Alert: "Alert: demo",
	} {
		err := s.Send(context.Background(), "sales", notify.Message{Event: event, Form: "demo", Problems: []string{"email: required"}})
		require.NoError(t, err)
		require.Equal(t, title+"\nProblem: email: required", (<-requests).body)
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	url, requests := receiver(t, nil)
	s := sender(t,
		notify.Channel{Name: "plain", URL: generic(url), Template: "{{.Title}} / {{range .Records}}{{.ID}}{{end}}"},
		notify.Channel{Name: "personal", URL: generic(url), Personal: true, Template: "{{.Answers.name}} {{with .Answers.absent}}{{.}}{{end}}!"},
	)
	require.NoError(t, s.Send(context.Background(), "plain", message()))
	require.Equal(t, "New record: demo from website / 7", (<-requests).body)
	require.NoError(t, s.Send(context.Background(), "personal", message()))
	require.Equal(t, planted+" !", (<-requests).body)

	_, err := notify.New([]notify.Channel{{Name: "a", URL: generic(url), Template: "{{.Answers.name}}"}}, notify.Options{})
	require.ErrorContains(t, err, "answers need personal: true")
	_, err = notify.New([]notify.Channel{{Name: "a", URL: generic(url), Template: "{{.Answers"}}, notify.Options{})
	require.ErrorContains(t, err, "template:")
}

func TestWebhookIsSigned(t *testing.T) {
	t.Parallel()
	url, requests := receiver(t, nil)
	s, err := notify.New([]notify.Channel{{Name: "crm-team", URL: url, Secret: secret + " " + otherSecret}}, notify.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Send(context.Background(), "crm-team", message()))
	require.NoError(t, s.Send(context.Background(), "crm-team", message()))
	first, again := <-requests, <-requests
	for _, key := range []string{secret, otherSecret} {
		verifier, err := standardwebhooks.NewWebhook(key)
		require.NoError(t, err)
		require.NoError(t, verifier.Verify([]byte(first.body), first.header))
	}
	wrong, err := standardwebhooks.NewWebhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	require.NoError(t, err)
	require.Error(t, wrong.Verify([]byte(first.body), first.header))

	require.Equal(t, "sub_1_crm-team_created", first.header.Get("webhook-id"))
	require.Equal(t, first.header.Get("webhook-id"), again.header.Get("webhook-id"), "a repetition can be told")
	require.Equal(t, "application/json", first.header.Get("Content-Type"))
	require.NotContains(t, first.body, planted)
	var body struct {
		Type      string
		Timestamp time.Time
		Data      map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(first.body), &body))
	require.Equal(t, "submission.created", body.Type)
	require.WithinDuration(t, time.Now(), body.Timestamp, time.Minute)
	require.Equal(t, map[string]any{
		"submission": "sub_1", "form": "demo", "source": "website", "disposition": "created", "owner": "olga",
		"records": []any{map[string]any{"object": "contacts", "id": "7"}}, "url": "https://handoff.example.test/sub_1",
	}, body.Data)
}

func TestWebhookIDs(t *testing.T) {
	t.Parallel()
	url, requests := receiver(t, nil)
	s := sender(t, notify.Channel{Name: "a", URL: url, Secret: secret}, notify.Channel{Name: "b", URL: url, Secret: secret})
	ids := map[string]bool{}
	for _, channel := range []string{"a", "b"} {
		for _, m := range []notify.Message{
			message(),
			{Submission: "sub_1", Event: notify.Review},
			{Submission: "sub_2", Event: notify.Review},
			{Event: notify.Alert, Problems: []string{"Misconfigured: unknown_property"}},
			{Event: notify.Alert, Problems: []string{"Auth: 28P01"}},
			{Event: notify.Alert, ID: "auth-2026-03-14", Problems: []string{"Auth: 28P01"}},
		} {
			require.NoError(t, s.Send(context.Background(), channel, m))
			ids[(<-requests).header.Get("webhook-id")] = true
		}
	}
	require.Len(t, ids, 12)
}

func TestPersonalWebhookGetsAnswers(t *testing.T) {
	t.Parallel()
	url, requests := receiver(t, nil)
	s := sender(t, notify.Channel{Name: "a", URL: url, Secret: secret, Personal: true, Template: "Hello {{.Answers.name}}"})
	require.NoError(t, s.Send(context.Background(), "a", message()))
	got := (<-requests).body
	require.Contains(t, got, `"answers":{"name":"`+planted+`"}`)
	require.Contains(t, got, `"text":"Hello `+planted+`"`)
}

func TestErrorsOfAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		retryAfter string
		want       notify.Error
	}{
		"bad request":          {400, "", notify.Error{Kind: notify.Permanent, Code: "refused", Status: 400}},
		"unauthorized":         {401, "", notify.Error{Kind: notify.Permanent, Code: "refused", Status: 401}},
		"gone":                 {410, "", notify.Error{Kind: notify.Permanent, Code: "refused", Status: 410}},
		"timeout":              {408, "", notify.Error{Kind: notify.Transient, Code: "unavailable", Status: 408}},
		"too many":             {429, "120", notify.Error{Kind: notify.Transient, Code: "unavailable", Status: 429, RetryAfter: 2 * time.Minute}},
		"busy until":           {503, "Sat, 14 Mar 2026 12:01:00 GMT", notify.Error{Kind: notify.Transient, Code: "unavailable", Status: 503, RetryAfter: time.Minute}},
		"busy until yesterday": {503, "Fri, 13 Mar 2026 12:01:00 GMT", notify.Error{Kind: notify.Transient, Code: "unavailable", Status: 503}},
		"nonsense header":      {503, "soon", notify.Error{Kind: notify.Transient, Code: "unavailable", Status: 503}},
		"broken":               {500, "", notify.Error{Kind: notify.Transient, Code: "unavailable", Status: 500}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.retryAfter != "" {
					w.Header().Set("Retry-After", test.retryAfter)
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(planted))
			})
			s := sender(t, notify.Channel{Name: "hook", URL: url + "/" + planted, Secret: secret},
				notify.Channel{Name: "chat", URL: generic(url) + "/" + planted})
			want := test.want
			want.Channel = "hook"
			requireError(t, want, s.Send(context.Background(), "hook", message()))
			// The library drops the header.
			want.Channel, want.RetryAfter = "chat", 0
			requireError(t, want, s.Send(context.Background(), "chat", message()))
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere, reached := receiver(t, nil)
	url, _ := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	s := sender(t, notify.Channel{Name: "a", URL: url, Secret: secret})
	requireError(t, notify.Error{Kind: notify.Permanent, Channel: "a", Code: "refused", Status: 307}, s.Send(context.Background(), "a", message()))
	require.Empty(t, reached)
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	s := sender(t, notify.Channel{Name: "hook", URL: "http://" + address + "/" + planted, Secret: secret},
		notify.Channel{Name: "chat", URL: "generic+http://" + address + "/" + planted})
	for _, name := range []string{"hook", "chat"} {
		requireError(t, notify.Error{Kind: notify.Transient, Channel: name, Code: "not_sent"}, s.Send(context.Background(), name, message()))
	}
	requireError(t, notify.Error{Kind: notify.Permanent, Channel: "none", Code: "unknown_channel"}, s.Send(context.Background(), "none", message()))
}

// TestAStuckServiceDoesNotHoldTheCaller: the library takes no context, so more messages than may be stuck are tried.
func TestAStuckServiceDoesNotHoldTheCaller(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url, requests := receiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	hook, err := notify.New([]notify.Channel{{Name: "hook", URL: url, Secret: secret}}, notify.Options{Timeout: 2 * time.Second})
	require.NoError(t, err)
	requireError(t, notify.Error{Kind: notify.Transient, Channel: "hook", Code: "timeout"}, hook.Send(context.Background(), "hook", message()))
	<-requests
	s, err := notify.New([]notify.Channel{{Name: "chat", URL: generic(url)}}, notify.Options{Timeout: 50 * time.Millisecond})
	require.NoError(t, err)
	var codes []string
	for range 10 {
		var failure *notify.Error
		require.ErrorAs(t, s.Send(context.Background(), "chat", message()), &failure)
		require.Equal(t, notify.Transient, failure.Kind)
		codes = append(codes, failure.Code)
	}
	require.Equal(t, append(strings.Split(strings.Repeat("timeout,", 7), ",")[:7], "timeout", "busy", "busy"), codes)
	close(release)
	for range 8 {
		<-requests
	}
	require.Eventually(t, func() bool { return s.Send(context.Background(), "chat", message()) == nil }, 10*time.Second, 10*time.Millisecond,
		"the channel recovers")
}

func TestNewTellsEveryProblemAndNoSecret(t *testing.T) {
	t.Parallel()
	_, err := notify.New([]notify.Channel{
		{Name: "no spaces", URL: "slack://hook@" + planted},
		{Name: "a", URL: "https://example.test/" + planted},
		{Name: "a", URL: "https://example.test/" + planted, Secret: "whsec_" + planted},
		{Name: "b", URL: "carrier-pigeon://" + planted},
		{Name: "c", URL: planted},
		{Name: "d", URL: "logger://"},
		{Name: "e", URL: "generic://example.test/" + planted, Secret: secret},
		{Name: "f", URL: "https:///" + planted, Secret: secret},
		{Name: "g", URL: "https://exa mple.test/" + planted, Secret: secret},
		{Name: "h", URL: "smtp://u:" + planted + "@example.test:99999/?from=x"},
	}, notify.Options{})
	require.Error(t, err)
	require.NotContains(t, err.Error(), planted)
	for _, want := range []string{
		"channel 1 (unnamed): name:", "channel 1 (unnamed): url: not one of a slack service", "channel 2 (a): secret: a webhook needs one",
		"channel 3 (a): name: taken", "channel 3 (a): secret: want whsec_", `channel 4 (b): url: unknown service "carrier-pigeon"`,
		"channel 5 (c): url: want a service URL", "channel 6 (d): url: logger", "channel 7 (e): secret: only webhooks",
		"channel 8 (f): url: want a host", "channel 9 (g): url:", "channel 10 (h): url:",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestURLsOfTheServicesPeopleUse(t *testing.T) {
	t.Parallel()
	_, err := notify.New([]notify.Channel{
		{Name: "slack", URL: "slack://hook:AAAAAAAAA-BBBBBBBBB-123456789123456789123456@webhook"},
		{Name: "teams", URL: "teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=example.webhook.office.com"},
		{Name: "mail", URL: "smtp://user:password@mail.example.test:587/?from=handoff@example.test&to=sales@example.test"},
		{Name: "discord", URL: "discord://token@123456789"},
		{Name: "matrix", URL: "matrix://user:password@matrix.example.test"},
	}, notify.Options{})
	require.NoError(t, err)
}

// TestMail sends through a mail server that takes one message, or refuses the recipient.
func TestMail(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		recipient string
		want      *notify.Error
	}{
		"taken":     {"250 ok", nil},
		"refused":   {"550 no such user " + planted, &notify.Error{Kind: notify.Permanent, Channel: "mail", Code: "smtp_550"}},
		"try later": {"451 " + planted, &notify.Error{Kind: notify.Transient, Channel: "mail", Code: "smtp_451"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, mails := mailServer(t, test.recipient)
			s := sender(t, notify.Channel{Name: "mail", URL: "smtp://" + address + "/?from=handoff@example.test&to=sales@example.test&starttls=no&encryption=none"})
			err := s.Send(context.Background(), "mail", message())
			if test.want != nil {
				requireError(t, *test.want, err)
				return
			}
			require.NoError(t, err)
			mail := <-mails
			require.Contains(t, mail, "Subject: New record: demo from website")
			require.Contains(t, mail, "Record: contacts 7")
		})
	}
}

// mailServer speaks enough SMTP for one message.
func mailServer(t *testing.T, recipient string) (address string, mails chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	mails = make(chan string, 1)
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		reader := textproto.NewReader(bufio.NewReader(c))
		say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
		say("220 ready")
		for {
			line, err := reader.ReadLine()
			if err != nil {
				return
			}
			switch strings.ToUpper(line[:4]) {
			case "RCPT":
				say(recipient)
			case "DATA":
				say("354 go on")
				lines, _ := reader.ReadDotLines()
				mails <- strings.Join(lines, "\n")
				say("250 taken")
			case "QUIT":
				say("221 bye")
				return
			default:
				say("250 ok")
			}
		}
	}()
	return listener.Addr().String(), mails
}
