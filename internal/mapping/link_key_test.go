package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
)

// guests has records that are identified by what they link to: one person is a member of a campaign once.
const guests = `mapping: guests
owner: marketing
forms: [guests]
sources: [website]
destination: crm
consent: {basis: not-collected}
fields:
  - {from: company, to: company.name, required: true}
  - {from: email, to: lead.email, type: email}
  - {from: campaign, to: member.campaign_id, required: true}
objects:
  company: {object: company, key: [name]}
  lead: {object: lead, key: [email], without_key: skip}
  member: {object: campaign_member, key: [[campaign_id, lead_id]], links: {lead_id: lead}, without_key: skip}
`

func guestsWith(t *testing.T, changes ...string) (*mapping.Mapping, error) {
	t.Helper()
	spec := guests
	for i := 0; i < len(changes); i += 2 {
		require.Equal(t, 1, strings.Count(spec, changes[i]), changes[i])
		spec = strings.Replace(spec, changes[i], changes[i+1], 1)
	}
	m, problems := mapping.Parse("m.yaml", []byte(spec))
	return m, problems.Err()
}

// TestKeysThatAreLinks: a record that is identified by another one is written where that one is, and only there.
func TestKeysThatAreLinks(t *testing.T) {
	t.Parallel()
	m, err := guestsWith(t)
	require.NoError(t, err)
	member := named(t, apply(t, m, map[string]any{"company": "x", "email": "a@b.example", "campaign": "701"}), "member")
	require.Equal(t, [][]string{{"campaign_id", "lead_id"}}, member.Keys)
	require.Equal(t, []mapping.Link{{Field: "lead_id", To: "lead"}}, member.Links)

	plan := apply(t, m, map[string]any{"company": "x", "campaign": "701"})
	require.Len(t, plan.Objects, 1, "without the lead there is nobody who could be a member")
	for _, field := range m.Fields() {
		if field.ObjectName == "member" {
			require.True(t, field.Key, field.Field)
		}
	}

	_, err = guestsWith(t, ", type: email}", ", type: email, required: true}", "[email], without_key: skip}", "[email]}", "lead}, without_key: skip}", "lead}}")
	require.NoError(t, err, "what is always written identifies surely")
}

// TestKeysThatMayLeadNowhere: what cannot identify a record is said when the mapping is loaded.
func TestKeysThatMayLeadNowhere(t *testing.T) {
	t.Parallel()
	_, err := guestsWith(t, "links: {lead_id: lead}, without_key: skip", "links: {lead_id: lead}")
	require.EqualError(t, err, "m.yaml:14:37: $.objects.member.key: member.lead_id leads nowhere where no lead is written, and then nothing identifies the member; say `without_key: skip` or `review` for it")
	_, err = guestsWith(t, "links: {lead_id: lead}", "links: {lead_id: member}")
	require.ErrorContains(t, err, "member is written before member, so it has no id to link to")
	rule := "customer: {object: company, when: {type: [customer]}, skip: [lead], route: accounts}\n"
	_, err = guestsWith(t, "links: {lead_id: lead}, without_key: skip}\n", "links: {lead_id: lead}, without_key: skip}\n"+rule)
	require.EqualError(t, err, "m.yaml:15:62: $.customer.skip[0]: member is identified by lead, so it is to be left out too")
	_, err = guestsWith(t, "links: {lead_id: lead}, without_key: skip}\n", "links: {lead_id: lead}, without_key: skip}\n"+strings.Replace(rule, "[lead]", "[lead, member]", 1))
	require.NoError(t, err)
}
