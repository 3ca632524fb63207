package salesforce_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	org "handoff/internal/sandbox/salesforce"
)

// shortPages has the questions of composites answered by a page with nothing on it and one that follows: Salesforce makes
// pages of records with long texts as short as it likes.
type shortPages struct{ rest map[string]any }

func (p *shortPages) RoundTrip(r *http.Request) (*http.Response, error) {
	if rest, held := p.rest[r.URL.Path]; held {
		text, err := json.Marshal(rest)
		return response(http.StatusOK, string(text)), err
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/composite") {
		return answer, err
	}
	defer func() { _ = answer.Body.Close() }()
	var said struct {
		Parts []map[string]any `json:"compositeResponse"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		return nil, err
	}
	for _, part := range said.Parts {
		if body, isPage := part["body"].(map[string]any); isPage && body["records"] != nil {
			next := "/services/data/v67.0/query/" + part["referenceId"].(string)
			p.rest[next] = body
			part["body"] = map[string]any{"done": false, "nextRecordsUrl": next, "records": []any{}}
		}
	}
	text, err := json.Marshal(map[string]any{"compositeResponse": said.Parts})
	return response(http.StatusOK, string(text)), err
}

// TestLinkedPages: what is found is read to its end.
func TestLinkedPages(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	results := connect(t, s, nil).UpsertLinked(t.Context(), customers(0, 3, 0, nil))
	allWritten(t, results)
	c := connect(t, s, func(c *salesforce.Config) { c.Transport = &shortPages{rest: map[string]any{}} })
	again := c.UpsertLinked(t.Context(), customers(0, 3, 5, crm.Fields{"FirstName": "Luke"}))
	for n, group := range again {
		for i, result := range group {
			require.Equal(t, results[n][i].RecordID, written(t, result).RecordID)
			require.Equal(t, crm.Updated, result.Outcome)
		}
	}
	require.Len(t, s.Salesforce.Records("Contact"), 3)
}
