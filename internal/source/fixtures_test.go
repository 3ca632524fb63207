package source_test

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

// fixture is a recorded request with a true signature, and what is to be made of it.
type fixture struct {
	Source          string   `json:"source"`
	Kind            string   `json:"kind"`
	Secret          string   `json:"secret"`
	PreviousSecrets []string `json:"previous_secrets"`
	Config          struct {
		Algorithm        string `json:"algorithm"`
		Encoding         string `json:"encoding"`
		SignatureHeader  string `json:"signature_header"`
		Prefix           string `json:"prefix"`
		TimestampHeader  string `json:"timestamp_header"`
		TimestampUnit    string `json:"timestamp_unit"`
		ToleranceSeconds int    `json:"tolerance_seconds"`
		SignedContent    string `json:"signed_content"`
		EventIDPath      string `json:"event_id_path"`
		SubmissionIDPath string `json:"submission_id_path"`
		FieldsPath       string `json:"fields_path"`
		TokenQueryParam  string `json:"token_query_param"`
		TokenHeader      string `json:"token_header"`
		LeadForm         any    `json:"lead_form"`
	} `json:"config"`
	Now     int64 `json:"now_unix"`
	Request struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body_utf8"`
	} `json:"request"`
	ResponseBody string `json:"response_body_utf8"`
	Expect       struct {
		Verified     bool           `json:"verified"`
		Reason       string         `json:"reason"`
		EventID      string         `json:"event_id"`
		SubmissionID string         `json:"submission_id"`
		Fields       map[string]any `json:"fields"`
		Meta         map[string]any `json:"meta"`
		Events       []struct {
			EventID      string         `json:"event_id"`
			SubmissionID string         `json:"submission_id"`
			Fields       map[string]any `json:"fields"`
			DedupeKey    string         `json:"dedupe_key"`
		} `json:"events"`
		Response struct {
			Status      int             `json:"status"`
			ContentType string          `json:"content_type"`
			Body        string          `json:"body_utf8"`
			JSON        json.RawMessage `json:"body_json"`
		} `json:"response"`
	} `json:"expect"`
}

// adapters are the senders of the fixtures' folders.
var adapters = map[string]config.Adapter{
	"calcom": config.Calcom, "calendly": config.Calendly, "fillout": config.Fillout, "formstack": config.Formstack,
	"generic": config.Generic, "github": config.GitHub, "google_ads": config.GoogleAds, "gravity_forms": config.GravityForms,
	"hubspot": config.HubSpot, "intercom": config.Intercom, "jotform": config.Jotform, "linkedin": config.LinkedIn,
	"meta_lead_ads": config.Meta, "paperform": config.Paperform, "standard_webhooks": config.Generic, "stripe": config.Stripe,
	"tally": config.Tally, "typeform": config.Typeform, "webflow": config.Webflow,
}

// source is the configuration under which a fixture was recorded.
func (f fixture) source() config.Source {
	c := config.Source{Adapter: adapters[f.Source], PublicURL: f.publicURL()}
	for _, secret := range append([]string{f.Secret}, f.PreviousSecrets...) {
		c.Secrets = append(c.Secrets, config.NewSecret(secret))
		c.VerifyTokens = c.Secrets
	}
	g := f.Config
	switch f.Source {
	case "standard_webhooks":
		c.Form, c.Scheme = "demo-request", config.StandardWebhooks
		c.EventID, c.SubmissionID = config.Place{Header: "webhook-id"}, config.Place{Path: "data.id"}
		if strings.Contains(f.Request.Body, `"fields"`) {
			c.AnswersPath = "data.fields"
		}
	case "generic":
		c.Form = "demo-request"
		c.Signature = config.Signature{
			Scheme: config.HMAC, Algorithm: g.Algorithm, Encoding: g.Encoding, Prefix: g.Prefix, TimestampHeader: g.TimestampHeader,
			TimestampUnit: g.TimestampUnit, SignedContent: g.SignedContent, Tolerance: time.Duration(g.ToleranceSeconds) * time.Second,
		}
		c.EventID, c.SubmissionID, c.AnswersPath = config.Place{Path: g.EventIDPath}, config.Place{Path: g.SubmissionIDPath}, g.FieldsPath
	case "github":
		c.Form, c.SubmissionID = "demo-request", config.Place{Path: "issue.id"}
	case "stripe":
		c.TestSubmissions = config.TestsAllowed // the fixtures are of the sender's test mode
	}
	c.SignatureHeader = g.SignatureHeader
	if g.TokenQueryParam != "" {
		c.Token = config.Place{Query: g.TokenQueryParam}
	}
	if g.TokenHeader != "" {
		c.Token = config.Place{Header: g.TokenHeader}
	}
	return c
}

func (f fixture) publicURL() string {
	u, err := url.Parse(f.Request.URL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (f fixture) request() source.Request {
	r := source.Request{
		Method: f.Request.Method, URI: f.Request.Path, Header: http.Header{}, Body: []byte(f.Request.Body), Received: time.Unix(f.Now, 0),
	}
	if f.Now == 0 {
		r.Received = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	}
	for name, value := range f.Request.Headers {
		r.Header.Set(name, value)
	}
	media, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.ContentType, r.Boundary = media, parameters["boundary"]
	return r
}

func readFixture(t testing.TB, name string) fixture {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	var f fixture
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&f))
	return f
}

