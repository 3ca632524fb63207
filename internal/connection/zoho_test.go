package connection_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/connection"
	"handoff/internal/crm"
)

// TestZohoRefusals: Zoho says with status 200 that a refresh token is revoked, which a person has to mend, and with status 400
// that there were too many tokens, which time mends: the connection does not break by it.
func TestZohoRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.connect(t)
	ask := func(status int, body string) crm.Error {
		w.expire(t, -time.Second)
		_, err := w.worker("a", func(o *connection.Options) {
			o.App.Way = way(func(*http.Request) (*http.Response, error) {
				header := http.Header{"Content-Type": {"application/json;charset=UTF-8"}}
				return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}, nil
			})
		}).Token(t.Context())
		return failure(t, err)
	}
	limited := ask(http.StatusBadRequest, `{"error":"Access Denied","error_description":"You have made too many requests continuously.","status":"failure"}`)
	require.Equal(t, crm.Error{Kind: crm.RateLimited, Code: "too_many_tokens", Status: 400, RetryAfter: time.Minute}, limited)
	require.False(t, w.stored(t).Broken)
	revoked := ask(http.StatusOK, `{"error":"invalid_code"}`)
	require.Equal(t, crm.Auth, revoked.Kind)
	require.Equal(t, "invalid_code", revoked.Code)
	require.True(t, w.stored(t).Broken)
	require.Equal(t, []string{"invalid_code"}, w.told())
}
