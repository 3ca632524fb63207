package source_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

func limited(t *testing.T, adapter config.Adapter, limits config.SourceLimits) *source.Source {
	t.Helper()
	return newSource(t, config.Source{Adapter: adapter, Secrets: secrets(newSecret), VerifyTokens: secrets(newSecret), Limits: limits})
}

// held is why what a request holds waits for a person.
func held(t *testing.T, s *source.Source, contentType, boundary string, body []byte) string {
	t.Helper()
	r := s.Sign("/hooks/site", contentType, boundary, body, received)
	require.NoError(t, s.Verify(r))
	reading := s.Read(r)
	require.Len(t, reading.Submissions, 1)
	if hold := reading.Submissions[0].Payload.Hold; hold != nil {
		require.NotContains(t, hold.Detail, "planted")
		return hold.Detail
	}
	return ""
}

// Ensure every limit is held, and can be set.
func TestLimits(t *testing.T) {
	t.Parallel()
	deep := func(levels int) []byte {
		return []byte(`{"triggerType":"form_submission","payload":{"id":"1","data":{"planted":` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + `}}}`)
	}
	wide := func(answers int) []byte {
		fields := make([]string, answers)
		for i := range fields {
			fields[i] = fmt.Sprintf(`"planted-%d":1`, i)
		}
		return []byte(`{"triggerType":"form_submission","payload":{"id":"1","data":{` + strings.Join(fields, ",") + `}}}`)
	}
	leads := func(n int) []byte {
		changes := make([]string, n)
		for i := range changes {
			changes[i] = fmt.Sprintf(`{"field":"leadgen","value":{"leadgen_id":%d}}`, i+1)
		}
		return []byte(`{"object":"page","entry":[{"changes":[` + strings.Join(changes, ",") + `]}]}`)
	}
	webflow, meta := config.Webflow, config.Meta
	none := config.SourceLimits{}
	for name, c := range map[string]struct {
		adapter config.Adapter
		limits  config.SourceLimits
		body    []byte
		want    string
	}{
		"depth":          {webflow, none, deep(29), ""},
		"too deep":       {webflow, none, deep(30), "the body is nested deeper than 32 levels"},
		"depth set":      {webflow, config.SourceLimits{Depth: 100}, deep(90), ""},
		"answers":        {webflow, none, wide(2000), ""},
		"too many":       {webflow, none, wide(2001), "there are more than 2000 answers"},
		"answers set":    {webflow, config.SourceLimits{Answers: 3}, wide(4), "there are more than 3 answers"},
		"name":           {webflow, config.SourceLimits{Name: 20}, []byte(`{"triggerType":"form_submission","payload":{"id":"1","data":{"planted-planted-planted":1}}}`), "the name of an answer is longer than 20 bytes"},
		"batch":          {meta, config.SourceLimits{Batch: 1}, leads(1), ""},
		"too many leads": {meta, config.SourceLimits{Batch: 1}, leads(2), "the delivery holds more than 1 submissions"},
		"depth of LinkedIn's owner": {config.LinkedIn, none, []byte(`{"type":"LEAD_ACTION","leadGenFormResponse":"urn:1","owner":["planted"]}`),
			"the body's owner is not of the kind that this sender documents"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, held(t, limited(t, c.adapter, c.limits), source.TypeJSON, "", c.body))
		})
	}
}

func TestMultipartLimits(t *testing.T) {
	t.Parallel()
	body := func(parts int, size int) (string, []byte) {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		require.NoError(t, form.WriteField("submissionID", "1"))
		require.NoError(t, form.WriteField("rawRequest", `{"q1_a":"`+strings.Repeat("x", size)+`"}`))
		for i := range parts {
			require.NoError(t, form.WriteField(fmt.Sprint("planted-", i), "x"))
		}
		file, err := form.CreateFormFile("upload", "planted.bin")
		require.NoError(t, err)
		_, err = file.Write([]byte("never read as an answer"))
		require.NoError(t, err)
		require.NoError(t, form.Close())
		return form.Boundary(), b.Bytes()
	}
	for name, c := range map[string]struct {
		limits      config.SourceLimits
		parts, size int
		want        string
	}{
		"fits":            {config.SourceLimits{Parts: 10, Part: 2000}, 7, 1000, ""},
		"too many parts":  {config.SourceLimits{Parts: 10, Part: 2000}, 8, 1000, "the body has more than 10 parts"},
		"part too large":  {config.SourceLimits{Parts: 10, Part: 2000}, 1, 3000, "a part of the body is larger than 2000 bytes"},
		"parts by itself": {config.SourceLimits{}, 101, 10, "the body has more than 100 parts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			boundary, b := body(c.parts, c.size)
			require.Equal(t, c.want, held(t, limited(t, config.Jotform, c.limits), source.TypeMultipart, boundary, b))
		})
	}
	s := limited(t, config.Jotform, config.SourceLimits{})
	boundary, b := body(1, 1)
	require.Equal(t, "the body's content type names no boundary between its parts", held(t, s, source.TypeMultipart, "", b))
	require.Equal(t, "a part of the body is not complete", held(t, s, source.TypeMultipart, boundary, b[:150]))
	require.Equal(t, "the body's parts cannot be told apart", held(t, s, source.TypeMultipart, boundary, []byte("--"+boundary+"\r\nno header")))
}

func zipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// Ensure a compressed body is verified as it came, inflated no further than allowed, and kept inflated.
func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	plain := []byte(`{"triggerType":"form_submission","payload":{"id":"1","data":{"email":"a@b.example"}}}`)
	bomb := zipped(t, bytes.Repeat([]byte(" "), 4<<20))
	require.Less(t, len(bomb), 100<<10)
	for name, c := range map[string]struct {
		body []byte
		want string
	}{
		"fits":    {zipped(t, plain), ""},
		"bomb":    {bomb, "the compressed body holds more than 4096 bytes"},
		"damaged": {zipped(t, plain)[:40], "the compressed body is damaged"},
		"plain":   {plain, "the body is not compressed with gzip, as its header says"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := limited(t, config.Webflow, config.SourceLimits{Inflated: 4096})
			require.True(t, s.AcceptsEncoding("GZIP"))
			r := s.Sign("/hooks/site", source.TypeJSON, "", c.body, received)
			r.Header.Set("Content-Encoding", "gzip")
			require.NoError(t, s.Verify(r))
			reading := s.Read(r)
			if c.want != "" {
				require.Equal(t, c.want, reading.Submissions[0].Payload.Hold.Detail)
				return
			}
			require.Equal(t, plain, reading.Submissions[0].Raw)
			require.Equal(t, "a@b.example", reading.Submissions[0].Payload.Answers["email"])
		})
	}
	require.False(t, limited(t, config.Webflow, config.SourceLimits{}).AcceptsEncoding("gzip"), "not unless it is allowed")
}

// Ensure many questions of one name cost no more than they should.
func TestManyQuestionsOfOneName(t *testing.T) {
	t.Parallel()
	body := func(n int) []byte {
		return []byte(`{"eventType":"FORM_RESPONSE","data":{"submissionId":"1","fields":[` + strings.TrimSuffix(strings.Repeat(`{"key":"planted","value":"x"},`, n), ",") + `]}}`)
	}
	s := limited(t, config.Tally, config.SourceLimits{})
	require.Equal(t, "", held(t, s, source.TypeJSON, "", body(100)))
	require.Equal(t, "more than 100 answers have the same name", held(t, s, source.TypeJSON, "", body(1900)))
}