// fixtures are all of a kind, by their names.
func fixtures(t testing.TB, kind string) map[string]fixture {
	t.Helper()
	found := map[string]fixture{}
	names, err := filepath.Glob("testdata/*/*.json")
	require.NoError(t, err)
	for _, name := range names {
		f := readFixture(t, name)
		if f.Kind == kind {
			found[strings.TrimSuffix(strings.TrimPrefix(name, "testdata/"), ".json")] = f
		}
	}
	return found
}

func newSource(t testing.TB, c config.Source) *source.Source {
	t.Helper()
	s, err := source.New("site", c)
	require.NoError(t, err)
	return s
}

// Ensure every recorded request is verified and read, or refused, as it says.
func TestFixtures(t *testing.T) {
	t.Parallel()
	requests := fixtures(t, "webhook")
	require.Equal(t, 65, len(requests))
	for name, f := range requests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, f.source())
			err := s.Verify(f.request())
			if !f.Expect.Verified {
				var refusal *source.Refusal
				require.ErrorAs(t, err, &refusal)
				kind, _, _ := strings.Cut(f.Expect.Reason, "_") // the rest is advice
				require.True(t, strings.HasPrefix(string(refusal.Reason), kind+"_"), "%s, not %s", refusal.Reason, f.Expect.Reason)
				return
			}
			require.NoError(t, err)
			f.check(t, s.Read(f.request()))
		})
	}
}

// check holds what was read to what the fixture expects.
func (f fixture) check(t *testing.T, reading source.Reading) {
	t.Helper()
	if f.Request.Body == "Hello, World!" { // the vendor's vector, which is no JSON
		require.Equal(t, "the body is no JSON", reading.Submissions[0].Payload.Hold.Detail)
		return
	}
	if f.Expect.Meta["event_type"] == "ping" {
		require.Empty(t, reading.Submissions)
		return
	}
	for i, item := range reading.Submissions {
		require.Nil(t, item.Payload.Hold, "%+v", item.Payload.Hold)
		fields, id, event, key := f.Expect.Fields, f.Expect.SubmissionID, f.Expect.EventID, ""
		if len(f.Expect.Events) > 0 {
			e := f.Expect.Events[i]
			fields, id, event, key = e.Fields, e.SubmissionID, e.EventID, e.DedupeKey
		}
		require.Equal(t, f.answers(fields), plain(item.Payload.Answers))
		sub := item.Submission
		switch {
		case key != "": // HubSpot: portal:subscription:object:time:event
			parts := strings.Split(key, ":")
			require.Equal(t, parts[0]+":"+parts[2], sub.SenderID)
			require.Equal(t, strings.Join([]string{parts[1], parts[3], parts[4]}, ":"), sub.Revision)
		case f.Source == "gravity_forms": // an entry's id is unique within a site, and said with its form
			require.Equal(t, fmt.Sprint(f.Expect.Meta["form_id"])+":"+id, sub.SenderID)
		case id != "":
			require.Equal(t, id, sub.SenderID)
		case event == "":
			require.Len(t, sub.SenderID, 64, "the body's hash stands for the id")
		}
		if event != "" && sub.EventID != "" {
			require.Equal(t, event, sub.EventID)
		}
		f.checkMeta(t, item)
	}
	require.Len(t, reading.Submissions, max(1, len(f.Expect.Events)))
}

// checkMeta holds what is known beside the answers to what the fixture says of it.
func (f fixture) checkMeta(t *testing.T, item source.Item) {
	t.Helper()
	meta := f.Expect.Meta
	if form, ok := meta["form_id"].(string); ok && item.Payload.Context["form_id"] != "" {
		require.Equal(t, form, item.Payload.Context["form_id"])
	}
	if at, ok := meta["submitted_at"].(string); ok {
		text := strings.Replace(strings.Replace(at, " ", "T", 1), "+0000", "", 1)
		if !strings.HasSuffix(text, "Z") {
			text += "Z"
		}
		wanted, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		require.True(t, wanted.Equal(item.Submission.SubmittedAt), "%s, not %s", item.Submission.SubmittedAt, wanted)
	}
	if test, ok := meta["is_test"].(bool); ok {
		require.Equal(t, test, item.Submission.Test)
	}
}

// answers are the fields as the fixture expects them, but for what its sender's adapter leaves where the sender put it.
func (f fixture) answers(fields map[string]any) map[string]any {
	if f.Source == "github" && fields != nil {
		fields["issue.id"] = json.Number("991") // its id is one of the body's values, which are all answers
	}
	if fields == nil {
		return map[string]any{}
	}
	return fields
}

// plain replaces files by their URLs, which is all that the fixtures say of them.
func plain(answers map[string]any) map[string]any {
	replaced := make(map[string]any, len(answers))
	for name, value := range answers {
		replaced[name] = plainValue(value)
	}
	return replaced
}

func plainValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return v["url"]
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = plainValue(element)
		}
		return list
	}
	return value
}
