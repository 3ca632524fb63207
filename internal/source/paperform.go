package source

import (
	"fmt"
	"strings"

	"handoff/internal/config"
)

// Paperform signs nothing and sends no headers of ours: the secret travels in the URL. It is not documented to retry.
func paperformDefinition() definition {
	usual := config.Place{Query: "token"}
	return definition{
		adapter: config.Paperform, title: "Paperform", proof: "token in the URL", token: usual, manners: Manners{Exactly200: true},
		make: func(c config.Source, secrets []string) (adapter, error) {
			return paperform{tokenOf(c, usual, secrets)}, nil
		},
	}
}

type paperform struct{ token }

type paperformBody struct {
	ID        text `json:"submission_id"`
	FormID    text `json:"form_id"`
	CreatedAt text `json:"created_at"`
	Data      []struct {
		Type      text `json:"type"`
		Key       text `json:"key"`
		CustomKey text `json:"custom_key"`
		Value     any  `json:"value"`
	} `json:"data"`
}

// read gives the one submission of a delivery. Its time has no zone and is taken for UTC.
func (p paperform) read(d *document) ([]Entry, error) {
	var body paperformBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	if body.ID == "" {
		return nil, unreadable("the body has no submission_id")
	}
	a := newAnswers(d.limits)
	for _, answer := range body.Data {
		name := firstText(string(answer.CustomKey), string(answer.Key))
		if answer.Type == "file" || answer.Type == "image" || answer.Type == "signature" || isFiles(answer.Value) {
			a.putFile(name, files(answer.Value))
			continue
		}
		a.put(name, answer.Value)
	}
	if a.err != nil {
		return nil, a.err
	}
	stated := map[string]string{}
	root, _ := d.value.(map[string]any)
	for name, value := range texts(root) {
		if strings.HasPrefix(name, "utm_") {
			stated[name] = value
		}
	}
	return []Entry{{
		SubmissionID: string(body.ID), Form: string(body.FormID), SubmittedAt: timeOf(string(body.CreatedAt)), Answers: a.set, Context: stated,
	}}, nil
}

// isFiles says that a value is a list of objects with addresses.
func isFiles(value any) bool {
	list, ok := value.([]any)
	for _, element := range list {
		object, isObject := element.(map[string]any)
		ok = ok && isObject && textOf(object["url"]) != ""
	}
	return ok && len(list) > 0
}

func (p paperform) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"data":[{"title":"First name","type":"text","key":"a1","custom_key":"firstname","value":"Ada"},`+
		`{"title":"Last name","type":"text","key":"a2","custom_key":"lastname","value":"Sample"},`+
		`{"title":"Email","type":"email","key":"a3","custom_key":"email","value":"ada.sample@example.com"}],"submission_id":%q,`+
		`"created_at":%q,"charge":null}`, id, r.Received.UTC().Format("2006-01-02 15:04:05"))
}
