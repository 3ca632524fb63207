package source

import (
	"fmt"
	"slices"

	"handoff/internal/config"
)

// Formstack signs the body, without a time, where an HMAC key is set; the header's name can be chosen there. A second,
// weaker secret comes in the body. It is not documented to retry.
func formstackDefinition() definition {
	return definition{
		adapter: config.Formstack, title: "Formstack", proof: "HMAC-SHA256 of the body", types: []string{TypeForm, TypeJSON},
		manners: Manners{Exactly200: true},
		make: func(c config.Source, secrets []string) (adapter, error) {
			header := c.SignatureHeader
			if header == "" {
				header = "X-FS-Signature"
			}
			return formstack{newKeyed(keyed{header: header, prefix: "sha256="}, secrets), newStripKey("HandshakeKey")}, nil
		},
	}
}

type formstack struct {
	*keyed
	stripKey
}

// read gives the one submission of a delivery: all keys are answers but Formstack's own.
func (f formstack) read(d *document) ([]Entry, error) {
	body, ok := d.value.(map[string]any)
	if !ok {
		return nil, unreadable("the answers are no object")
	}
	id := textOf(body["UniqueID"])
	if id == "" {
		return nil, unreadable("the body has no UniqueID")
	}
	a := newAnswers(d.limits)
	for name, value := range body {
		if slices.Contains([]string{"FormID", "UniqueID", "HandshakeKey"}, name) {
			continue
		}
		if object, ok := value.(map[string]any); ok {
			a.flatten(name, object, 0)
			continue
		}
		a.keep(name, value)
	}
	if a.err != nil {
		return nil, a.err
	}
	return []Entry{{SubmissionID: id, Form: textOf(body["FormID"]), Answers: a.set}}, nil
}

func (f formstack) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"FormID":"1","UniqueID":%q,"Name (First)":"Ada","Name (Last)":"Sample","Email":"ada.sample@example.com"}`, id)
}
