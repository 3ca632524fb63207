package source_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

func hmacSource(l config.Layout) config.Source {
	return config.Source{
		SignatureHeader: "X-Signature", Layout: l,
		Signature: config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex", SignedContent: "{body}"},
	}
}

// Ensure a builder whose answers are a list can be described, with names in one style and files as files.
func TestListsOfAnswers(t *testing.T) {
	t.Parallel()
	c := hmacSource(config.Layout{
		SubmissionID: config.Place{Path: "response.id"}, FormPath: "form.id", AnswersPath: "response.items", AnswerName: "question.label", AnswerValue: "answer",
		AnswerNames: "snake_case", Files: []string{"Your CV"}, Consents: []string{"i_agree"}, Locale: config.Place{Path: "lang"},
		Event: config.Place{Path: "type"}, Test: config.Place{Path: "preview"},
	})
	c.Forms, c.Events = map[string]string{"F-77": "apply"}, []string{"completed"}
	body := func(kind, preview string) string {
		return `{"type":"` + kind + `","lang":"en-GB","preview":` + preview + `,"form":{"id":"F-77"},"response":{"id":7,"items":[
			{"question":{"label":"First Name"},"answer":"Ada"},{"question":{"label":"Size"},"answer":12.50},{"question":{"label":"Topics"},"answer":["a","b"]},
			{"question":{"label":"Your CV"},"answer":{"link":"https://f.example/cv.pdf","mime_type":"application/pdf","size":5}},
			{"question":{"label":"Home"},"answer":{"City Name":"Oslo"}},{"question":{"label":"I agree"},"answer":true},{"heading":"Thanks"},{"question":{"label":"Empty"}}]}}`
	}
	item := one(t, c, body("completed", "false"))
	require.Equal(t, map[string]any{
		"first_name": "Ada", "size": json.Number("12.50"), "topics": []any{"a", "b"}, "home.city_name": "Oslo", "i_agree": true,
		"your_cv": map[string]any{"url": "https://f.example/cv.pdf", "name": "cv.pdf", "type": "application/pdf", "size": json.Number("5")},
	}, item.Payload.Answers)
	require.Equal(t, []string{"i_agree"}, item.Payload.Consents)
	require.Equal(t, "apply", item.Submission.Form)
	require.Equal(t, "7", item.Submission.SenderID)
	require.Equal(t, "en-GB", item.Submission.Locale)
	require.False(t, item.Submission.Test)
	for _, yes := range []string{"true", "1", `"yes"`, `"TEST"`} {
		require.True(t, one(t, c, body("completed", yes)).Submission.Test, yes)
	}
	require.Empty(t, from(t, c, body("started", "false")))
}

func TestFilesOfAnObject(t *testing.T) {
	t.Parallel()
	c := hmacSource(config.Layout{Files: []string{"cv", "more", "none"}})
	c.Form = "f"
	item := one(t, c, `{"cv":"https://f.example/a%20b.pdf?x=1","more":[{"url":"https://f.example/","name":"n"},{}],"none":7,"nested":{"url":"stays"}}`)
	require.Equal(t, map[string]any{
		"cv":   map[string]any{"url": "https://f.example/a%20b.pdf?x=1", "name": "a%20b.pdf"},
		"more": []any{map[string]any{"url": "https://f.example/", "name": "n"}}, "nested.url": "stays",
	}, item.Payload.Answers)
}

func TestNamesThatMeet(t *testing.T) {
	t.Parallel()
	c := hmacSource(config.Layout{AnswerNames: "snake_case"})
	c.Form = "f"
	require.Equal(t, "two answers have the same name in snake_case", from(t, c, `{"First Name":"a","firstName":"b"}`)[0].Payload.Hold.Detail)
	require.Equal(t, map[string]any{"first_name": "a", "日本": "b", "?": "c"}, one(t, c, `{"firstName":"a","日本":"b","?":"c"}`).Payload.Answers)
}

// Ensure forms are named by the configuration where it knows them, and otherwise by what was configured for that.
func TestFormNames(t *testing.T) {
	t.Parallel()
	c := hmacSource(config.Layout{FormPath: "form"})
	c.Forms = map[string]string{"F 1": "one"}
	require.Equal(t, "one", one(t, c, `{"form":"F 1"}`).Submission.Form)
	require.Equal(t, "two", one(t, c, `{"form":"two"}`).Submission.Form)
	require.NotNil(t, from(t, c, `{"form":"F 2"}`)[0].Payload.Hold)
	c.Form = "others"
	require.Equal(t, "others", one(t, c, `{"form":"F 2"}`).Submission.Form)
	require.Equal(t, "others", one(t, c, `{}`).Submission.Form)

	for id, want := range map[string]string{
		"6606394": "6606394", "lT4Z3j": "lt4z3j", "urn:li:form:(5,1)": "urn-li-form-5-1", "???": "site", "": "site", "_x_": "x",
	} {
		body, err := json.Marshal(map[string]string{"UniqueID": "1", "FormID": id})
		require.NoError(t, err)
		require.Equal(t, want, one(t, config.Source{Adapter: config.Formstack}, string(body)).Submission.Form, id)
	}
}

// Ensure the key of a body that proves the origin is no answer, whatever the body's type.
func TestTokenInTheBodyIsNoAnswer(t *testing.T) {
	t.Parallel()
	c := config.Source{Form: "f", Token: config.Place{Path: "key"}, Signature: config.Signature{Scheme: config.TokenOnly}}
	require.Equal(t, map[string]any{"a": "1"}, one(t, c, `{"a":"1"}`).Payload.Answers)
	require.Equal(t, map[string]any{"a": "1"}, fromType(t, c, source.TypeForm, "a=1")[0].Payload.Answers)
}

// Ensure what identifies a submission may stand in the URL, beside a token that is taken out of it.
func TestPlacesInTheURL(t *testing.T) {
	t.Parallel()
	c := config.Source{
		Form: "f", Secrets: secrets(newSecret), Token: config.Place{Query: "token"}, Signature: config.Signature{Scheme: config.TokenOnly},
		Layout: config.Layout{SubmissionID: config.Place{Query: "id"}, EventID: config.Place{Query: "token"}},
	}
	s := newSource(t, c)
	r := s.Sign("/hooks/site?id=7", source.TypeJSON, "", []byte(`{"a":"1"}`), received)
	require.NoError(t, s.Verify(r))
	item := s.Read(r).Submissions[0]
	require.Equal(t, "7", item.Submission.SenderID)
	require.Empty(t, item.Submission.EventID, "the token identifies nothing")
}
