package routing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/routing"
)

const sample = `
queue: unassigned
rules:
  - name: strategic accounts
    accounts: {acme.com: ana, globex.co.uk: ben}
  - name: strategic partners
    when: {product: partner}
    accounts: {initech.com: cy}
  - name: large in dach
    when: {country: [DE, AT, CH], employees: {min: 500, max: 5000.5}}
    owner: dora
  - name: dach territory
    when: {country: [DE, AT, CH]}
    pool: dach
  - name: students
    when: {employees: {max: 0}}
    queue: students
  - name: sellers
    when: {product: [crm]}
    pool: inbound
pools:
  dach: {members: [{owner: ana, weight: 3}, {owner: ben, weight: 1}], queue: dach-queue}
  inbound: {members: [{owner: cy, weight: 1}]}
routes:
  account-management: {pool: inbound}
  support: {queue: support-queue}
  founder: {owner: zoe}
`

func parse(t require.TestingT, text string) *routing.Table {
	table, problems := routing.Parse("routing.yaml", []byte(text))
	require.NoError(t, problems.Err())
	return table
}

func TestDecide(t *testing.T) {
	t.Parallel()
	table := parse(t, sample)
	for name, c := range map[string]struct {
		facts        routing.Facts
		route, owner string
		want         string // rule, then owner:, pool: or queue: and who
	}{
		"an owner keeps the record":           {routing.Facts{"domain": "acme.com"}, "", "kim", "existing owner kept, owner: kim"},
		"an owner keeps it against a route":   {nil, "support", "kim", "existing owner kept, owner: kim"},
		"a named account":                     {routing.Facts{"domain": "acme.com", "country": "DE"}, "", "", "strategic accounts, owner: ana"},
		"its subdomain":                       {routing.Facts{"domain": "mail.EU.Acme.com."}, "", "", "strategic accounts, owner: ana"},
		"a subdomain of a deeper account":     {routing.Facts{"domain": "x.globex.co.uk"}, "", "", "strategic accounts, owner: ben"},
		"no account by its ending":            {routing.Facts{"domain": "notacme.com"}, "", "", "no rule matched, queue: unassigned"},
		"no account by its beginning":         {routing.Facts{"domain": "acme.com.evil.org"}, "", "", "no rule matched, queue: unassigned"},
		"no account above it":                 {routing.Facts{"domain": "co.uk"}, "", "", "no rule matched, queue: unassigned"},
		"an account under a condition":        {routing.Facts{"domain": "initech.com", "product": "partner"}, "", "", "strategic partners, owner: cy"},
		"not without the condition":           {routing.Facts{"domain": "initech.com", "product": "crm"}, "", "", "sellers, pool: inbound"},
		"all conditions hold":                 {routing.Facts{"country": "AT", "employees": "500"}, "", "", "large in dach, owner: dora"},
		"the upper bound belongs to it":       {routing.Facts{"country": "AT", "employees": " 5000.5 "}, "", "", "large in dach, owner: dora"},
		"above the range":                     {routing.Facts{"country": "AT", "employees": "5001"}, "", "", "dach territory, pool: dach"},
		"below the range":                     {routing.Facts{"country": "AT", "employees": "499"}, "", "", "dach territory, pool: dach"},
		"no number is in no range":            {routing.Facts{"country": "AT", "employees": "many"}, "", "", "dach territory, pool: dach"},
		"NaN is in no range":                  {routing.Facts{"country": "AT", "employees": "NaN"}, "", "", "dach territory, pool: dach"},
		"words in any case":                   {routing.Facts{"country": " de "}, "", "", "dach territory, pool: dach"},
		"an absent number is in no range":     {routing.Facts{"country": "FR"}, "", "", "no rule matched, queue: unassigned"},
		"an open range":                       {routing.Facts{"employees": "-1"}, "", "", "students, queue: students"},
		"nothing is known":                    {nil, "", "", "no rule matched, queue: unassigned"},
		"a route to a pool":                   {routing.Facts{"domain": "acme.com"}, "account-management", "", "route account-management, pool: inbound"},
		"a route to a queue":                  {nil, "support", "", "route support, queue: support-queue"},
		"a route to an owner":                 {nil, "founder", "", "route founder, owner: zoe"},
		"a route that is not there":           {routing.Facts{"domain": "acme.com"}, "sales", "", "unknown route, queue: unassigned, alert: unknown_route"},
		"the first of several matching rules": {routing.Facts{"country": "CH", "product": "crm"}, "", "", "dach territory, pool: dach"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, summary(table.Decide(c.facts, c.route, c.owner, monday)))
		})
	}
}

