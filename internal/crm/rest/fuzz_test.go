package rest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/rest"
	"handoff/internal/restapi"
	"handoff/internal/yamlfile"
)

// FuzzDescription: no file makes the checks or the connector panic, and what the checks accept the connector takes.
func FuzzDescription(f *testing.F) {
	for _, name := range []string{"plain", "full"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte("objects: {a: {fields: {b: {as: '{value}'}}, find: [{by: []}], create: {max: -1}}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, problems := yamlfile.Parse("fuzz.yaml", data)
		if len(problems) > 0 {
			return
		}
		var api restapi.API
		if len(file.Decode(&api)) > 0 || len(api.Check()) > 0 {
			return
		}
		_, err := rest.New(rest.Config{BaseURL: "https://crm.test", API: api, Credentials: crm.StaticToken("t")})
		require.NoError(t, err)
	})
}

// FuzzAnswer: whatever a CRM says, a write ends with a record or with a failure that repeats nothing of it.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{`{"id":"1"}`, `[]`, `{"id":{}}`, `<html>`, `{"code":"PLANTED text","wrong":["PLANTED text"]}`, "\x00", `{"data":[{"id":1}]}`} {
		f.Add(200, seed)
		f.Add(422, seed)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		connector := against(t, people(), func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body)) // a status without a body has none
		})
		result := connector.Upsert(t.Context(), "person", []crm.Write{person("a@example.test")})[0]
		require.Equal(t, result.Err == nil, result.RecordID != "")
		if result.Err != nil {
			require.NotContains(t, result.Err.Error(), "PLANTED text", "one word is a code, where the description says that codes are")
		}
	})
}
