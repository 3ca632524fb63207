package source

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// sample builds a body in which everything stands where the configuration looks for it.
func (l layout) sample(r *Request, id string) {
	body := map[string]any{}
	answers := map[string]any{
		"firstname": "Ada", "lastname": "Sample", "email": "ada.sample@example.com", "country": "GB", "utm_source": "handoff",
		"marketing_opt_in": "yes",
	}
	switch {
	case l.config.AnswerName != "":
		list := []any{}
		for _, name := range slices.Sorted(maps.Keys(answers)) {
			element := map[string]any{}
			setPath(element, l.config.AnswerName, name)
			setPath(element, l.config.AnswerValue, answers[name])
			list = append(list, element)
		}
		setPath(body, l.config.AnswersPath, list)
	case l.config.AnswersPath != "":
		setPath(body, l.config.AnswersPath, answers)
	default:
		maps.Copy(body, answers)
	}
	form := l.config.Form
	for _, known := range slices.Sorted(maps.Keys(l.config.Forms)) {
		form = known
		break
	}
	if form == "" {
		form = "demo-request"
	}
	setPath(body, l.config.FormPath, form)
	event := "sample"
	if len(l.config.Events) > 0 {
		event = l.config.Events[0]
	}
	for _, value := range []struct {
		header, path, text string
	}{
		{l.config.SubmissionID.Header, l.config.SubmissionID.Path, id},
		{l.config.EventID.Header, l.config.EventID.Path, id},
		{l.config.Revision.Header, l.config.Revision.Path, "1"},
		{l.config.SubmittedAt.Header, l.config.SubmittedAt.Path, r.Received.UTC().Format(time.RFC3339)},
		{l.config.Locale.Header, l.config.Locale.Path, "en"},
		{l.config.Event.Header, l.config.Event.Path, event},
	} {
		if value.header != "" {
			r.setHeader(value.header, value.text)
		}
		setPath(body, value.path, value.text)
	}
	if l.config.SubmissionID.IsZero() { // the hash of the body is its identity
		body["sample"] = id
	}
	if strings.HasPrefix(id, testPrefix) {
		setPath(body, l.config.Test.Path, true)
	}
	if encoded, err := json.Marshal(body); err == nil {
		r.Body = encoded
	}
}

// setPath sets a value under a dotted path; an empty path is nowhere.
func setPath(object map[string]any, path string, value any) {
	if path == "" {
		return
	}
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		object[head] = value
		return
	}
	below, ok := object[head].(map[string]any)
	if !ok {
		below = map[string]any{}
		object[head] = below
	}
	setPath(below, rest, value)
}
