package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/restapi"
)

// TestPages: every way to the next page gives all records once.
func TestPages(t *testing.T) {
	t.Parallel()
	const all = 7
	page := func(from, size int) string {
		var rows []string
		for i := from; i < min(from+size, all); i++ {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"at":%d}`, i, 1_800_000_000+i))
		}
		return strings.Join(rows, ",")
	}
	number := func(r *http.Request, name string) int {
		var n int
		_, _ = fmt.Sscan(r.URL.Query().Get(name), &n)
		return n
	}
	for name, c := range map[string]struct {
		query map[string]string
		page  restapi.Page
		say   func(r *http.Request) (rows, rest, link string)
	}{
		"offset": {map[string]string{"from": "{offset}", "size": "{limit}"}, restapi.Page{Size: 3}, func(r *http.Request) (string, string, string) {
			return page(number(r, "from"), number(r, "size")), "", ""
		}},
		"page": {map[string]string{"page": "{page}"}, restapi.Page{Size: 100, More: "more"}, func(r *http.Request) (string, string, string) {
			at := number(r, "page")
			return page((at-1)*2, 2), fmt.Sprintf(`,"more":%t`, at*2 < all), ""
		}},
		"cursor": {map[string]string{"after": "{cursor}"}, restapi.Page{Cursor: "next.cursor"}, func(r *http.Request) (string, string, string) {
			at := number(r, "after")
			if at+3 >= all {
				return page(at, 3), `,"next":{"cursor":null}`, ""
			}
			return page(at, 3), fmt.Sprintf(`,"next":{"cursor":"%d"}`, at+3), ""
		}},
		"next": {nil, restapi.Page{Next: `@next\.link`}, func(r *http.Request) (string, string, string) {
			at := number(r, "from")
			if at+3 >= all {
				return page(at, 3), "", ""
			}
			return page(at, 3), fmt.Sprintf(`,"@next.link":"http://%s/base/people?from=%d"`, r.Host, at+3), ""
		}},
		"link": {nil, restapi.Page{Link: true}, func(r *http.Request) (string, string, string) {
			at := number(r, "from")
			if at+3 >= all {
				return page(at, 3), "", `<http://x.test/>; rel="first"`
			}
			return page(at, 3), "", fmt.Sprintf(`<http://x.test/>; rel="first", </base/people?from=%d>; rel="next"`, at+3)
		}},
		"next, beside the page that was asked for": {nil, restapi.Page{Next: "next"}, func(r *http.Request) (string, string, string) {
			at := number(r, "from")
			if at+3 >= all {
				return page(at, 3), "", ""
			}
			return page(at, 3), fmt.Sprintf(`,"next":"?from=%d"`, at+3), ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := people()
			o := api.Objects["person"]
			o.Changed = "at"
			o.ChangedSince = &restapi.List{Request: restapi.Request{
				Get: "/people", Query: c.query, Headers: map[string]string{"If-Modified-Since": "{since_seconds}"},
			}, List: "rows", Page: c.page}
			api.Objects["person"] = o
			connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/base/people" || r.Header.Get("If-Modified-Since") != "1800000001" {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				rows, rest, link := c.say(r)
				if link != "" {
					w.Header().Set("Link", link)
				}
				_, _ = io.WriteString(w, `{"rows":[`+rows+`]`+rest+`}`)
			})
			found, err := connector.ChangedSince(t.Context(), "person", time.Unix(1_800_000_002, 0), nil, 100)
			require.NoError(t, err)
			var ids []string
			for _, record := range found {
				ids = append(ids, record.ID)
			}
			require.Equal(t, []string{"2", "3", "4", "5", "6"}, ids)
		})
	}
}

// TestForeignLink: the token goes to nobody else.
func TestForeignLink(t *testing.T) {
	t.Parallel()
	called := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(other.Close)
	api := people()
	api.Owners = &restapi.Owners{Request: restapi.Request{Get: "/users"}, List: "users", Page: restapi.Page{Next: "next"}}
	connector := against(t, api, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"users":[{"id":1}],"next":"`+other.URL+`/users"}`)
	})
	_, err := connector.Owners(t.Context())
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, "foreign_link", failure.Code)
	require.False(t, called)
}