func summary(d routing.Decision) string {
	text := d.Rule
	switch {
	case d.Pool != nil:
		text += ", pool: " + d.Pool.Name
	case d.Owner != "":
		text += ", owner: " + d.Owner
	default:
		text += ", queue: " + d.Queue
	}
	if d.Alert != "" {
		text += ", alert: " + d.Alert
	}
	return text
}

func TestExplanationsSayTheRule(t *testing.T) {
	t.Parallel()
	table := parse(t, sample)
	for want, d := range map[string]routing.Decision{
		"A record of this person already had an owner, who keeps it.":                                                         table.Decide(nil, "", "kim", monday),
		`Rule "strategic accounts": the company is a named account, so its owner gets it.`:                                    table.Decide(routing.Facts{"domain": "acme.com"}, "", "", monday),
		`Rule "large in dach": country and employees matched, so its owner gets it.`:                                          table.Decide(routing.Facts{"country": "DE", "employees": "900"}, "", "", monday),
		`Rule "dach territory": country matched, so the next in pool dach gets it.`:                                           table.Decide(routing.Facts{"country": "DE"}, "", "", monday),
		`Rule "students": employees matched, so the record waits in queue students.`:                                          table.Decide(routing.Facts{"employees": "0"}, "", "", monday),
		`The mapping asked for the route "support", so the record waits in queue support-queue.`:                              table.Decide(nil, "support", "", monday),
		`No rule matched, so the record waits in queue unassigned.`:                                                           table.Decide(nil, "", "", monday),
		`The mapping asks for the route "x", which the routing table does not have, so the record waits in queue unassigned.`: table.Decide(nil, "x", "", monday),
	} {
		require.Equal(t, want, d.Explanation)
	}
	catchAll := parse(t, "queue: q\nrules: [{name: rest, owner: ana}]").Decide(nil, "", "", monday)
	require.Equal(t, `Rule "rest": it takes everything, so its owner gets it.`, catchAll.Explanation)
}

// I3: a decision repeats no fact, and always says who, by which rule and why.
func TestI3DecisionsRepeatNoFact(t *testing.T) {
	t.Parallel()
	table := parse(t, sample)
	rapid.Check(t, func(t *rapid.T) {
		marker := "zq" + rapid.StringMatching(`[a-z]{6}`).Draw(t, "marker")
		facts := routing.Facts{
			"domain":  rapid.SampledFrom([]string{marker, marker + ".acme.com", "a." + marker}).Draw(t, "domain"),
			"country": rapid.SampledFrom([]string{marker, "DE"}).Draw(t, "country"),
			"product": rapid.SampledFrom([]string{marker, "partner", "crm"}).Draw(t, "product"),
		}
		d := table.Decide(facts, "", "", monday)
		require.NotContains(t, d.Rule+d.Explanation+d.Owner+d.Queue, marker)
		require.NotEmpty(t, d.Rule)
		require.NotEmpty(t, d.Explanation)
		require.Equal(t, 1, strings.Count(d.Explanation, "."), "one sentence")
		require.True(t, (d.Owner != "") != (d.Pool != nil || d.Queue != ""), "an owner, or a pool, or a queue")
	})
}

func TestRoutesAndPools(t *testing.T) {
	t.Parallel()
	table := parse(t, sample)
	require.Equal(t, []string{"account-management", "founder", "support"}, table.Routes())
	var names []string
	for _, p := range table.Pools() {
		names = append(names, p.Name)
	}
	require.Equal(t, []string{"dach", "inbound"}, names)
	require.Equal(t, "dach-queue", table.Decide(routing.Facts{"country": "DE"}, "", "", monday).Queue)
}
