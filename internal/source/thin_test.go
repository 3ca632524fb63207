package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// Ensure each notice names what is to be fetched.
func TestNoticesNameWhatToFetch(t *testing.T) {
	t.Parallel()
	requests := fixtures(t, "webhook")
	for name, want := range map[string]submission.Notice{
		"meta_lead_ads/ok_single_lead_bigint": {Object: "lead", ID: "9007199254740993", Form: "1203345566778899", Account: "153125381133"},
		"linkedin/ok_lead_created": {
			Object: "lead", ID: "urn:li:leadGenFormResponse:c0a8e1f2-1b2c-4d3e-9f40-515263748596-1",
			Form: "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:55,1)", Account: "urn:li:sponsoredAccount:522529623",
		},
		"hubspot/ok_v1_contact_creation": {Object: "contact", ID: "9051", Account: "62515"},
	} {
		f := requests[name]
		item := newSource(t, f.source()).Read(f.request()).Submissions[0]
		require.True(t, item.Submission.Thin, name)
		require.Equal(t, &want, item.Payload.Notice, name)
	}
	for name, f := range requests {
		if f.Expect.Verified && f.Source != "meta_lead_ads" && f.Source != "linkedin" && f.Source != "hubspot" {
			for _, item := range newSource(t, f.source()).Read(f.request()).Submissions {
				require.False(t, item.Submission.Thin, name)
			}
		}
	}
}

func TestMetaChangesThatAreNoLeads(t *testing.T) {
	t.Parallel()
	c := config.Source{Adapter: config.Meta}
	require.Empty(t, from(t, c, `{"object":"page","entry":[{"changes":[{"field":"feed","value":{"planted":1}}]}]}`))
	require.Empty(t, from(t, c, `{"object":"user","entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":1}}]}]}`))
	items := from(t, c, `{"object":"page","entry":[{"changes":[
		{"field":"leadgen","value":{"leadgen_id":1,"ad_id":0,"adgroup_id":"0"}},{"field":"leadgen","value":{}},{"field":"leadgen","value":{"leadgen_id":"2"}}]}]}`)
	require.Len(t, items, 3, "one that cannot be read does not take the others with it")
	require.Empty(t, items[0].Payload.Answers, "an organic lead has no ad")
	require.Equal(t, submission.HoldUnreadable, items[1].Payload.Hold.Code)
	require.Equal(t, "2", items[2].Submission.SenderID)
	require.True(t, from(t, c, `{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"444444444444"}}]}]}`)[0].Submission.Test)
}

func TestLinkedInDeletionsAreErasures(t *testing.T) {
	t.Parallel()
	c := config.Source{Adapter: config.LinkedIn}
	created := one(t, c, `{"type":"LEAD_ACTION","leadGenFormResponse":"urn:1","leadAction":"CREATED","owner":{"organization":"urn:li:organization:5"}}`)
	require.Equal(t, "urn:li:organization:5", created.Payload.Answers["owner"])
	deleted := from(t, c, `{"type":"LEAD_ACTION","leadGenFormResponse":"urn:1","leadAction":"DELETED"}`)[0]
	require.Equal(t, submission.HoldErasure, deleted.Payload.Hold.Code)
	require.Equal(t, created.Submission.SenderID, deleted.Submission.SenderID)
	require.NotEqual(t, created.Submission.ID, deleted.Submission.ID)
	require.Empty(t, from(t, c, `{"type":"ORGANIZATION_SOCIAL_ACTION"}`))
}
