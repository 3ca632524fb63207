package crm_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/rest/resttest/standin"
)

// TestPagesSayWhatGoesWrong: each answer of a vendor is what its page says in the table of what goes wrong. The code that Handoff
// shows is in the row of that kind.
func TestPagesSayWhatGoesWrong(t *testing.T) {
	t.Parallel()
	pipedrive := func(code, text string) string {
		return fmt.Sprintf(`{"success":false,"error":%q,"code":%q}`, text, code)
	}
	zoho := func(code string) string {
		return fmt.Sprintf(`{"code":%q,"details":{},"message":"m","status":"error"}`, code)
	}
	dynamics := func(code, text string) string {
		return fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, text)
	}
	for _, c := range []struct {
		vendor string
		status int
		body   string
		kind   crm.Kind
		code   string
		after  time.Duration
	}{
		{"pipedrive", 400, pipedrive("ERR_SCHEMA_VALIDATION_FAILED", "Validation failed: name: is required"), crm.Invalid, "ERR_SCHEMA_VALIDATION_FAILED", 0},
		{"pipedrive", 400, pipedrive("ERR_SCHEMA_VALIDATION_FAILED", "Validation failed: custom_fields: Unknown key 'x'"), crm.Misconfigured, "unknown_field", 0},
		{"pipedrive", 403, pipedrive("feature_capping_deals_limit", "Open deals limit reached."), crm.Misconfigured, "feature_capping_", 0},
		{"pipedrive", 402, pipedrive("", "must pay"), crm.Auth, "must_pay", 0},
		{"pipedrive", 403, pipedrive("", "Scope and URL mismatch"), crm.Auth, "403", 0},
		{"pipedrive", 403, "<html>Sorry, you have been blocked", crm.RateLimited, "shut_out", 10 * time.Minute},
		{"pipedrive", 429, pipedrive("", "request over limit"), crm.RateLimited, "burst", 2 * time.Second},
		{"pipedrive", 429, pipedrive("", "daily request budget exceeded"), crm.RateLimited, "daily_budget", time.Hour},
		{"pipedrive", 200, `{"success":false,"data":null}`, crm.Transient, "", 0},
		{"zoho", 400, zoho("INVALID_DATA"), crm.Invalid, "INVALID_DATA", 0},
		{"zoho", 400, zoho("INVALID_QUERY"), crm.Misconfigured, "INVALID_QUERY", 0},
		{"zoho", 400, zoho("INVALID_MODULE"), crm.Misconfigured, "INVALID_MODULE", 0},
		{"zoho", 403, zoho("STORAGE_SPACE_EXCEEDED"), crm.Misconfigured, "STORAGE_SPACE_EXCEEDED", 0},
		{"zoho", 202, zoho("RECORD_LOCKED"), crm.Conflict, "RECORD_LOCKED", 0},
		{"zoho", 202, zoho("CONVERTED_RECORD"), crm.Conflict, "CONVERTED_RECORD", 0},
		{"zoho", 401, zoho("OAUTH_SCOPE_MISMATCH"), crm.Auth, "OAUTH_SCOPE_MISMATCH", 0},
		{"zoho", 403, zoho("NO_PERMISSION"), crm.Auth, "NO_PERMISSION", 0},
		{"zoho", 429, zoho("TOO_MANY_REQUESTS"), crm.RateLimited, "TOO_MANY_REQUESTS", time.Minute},
		{"zoho", 400, zoho("LIMIT_EXCEEDED"), crm.RateLimited, "LIMIT_EXCEEDED", time.Minute},
		{"zoho", 500, zoho("INTERNAL_ERROR"), crm.Transient, "INTERNAL_ERROR", 0},
		{"dynamics", 400, dynamics("0x80044331", "The length of the 'lastname' attribute"), crm.Invalid, "0x80044331", 0},
		{"dynamics", 400, dynamics("0x80040265", "a plug-in"), crm.Invalid, "0x80040265", 0},
		{"dynamics", 400, dynamics("0x80048d19", "Cannot convert the literal 'x' to the expected type 'Edm.Int32'."), crm.Invalid, "bad_literal", 0},
		{"dynamics", 400, dynamics("0x80048d19", "Invalid property 'x' was found in entity"), crm.Misconfigured, "0x80048d19", 0},
		{"dynamics", 400, dynamics("0x0", "Could not find a property named 'x'"), crm.Misconfigured, "0x0", 0},
		{"dynamics", 404, dynamics("0x8006088a", "Resource not found for the segment 'x'."), crm.Misconfigured, "0x8006088a", 0},
		{"dynamics", 412, dynamics("0x80040237", "A record with matching key values already exists."), crm.Conflict, "0x80040237", 0},
		{"dynamics", 403, dynamics("0x80048306", "missing prvCreateLead privilege"), crm.Auth, "0x80048306", 0},
		{"dynamics", 401, "", crm.Auth, "401", 0},
		{"dynamics", 429, dynamics("0x80072321", "execution time"), crm.RateLimited, "0x80072321", 0},
		{"dynamics", 503, "<html>", crm.Transient, "5xx", 0},
	} {
		name := fmt.Sprintf("%s %d %s", c.vendor, c.status, c.code)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if strings.HasSuffix(r.URL.Path, "/token") {
					_, _ = io.WriteString(w, `{"access_token":"t","token_type":"Bearer","expires_in":3600}`)
					return
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			t.Cleanup(server.Close)
			way := &standin.Way{URL: server.URL}
			object, destination := "lead", map[string]func(testing.TB, *standin.Way, ...string) string{
				"pipedrive": pipedriveExample, "zoho": zohoExample, "dynamics": dynamicsExample}[c.vendor](t, way)
			if c.vendor == "pipedrive" {
				object = "contact"
			}
			connector := connected(t, destination)
			result := connector.Upsert(t.Context(), object, []crm.Write{{Submission: "s", Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": "ann@example.com"}, SubmittedAt: noon}})[0]
			require.NotNil(t, result.Err)
			require.Equal(t, c.kind, result.Err.Kind)
			require.Equal(t, c.after, result.Err.RetryAfter)
			row := regexp.MustCompile(`(?m)^\|.*` + regexp.QuoteMeta(c.code) + `.*\| ` + string(c.kind) + ` \|.*$`)
			require.Regexp(t, row, page(t, c.vendor+".md"))
			if strings.ContainsAny(c.code, "_x") && !strings.HasSuffix(c.code, "_") && c.code != "5xx" {
				require.Equal(t, c.code, result.Err.Code)
			}
		})
	}
}
