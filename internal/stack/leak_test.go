package stack_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"handoff/internal/stack"
	"handoff/internal/submission"
)

// TestI3NothingPersonalOutsideTheLedgerAndTheCRM plays the demo, and then searches everything that engineers, log
// collectors and monitoring get to see for the names, addresses and numbers of the samples.
func TestI3NothingPersonalOutsideTheLedgerAndTheCRM(t *testing.T) {
	t.Parallel()
	s, ctx := upWith(t, stack.Options{WithSandbox: true, Env: []string{"HANDOFF_LOG_LEVEL=debug"}})
	var report bytes.Buffer
	require.NoError(t, s.Demo(ctx, &report, stack.OwnTables, stack.HubSpot, stack.Salesforce), "%s", &report)
	requireDemonstrated(t, report.String())
	require.NoError(t, s.Use(ctx, stack.OwnTables)) // with all sources
	nonsense(ctx, t, s)

	seen := map[string][]byte{"the demo's report": report.Bytes()}
	c, err := s.Dial()
	require.NoError(t, err)
	defer c.Close()
	var histories map[string][]byte
	require.Eventually(t, func() bool { // the list of workflows lags behind a little
		histories, err = s.Histories(ctx, c)
		carried := 0
		for id := range histories { // checks of the CRMs' schemas are there too
			if strings.HasPrefix(id, "sub_") {
				carried++
			}
		}
		// Thirteen scenes, two of which are about submissions of others; ten and a crowd of fifty for each vendor; four that make no sense.
		return err == nil && carried == 11+2*(10+50)+4
	}, 2*time.Minute, 100*time.Millisecond)
	for id, history := range histories {
		seen["history "+id] = history
	}
	seen["the list of workflows"] = listed(ctx, t, c)
	logs, err := filepath.Glob(filepath.Join(s.Folder.Path, "log", "*.log"))
	require.NoError(t, err)
	require.Len(t, logs, 5)
	for _, name := range logs {
		seen[name], err = os.ReadFile(name)
		require.NoError(t, err)
	}
	require.Contains(t, string(seen[s.Folder.Log("worker")]), "submission concluded")
	for _, url := range []string{s.AdminURL + "/metrics", s.WorkerURL + "/metrics"} {
		seen[url] = get(ctx, t, url)
		require.Contains(t, string(seen[url]), "handoff_")
	}
	for name, text := range seen {
		requireNoMarker(t, name, text)
	}
	// The search can find what it looks for: the CRM, where the data belongs, holds it.
	var contacts string
	require.NoError(t, open(t, s.CRMDSN).QueryRowContext(ctx, `SELECT string_agg(c::text, E'\n') FROM contacts c`).Scan(&contacts))
	require.Subset(t, markersIn([]byte(contacts)), []string{"lindqvist", "okafor", "haddad", "marchetti", "30901820", "@contoso"})
	payload := base64.StdEncoding.EncodeToString([]byte(`{"name":"Mara Lindqvist"}`))
	require.Equal(t, []string{"lindqvist"}, markersIn([]byte(`{"data": "`+payload+`"}`)), "what a payload of a history holds is found too")
}

// listed is what the Temporal UI shows of workflows beside their histories: the lists with search attributes and memos,
// and the page of each with its pending work.
func listed(ctx context.Context, t *testing.T, c client.Client) []byte {
	t.Helper()
	list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{})
	require.NoError(t, err)
	require.Empty(t, list.GetNextPageToken())
	text, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(list)
	require.NoError(t, err)
	for _, execution := range list.GetExecutions() {
		require.NotEmpty(t, execution.GetSearchAttributes().GetIndexedFields())
		id := execution.GetExecution()
		page, err := c.DescribeWorkflowExecution(ctx, id.GetWorkflowId(), id.GetRunId())
		require.NoError(t, err)
		described, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(page)
		require.NoError(t, err)
		text = append(append(text, '\n'), described...)
	}
	return text
}

// nonsense sends what the endpoint refuses, and what is signed and makes no sense, with markers wherever a sender can put
// something.
func nonsense(ctx context.Context, t *testing.T, s *stack.Stack) {
	t.Helper()
	const name = "lindqvist"
	require.Contains(t, stack.Markers(), name)
	signed := func(format string, args ...any) stack.Delivery {
		d, err := s.SignBody(fmt.Appendf(nil, format, args...))
		require.NoError(t, err)
		return d
	}
	malformed := signed(`{"data":{"form":"%s@`, name)
	badForm := signed(`{"data":{"id":"x","form":"%s@mail.example","answers":{}}}`, name)
	badType := signed(`{"data":{"id":"y","form":"demo-request","submitted_at":"%[1]s","answers":"%[1]s@mail.example"}}`, name)
	unsigned := signed(`{}`)
	unsigned.Body = []byte(`{"` + name + `":1}`)
	unknown := unsigned
	unknown.URL = s.PublicURL + "/hooks/" + name + "?email=" + name
	badHeaders := signed(`{"email":"%s"}`, name)
	badHeaders.Header.Set("Webhook-Id", name)
	badHeaders.Header.Set("Webhook-Timestamp", name)
	badHeaders.Header.Set("Webhook-Signature", name)
	badMedia := signed(`<email>%s</email>`, name)
	badMedia.Header.Set("Content-Type", "text/"+name)
	tooLarge := signed(`{"email":"%s","message":"%s"}`, name, strings.Repeat(name, 1<<20/len(name)))
	portal := s.SignPortal([]byte(`{"referral_id":"` + name + `@mail.example","attendee":["` + name))
	for what, d := range map[string]stack.Delivery{
		"malformed": malformed, "bad form": badForm, "bad types": badType, "malformed, the portal's": portal,
	} {
		receipt, err := s.Send(ctx, d, 0)
		require.NoError(t, err, what)
		require.Equal(t, http.StatusAccepted, receipt.Status, "%s is kept for a person", what)
		view, err := s.Await(ctx, receipt.Submission)
		require.NoError(t, err, what)
		require.Equal(t, submission.StageReview, view.Stage, what)
	}
	for what, d := range map[string]stack.Delivery{
		"not signed": unsigned, "unknown source": unknown, "bad headers": badHeaders, "bad media type": badMedia, "too large": tooLarge,
	} {
		receipt, err := s.Send(ctx, d, 0)
		require.NoError(t, err, what)
		require.GreaterOrEqual(t, receipt.Status, http.StatusBadRequest, what)
		require.Less(t, receipt.Status, http.StatusInternalServerError, what)
		require.NotContains(t, receipt.Detail, name, what)
	}
}

func get(ctx context.Context, t *testing.T, url string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return body
}

// encoded finds what may be base64: Temporal's payloads are, in its JSON.
var encoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}={0,2}`)

func markersIn(text []byte) []string {
	all := bytes.NewBuffer(bytes.ToLower(text))
	for _, candidate := range encoded.FindAllString(string(text), -1) {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			if plain, err := encoding.DecodeString(candidate); err == nil {
				all.WriteByte('\n')
				all.Write(bytes.ToLower(plain))
			}
		}
	}
	var found []string
	for _, marker := range stack.Markers() {
		if bytes.Contains(all.Bytes(), []byte(strings.ToLower(marker))) {
			found = append(found, marker)
		}
	}
	return found
}

func requireNoMarker(t *testing.T, name string, text []byte) {
	t.Helper()
	require.Empty(t, markersIn(text), "%s names a person", name)
}
