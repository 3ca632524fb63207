package rest_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/rest"
	"handoff/internal/crm/rest/resttest/pipedrive"
	"handoff/internal/crm/rest/resttest/standin"
	"handoff/internal/restapi"
)

// TestTypedTextIsNoMarkup: whatever somebody types, an API that keeps HTML gets a text without markup but line breaks, shows it
// back as it was typed, and has it once.
func TestTypedTextIsNoMarkup(t *testing.T) {
	t.Parallel()
	company := pipedrive.New()
	way := standin.Start(t, company, apidescription.Before(t, apidescription.Pipedrive))
	c, err := rest.New(rest.Config{
		BaseURL: way.URL + "/api", Credentials: crm.StaticToken(pipedrive.APIToken), Authorize: rest.InHeader("x-api-token"),
		API: restapi.API{Objects: map[string]restapi.Object{
			"person": {
				Fields: map[string]restapi.Field{"name": {}},
				Find: []restapi.Find{{By: []string{"name"}, Request: restapi.Request{Get: "/v2/persons/search",
					Query: map[string]string{"term": "{name}", "fields": "name", "exact_match": "true"}}, List: "data.items", At: "item"}},
				Create: &restapi.Write{Request: restapi.Request{Post: "/v2/persons"}, Record: "data"},
				Update: &restapi.Write{Request: restapi.Request{Patch: "/v2/persons/{id}"}, Record: "data"},
			},
			"note": {
				Fields: map[string]restapi.Field{"content": {HTML: true}, "person_id": {Type: "integer"}},
				Find: []restapi.Find{{By: []string{"content"}, With: []string{"person_id"}, List: "data",
					Request: restapi.Request{Get: "/v1/notes", Query: map[string]string{"person_id": "{person_id}", "limit": "500"}}}},
				Create: &restapi.Write{Request: restapi.Request{Post: "/v1/notes"}, Record: "data"},
				Update: &restapi.Write{Request: restapi.Request{Put: "/v1/notes/{id}"}, Record: "data"},
			},
		}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	write := func(object string, key []string, fields crm.Fields, read ...string) crm.Result {
		result := c.Upsert(t.Context(), object, []crm.Write{{Submission: "s", Keys: [][]string{key}, Fields: fields, Read: read, SubmittedAt: time.Unix(1_800_000_000, 0)}})[0]
		require.Nil(t, result.Err)
		return result
	}
	markup := regexp.MustCompile(`<(?:[^b]|b[^r]|br[^>])`)
	var people atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"<b>", "</p>", "&amp;", "&", "<", ">", "\n", "\r\n", `"`, "'", "<br>", "<!-- x -->", "&lt;"}),
			rapid.StringMatching(`[a-zäß0-9 ]{1,8}`)), 1, 8).Draw(rt, "words")
		text := strings.Join(words, "") + "."
		person := write("person", []string{"name"}, crm.Fields{"name": fmt.Sprint("Ann ", people.Add(1))})
		fields := crm.Fields{"person_id": person.RecordID, "content": text}
		first := write("note", []string{"content"}, fields, "content")
		require.Equal(rt, strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), first.Record["content"])
		again := write("note", []string{"content"}, fields)
		require.Equal(rt, first.RecordID, again.RecordID)
		notes := company.Records("note")
		require.Len(rt, notes, int(people.Load()), "one for each person (I2)")
		content := notes[len(notes)-1]["content"].(string)
		require.False(rt, markup.MatchString(content), "%q", content)
	})
}
