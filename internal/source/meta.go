package source

import (
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
			Field text `json:"field"`
			Value struct {
				LeadID    text `json:"leadgen_id"`
				PageID    text `json:"page_id"`
				FormID    text `json:"form_id"`
				AdID      text `json:"ad_id"`
				AdgroupID text `json:"adgroup_id"`
				CreatedAt any  `json:"created_time"`
			} `json:"value"`
		} `json:"changes"`
	} `json:"entry"`
}

// metaTestID is the id with which Meta's dashboard fills in its test notices; no lead has it.
const metaTestID = "444444444444"

// read gives one notice per lead. Changes of other kinds are not leads.
func (m meta) read(d *document) ([]Entry, error) {
	var body metaBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	var entries []Entry
	for _, entry := range body.Entry {
		for _, change := range entry.Changes {
			if body.Object != "page" || change.Field != "leadgen" {
				continue
			}
			v := change.Value
			id := string(v.LeadID)
			if id == "" {
				entries = append(entries, unreadableEntry(unreadable("a change has no leadgen_id")))
				continue
			}
			set := map[string]any{}
			for name, value := range map[string]text{"page_id": v.PageID, "form_id": v.FormID, "ad_id": v.AdID, "adgroup_id": v.AdgroupID} {
				if value != "" && value != "0" { // organic leads have no ad
					set[name] = string(value)
				}
			}
			if !empty(v.CreatedAt) {
				set["created_time"] = v.CreatedAt
			}
			entries = append(entries, Entry{
				SubmissionID: id, EventID: id, Event: "leadgen", Form: string(v.FormID), SubmittedAt: timeOf(textOf(v.CreatedAt)), Answers: set,
				Test:   id == metaTestID,
				Notice: &submission.Notice{Object: "lead", ID: id, Form: string(v.FormID), Account: string(v.PageID)},
			})
		}
	}
	return entries, nil
}

func (m meta) sample(r *Request, id string) {
	lead := metaTestID
	if !strings.HasPrefix(id, testPrefix) {
		lead = fmt.Sprint(r.Received.UnixNano())
	}
	r.Body = fmt.Appendf(nil, `{"object":"page","entry":[{"id":"%[1]s","time":%[2]d,"changes":[{"field":"leadgen","value":{"leadgen_id":"%[3]s",`+
		`"page_id":"%[1]s","form_id":"%[1]s","ad_id":"%[1]s","adgroup_id":"%[1]s","created_time":%[2]d}}]}]}`, metaTestID, r.Received.Unix(), lead)
}
