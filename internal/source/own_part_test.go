package source_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// Ensure that of a delivery of several each submission keeps a body of its own: nothing of the others is in it, also not of
// what nobody asked for, and reading it again gives the same submission.
func TestEachOfSeveralKeepsItsOwnPart(t *testing.T) {
	t.Parallel()
	const event = `{"appId":1,"changeSource":%q,"eventId":%d,"objectId":%d,"occurredAt":1767619998500,"portalId":62515,"propertyName":"email",` +
		`"propertyValue":"planted-%[2]d@example.com","subscriptionId":12345,"subscriptionType":"contact.propertyChange","unknown":1.50}`
	form := func(n int) string { return fmt.Sprintf(event, "FORM", n, n) }
	other := func(n int) string { return fmt.Sprintf(event, "CRM_UI", n, n) }
	lead := func(field, id string) string {
		return `{"field":"` + field + `","value":{"created_time":1767630000,"form_id":7,"leadgen_id":` + id + `,"unknown":"planted-` + id + `"}}`
	}
	page := func(id, changes string) string {
		return `{"id":"` + id + `","time":1767630010,"changes":[` + changes + `]}`
	}
	body := func(entries string) string { return `{"object":"page","entry":[` + entries + `]}` }
	for name, c := range map[string]struct {
		adapter config.Adapter
		body    string
		want    []string
	}{
		"HubSpot": {config.HubSpot, "[" + form(1) + "," + form(2) + "]", []string{"[" + form(1) + "]", "[" + form(2) + "]"}},
		"HubSpot, one that counts": {
			config.HubSpot, "[" + other(1) + "," + form(2) + "," + other(3) + "]", []string{"[" + form(2) + "]"},
		},
		"Meta": {
			config.Meta, body(page("5", lead("leadgen", "1")+","+lead("leadgen", "9007199254740993")) + "," + page("6", lead("leadgen", "3"))),
			[]string{body(page("5", lead("leadgen", "1"))), body(page("5", lead("leadgen", "9007199254740993"))), body(page("6", lead("leadgen", "3")))},
		},
		"Meta, one that counts": {
			config.Meta, body(page("5", lead("feed", "1")) + "," + page("6", lead("leadgen", "2"))), []string{body(page("6", lead("leadgen", "2")))},
		},
		"Meta, without what is around": {
			config.Meta, body(`{"changes":[` + lead("leadgen", "1") + "," + lead("leadgen", "2") + "]}"),
			[]string{body(`{"changes":[` + lead("leadgen", "1") + "]}"), body(`{"changes":[` + lead("leadgen", "2") + "]}")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := from(t, config.Source{Adapter: c.adapter}, c.body)
			require.Len(t, items, len(c.want))
			for i, item := range items {
				require.JSONEq(t, c.want[i], string(item.Raw))
				require.Equal(t, []source.Item{item}, from(t, config.Source{Adapter: c.adapter}, string(item.Raw)))
			}
		})
	}
}

// Ensure a part that cannot be read is kept alone as well, and has the identity that it has in the delivery: what a sender
// sends again is the same submission, whatever is kept of it.
func TestWhatCannotBeReadKeepsItsOwnPart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		adapter         config.Adapter
		body, own, good string
	}{
		"HubSpot": {
			config.HubSpot, `[{"objectId":1,"portalId":2,"subscriptionType":"contact.creation","changeSource":"FORM"},{"subscriptionType":"contact.creation","changeSource":"FORM"}]`,
			`[{"subscriptionType":"contact.creation","changeSource":"FORM"}]`, "2:1",
		},
		"Meta": {
			config.Meta, `{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":1}},{"field":"leadgen","value":{"form_id":7}}]}]}`,
			`{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{"form_id":7}}]}]}`, "1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := from(t, config.Source{Adapter: c.adapter}, c.body)
			require.Len(t, items, 2)
			require.Equal(t, c.good, items[0].Submission.SenderID)
			require.Equal(t, submission.HoldUnreadable, items[1].Payload.Hold.Code)
			require.JSONEq(t, c.own, string(items[1].Raw))
			alone := from(t, config.Source{Adapter: c.adapter}, c.own)
			require.Equal(t, alone[0].Payload, items[1].Payload)
			require.Equal(t, fmt.Sprintf("%x.1", sha256.Sum256([]byte(c.body))), items[1].Submission.SenderID)
		})
	}
}

// Ensure a notice that comes alone is kept as it came, to the byte.
func TestANoticeAloneIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	requests := fixtures(t, "webhook")
	for _, name := range []string{"hubspot/ok_v1_contact_creation", "meta_lead_ads/ok_single_lead_bigint", "linkedin/ok_lead_created"} {
		f := requests[name]
		items := newSource(t, f.source()).Read(f.request()).Submissions
		require.Len(t, items, 1, name)
		require.Equal(t, f.Request.Body, string(items[0].Raw), name)
	}
}
