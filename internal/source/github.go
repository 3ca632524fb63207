package source

import (
	"net/url"
	"slices"

	"handoff/internal/config"
)

// GitHub signs the body, without a time: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. It
// is the pattern of many home-made senders, so where things are in the body is configured. It never retries.
func githubDefinition() definition {
	return definition{
		adapter: config.GitHub, title: "GitHub and senders like it", proof: "HMAC-SHA256 of the body", types: []string{TypeJSON, TypeForm},
		make: func(c config.Source, secrets []string) (adapter, error) {
			return github{newKeyed(keyed{header: "X-Hub-Signature-256", prefix: "sha256="}, secrets), layout{c}}, nil
		},
	}
}

type github struct {
	*keyed
	layout
}

// read gives the one event of a delivery. The id in its header is not signed: whoever has seen one request could send it
// again under another, so it never stands for the submission's.
func (g github) read(d *document) ([]Entry, error) {
	event := d.Header.Get("X-GitHub-Event")
	if g.layout.config.Event.IsZero() && len(g.layout.config.Events) > 0 && !slices.Contains(g.layout.config.Events, event) {
		return nil, nil
	}
	if d.ContentType == TypeForm {
		values, err := url.ParseQuery(string(d.Body))
		if err != nil {
			return nil, unreadable("the body is no form: a key or value is not URL-encoded")
		}
		value, err := decodeJSON([]byte(values.Get("payload")), d.limits)
		if err != nil {
			return nil, unreadable("the form's payload is no JSON, or nested too deep")
		}
		if d, err = newDocument(d.Request, value, d.limits); err != nil {
			return nil, err
		}
	}
	if _, isObject := d.value.(map[string]any); isObject && event == "ping" {
		return nil, nil
	}
	entries, err := g.layout.read(d)
	for i := range entries {
		if entries[i].SubmissionID == "" {
			entries[i].SubmissionID = bodyHash(d.Body)
		}
		entries[i].EventID = firstText(entries[i].EventID, d.Header.Get("X-GitHub-Delivery"))
		entries[i].Event = firstText(entries[i].Event, event)
	}
	return entries, err
}

func (g github) sample(r *Request, id string) {
	g.layout.sample(r, id)
	event := "sample"
	if len(g.layout.config.Events) > 0 {
		event = g.layout.config.Events[0]
	}
	r.setHeader("X-GitHub-Event", event)
}
