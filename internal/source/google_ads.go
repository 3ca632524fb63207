package source

import (
	"fmt"
	"strings"
	"time"

	"handoff/internal/config"
)

// Google Ads sends the key of the lead form asset in the body and signs nothing:
// https://developers.google.com/google-ads/webhook/docs/overview. It wants exactly 200 and {}; 4xx is final.
func googleAdsDefinition() definition {
	key := config.Place{Path: "google_key"}
	return definition{
		adapter: config.GoogleAds, title: "Google Ads lead forms", proof: "key in the body", token: key,
		manners: Manners{Exactly200: true, EmptyObject: true},
		make: func(c config.Source, secrets []string) (adapter, error) {
			return googleAds{token{key, secrets, c.Limits}, newStripKey("google_key")}, nil
		},
	}
}

type googleAds struct {
	token
	stripKey
}

type googleAdsBody struct {
	LeadID  text `json:"lead_id"`
	Columns []struct {
		ID    text `json:"column_id"`
		Value any  `json:"string_value"`
	} `json:"user_column_data"`
	FormID     text `json:"form_id"`
	CampaignID text `json:"campaign_id"`
	AdgroupID  text `json:"adgroup_id"`
	CreativeID text `json:"creative_id"`
	ClickID    text `json:"gcl_id"`
	IsTest     bool `json:"is_test"`
	SubmitTime text `json:"lead_submit_time"`
}

// read gives the one lead of a delivery. Fields that are not known are Google's future ones.
func (g googleAds) read(d *document) ([]Entry, error) {
	var body googleAdsBody
	if err := d.decode(&body); err != nil {
		return nil, err
	}
	if body.LeadID == "" {
		return nil, unreadable("the body has no lead_id")
	}
	a := newAnswers(d.limits)
	for _, column := range body.Columns {
		a.put(string(column.ID), column.Value)
	}
	if a.err != nil {
		return nil, a.err
	}
	return []Entry{{
		SubmissionID: string(body.LeadID), Form: string(body.FormID), SubmittedAt: timeOf(string(body.SubmitTime)), Answers: a.set,
		Test: body.IsTest,
		Context: map[string]string{
			"gclid": string(body.ClickID), "campaign_id": string(body.CampaignID), "adgroup_id": string(body.AdgroupID),
			"creative_id": string(body.CreativeID),
		},
	}}, nil
}

func (g googleAds) sample(r *Request, id string) {
	r.Body = fmt.Appendf(nil, `{"lead_id":%q,"user_column_data":[{"column_id":"FIRST_NAME","string_value":"Ada"},{"column_id":"LAST_NAME",`+
		`"string_value":"Sample"},{"column_id":"EMAIL","string_value":"ada.sample@example.com"}],"api_version":"1.0","form_id":1,`+
		`"campaign_id":1,"is_test":%t,"gcl_id":"","lead_submit_time":%q}`, id, strings.HasPrefix(id, testPrefix), r.Received.UTC().Format(time.RFC3339))
}
