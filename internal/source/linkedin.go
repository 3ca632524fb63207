package source

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// LinkedIn signs "hmacsha256=" and the body, without a time, and sends notices whose leads are fetched:
// https://learn.microsoft.com/linkedin/marketing/lead-sync/leadsync. It asks every two hours whether the endpoint is still
// ours, and blocks it after three wrong answers.
func linkedinDefinition() definition {
	return definition{
		adapter: config.LinkedIn, title: "LinkedIn Lead Gen", proof: "HMAC-SHA256 of the body",
		make: func(_ config.Source, secrets []string) (adapter, error) {
			return linkedin{newKeyed(keyed{
				header: "X-LI-Signature", prefix: linkedinPrefix, optional: true, signed: []string{linkedinPrefix, placeBody},
			}, secrets), secrets}, nil
		},
	}
}

const linkedinPrefix = "hmacsha256="

type linkedin struct {
	*keyed
	texts []string
}

// linkedinChallenge is a UUID, and nothing else may be answered: the answer is a keyed hash of the question, and a question
// that begins as a signed body does would make us sign that body for whoever asks.
var linkedinChallenge = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// challenge answers with the newest secret.
func (l linkedin) challenge(r Request) (Answer, error) {
	codes := r.query()["challengeCode"]
	if len(codes) != 1 || !linkedinChallenge.MatchString(codes[0]) {
		return Answer{}, &Refusal{Reason: HandshakeRejected, Status: http.StatusBadRequest}
	}
	mac := hmac.New(sha256.New, []byte(l.texts[0]))
	mac.Write([]byte(codes[0]))
	body, err := json.Marshal(map[string]string{"challengeCode": codes[0], "challengeResponse": hex.EncodeToString(mac.Sum(nil))})
	if err != nil {
		return Answer{}, refuse(HandshakeRejected)
	}
	return Answer{Status: http.StatusOK, ContentType: TypeJSON, Body: string(body)}, nil
}

type linkedinBody struct {
	Type       text            `json:"type"`
	Response   text            `json:"leadGenFormResponse"`
	Form       text            `json:"leadGenForm"`
	Owner      map[string]text `json:"owner"`
	LeadType   text            `json:"leadType"`
	Action     text            `json:"leadAction"`
	OccurredAt text            `json:"occurredAt"`
}

// read gives the one notice of a delivery. A lead that was deleted is a person who is to be forgotten.
func (l linkedin) read(d *document) ([]Entry, error) {
	var body linkedinBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	if body.Type != "LEAD_ACTION" {
		return nil, nil
	}
	if body.Response == "" {
		return nil, unreadable("the body has no leadGenFormResponse")
	}
	id := string(body.Response)
	e := Entry{
		SubmissionID: id, EventID: id + ":" + string(body.Action) + ":" + string(body.OccurredAt), Event: string(body.Action),
		Form: string(body.Form), SubmittedAt: timeOf(string(body.OccurredAt)), Answers: map[string]any{},
	}
	for name, value := range map[string]text{"lead_form": body.Form, "lead_type": body.LeadType, "owner": linkedinOwner(body.Owner)} {
		if value != "" {
			e.Answers[name] = string(value)
		}
	}
	if body.Action == "DELETED" {
		e.Revision = string(body.Action)
		e.Hold = &submission.Hold{Code: submission.HoldErasure, Detail: "LinkedIn deleted the lead: erase the person here too"}
		return []Entry{e}, nil
	}
	e.Notice = &submission.Notice{Object: "lead", ID: id, Form: string(body.Form), Account: string(linkedinOwner(body.Owner))}
	return []Entry{e}, nil
}

func linkedinOwner(owner map[string]text) text {
	if account := owner["sponsoredAccount"]; account != "" {
		return account
	}
	return owner["organization"]
}

func (l linkedin) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:leadGenFormResponse:%s","owner":{"sponsoredAccount":`+
		`"urn:li:sponsoredAccount:1"},"leadGenForm":"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:1,1)","leadType":"SPONSORED",`+
		`"leadAction":"CREATED","occurredAt":%d}`, id, r.Received.UnixMilli())
}
