package source

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// Meta signs the body, without a time, and sends notices whose leads are fetched:
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started. Before the first one it asks with a token of the
// page's owner. It takes 200 for success, and tries for 36 hours.
func metaDefinition() definition {
	return definition{
		adapter: config.Meta, title: "Meta Lead Ads", proof: "HMAC-SHA256 of the body", manners: Manners{Exactly200: true},
		make: func(c config.Source, secrets []string) (adapter, error) {
			return meta{newKeyed(keyed{header: "X-Hub-Signature-256", prefix: "sha256="}, secrets), reveal(c.VerifyTokens)}, nil
		},
	}
}

type meta struct {
	*keyed
	tokens []string
}

// metaChallenge is what Meta asks with: digits. Anything else could be a page that is echoed into somebody's browser.
var metaChallenge = regexp.MustCompile(`^[0-9A-Za-z_-]{1,128}$`)

// challenge answers the question that Meta asks when the webhook is configured.
func (m meta) challenge(r Request) (Answer, error) {
	query := r.query()
	code := query.Get("hub.challenge")
	if query.Get("hub.mode") != "subscribe" || !metaChallenge.MatchString(code) || !sameToken(query.Get("hub.verify_token"), m.tokens) {
		return Answer{}, &Refusal{Reason: HandshakeRejected, Status: http.StatusForbidden}
	}
	return Answer{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: code}, nil
}

type metaBody struct {
	Object text `json:"object"`
	Entry  []struct {
		Changes []struct {
			Field text       `json:"field"`
			Value metaNotice `json:"value"`
		} `json:"changes"`
	} `json:"entry"`
}

type metaNotice struct {
	LeadID    text `json:"leadgen_id"`
	PageID    text `json:"page_id"`
	FormID    text `json:"form_id"`
	AdID      text `json:"ad_id"`
	AdgroupID text `json:"adgroup_id"`
	CreatedAt any  `json:"created_time"`
}

// metaParts is the same body, with each change as a whole.
type metaParts struct {
	Object json.RawMessage `json:"object"`
	Entry  []metaPart      `json:"entry"`
}

type metaPart struct {
	ID      json.RawMessage   `json:"id,omitempty"`
	Time    json.RawMessage   `json:"time,omitempty"`
	Changes []json.RawMessage `json:"changes"`
}

func (p metaParts) several() bool {
	changes := 0
	for _, entry := range p.Entry {
		changes += len(entry.Changes)
	}
	return changes > 1
}

// alone is the body with one of the changes and nothing of the others.
func (p metaParts) alone(entry, change int) []byte {
	part := p.Entry[entry]
	part.Changes = part.Changes[change : change+1]
	return object(metaParts{p.Object, []metaPart{part}})
}

// metaTestID is the id with which Meta's dashboard fills in its test notices; no lead has it.
const metaTestID = "444444444444"

// read gives one notice per lead. Changes of other kinds are not leads.
func (m meta) read(d *document) ([]Entry, error) {
	var body metaBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	var parts metaParts
	if err := d.decode(&parts); err != nil {
		return nil, err
	}
	var entries []Entry
	several := parts.several()
	for i, entry := range body.Entry {
		for j, change := range entry.Changes {
			if body.Object != "page" || change.Field != "leadgen" {
				continue
			}
			e := change.Value.entry()
			if several {
				e.Raw = parts.alone(i, j)
			}
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// entry is the submission of a notice.
func (n metaNotice) entry() Entry {
	id := string(n.LeadID)
	if id == "" {
		return unreadableEntry(unreadable("a change has no leadgen_id"))
	}
	set := map[string]any{}
	for name, value := range map[string]text{"page_id": n.PageID, "form_id": n.FormID, "ad_id": n.AdID, "adgroup_id": n.AdgroupID} {
		if value != "" && value != "0" { // organic leads have no ad
			set[name] = string(value)
		}
	}
	if !empty(n.CreatedAt) {
		set["created_time"] = n.CreatedAt
	}
	return Entry{
		SubmissionID: id, EventID: id, Event: "leadgen", Form: string(n.FormID), SubmittedAt: timeOf(textOf(n.CreatedAt)), Answers: set,
		Test:   id == metaTestID,
		Notice: &submission.Notice{Object: "lead", ID: id, Form: string(n.FormID), Account: string(n.PageID)},
	}
}

func (m meta) sample(r *Request, id string) {
	lead := metaTestID
	if !strings.HasPrefix(id, testPrefix) {
		lead = fmt.Sprint(r.Received.UnixNano())
	}
	r.Body = fmt.Appendf(nil, `{"object":"page","entry":[{"id":"%[1]s","time":%[2]d,"changes":[{"field":"leadgen","value":{"leadgen_id":"%[3]s",`+
		`"page_id":"%[1]s","form_id":"%[1]s","ad_id":"%[1]s","adgroup_id":"%[1]s","created_time":%[2]d}}]}]}`, metaTestID, r.Received.Unix(), lead)
}
