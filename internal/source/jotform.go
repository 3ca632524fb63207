package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"regexp"
	"slices"
	"strings"

	"handoff/internal/config"
)

// Jotform signs nothing: the secret travels in the URL, and the body repeats the URL. It is not documented to retry.
func jotformDefinition() definition {
	return definition{
		adapter: config.Jotform, title: "Jotform", proof: "token in the URL", token: config.Place{Query: "token"},
		types: []string{TypeMultipart, TypeForm}, manners: Manners{Exactly200: true},
		make: func(c config.Source, secrets []string) (adapter, error) {
			return jotform{tokenOf(c, config.Place{Query: "token"}, secrets)}, nil
		},
	}
}

type jotform struct{ token }

// jotformQuestion is how questions are called: their number and their name.
var jotformQuestion = regexp.MustCompile(`^q\d+_`)

// jotformOwn are the keys of rawRequest that are Jotform's own.
var jotformOwn = []string{
	"slug", "jsExecutionTracker", "submitSource", "submitDate", "buildDate", "uploadServerUrl", "eventObserver", "timeToSubmit",
	"preview", "validatedNewRequiredFieldIDs", "visitedPages", "path", "event_id",
}

// read gives the one submission of a delivery. An edited submission comes again under its id, and nothing in it says so:
// the version is the hash of the answers.
func (j jotform) read(d *document) ([]Entry, error) {
	parts, ok := d.value.(map[string]any)
	if !ok {
		return nil, unreadable("the body is no form")
	}
	id := textOf(parts["submissionID"])
	if id == "" {
		return nil, unreadable("the body has no submissionID")
	}
	raw, err := decodeJSON([]byte(textOf(parts["rawRequest"])), d.limits)
	if err != nil {
		return nil, unreadable("the part rawRequest is no JSON, or nested too deep")
	}
	request, ok := raw.(map[string]any)
	if !ok {
		return nil, unreadable("the part rawRequest is no object")
	}
	a := newAnswers(d.limits)
	for name, value := range request {
		switch {
		case jotformQuestion.MatchString(name):
			if object, ok := value.(map[string]any); ok {
				a.flatten(name, object, 0)
				continue
			}
			a.keep(name, value)
		case !slices.Contains(jotformOwn, name) && isUpload(value):
			a.keep(name, files(value))
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	return []Entry{{
		SubmissionID: id, Revision: answersHash(a.set), Form: textOf(parts["formID"]), FormName: textOf(parts["formTitle"]),
		SubmittedAt: timeOf(textOf(request["submitDate"])), Answers: a.set,
	}}, nil
}

// isUpload says that a value is a list of addresses of files.
func isUpload(value any) bool {
	list, ok := value.([]any)
	for _, element := range list {
		ok = ok && strings.HasPrefix(textOf(element), "https://")
	}
	return ok && len(list) > 0
}

func (j jotform) sample(r *Request, id string) {
	request, _ := json.Marshal(map[string]any{ // text only: it cannot fail
		"slug": "submit/sample", "submitDate": fmt.Sprint(r.Received.UnixMilli()),
		"q1_name":  map[string]string{"first": "Ada", "last": "Sample"},
		"q2_email": "ada.sample@example.com", "q3_utmSource": "handoff",
	})
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, part := range [][2]string{
		{"formID", "sample"}, {"formTitle", "Sample"}, {"submissionID", id}, {"webhookURL", "https://example.com" + r.URI},
		{"rawRequest", string(request)},
	} {
		_ = form.WriteField(part[0], part[1]) // into memory: it cannot fail
	}
	_ = form.Close()
	r.ContentType, r.Boundary, r.Body = TypeMultipart, form.Boundary(), body.Bytes()
}
