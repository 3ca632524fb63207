package routing_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/routing"
)

func TestParseReportsEveryProblemAtItsPlace(t *testing.T) {
	t.Parallel()
	const pools = "pools: {inbound: {members: [{owner: ana, weight: 1}]}}\nqueue: q\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty file":          {"", `r.yaml:1:1: $.queue: missing; want the queue of records that no rule matches`},
		"no YAML":             {"a: [", `r.yaml:1:4: not valid YAML: sequence end token ']' not found`},
		"no queue":            {"rules: []", `r.yaml:1:1: $.queue: missing; want the queue of records that no rule matches`},
		"unknown key":         {"queue: q\nrulse: []", `r.yaml:2:1: $.rulse: unknown key "rulse"; did you mean "rules"?`},
		"unknown rule key":    {"queue: q\nrules: [{name: a, owner: b, poole: c}]", `r.yaml:2:29: $.rules[0].poole: unknown key "poole"; did you mean "pool"?`},
		"unknown range key":   {"queue: q\nrules: [{name: a, owner: b, when: {employees: {mim: 5, max: 9}}}]", `r.yaml:2:48: $.rules[0].when.employees.mim: unknown key "mim"; did you mean "min"?`},
		"unknown pool":        {pools + "rules: [{name: a, pool: inbund}]", `r.yaml:3:25: $.rules[0].pool: unknown pool "inbund"; did you mean "inbound"?`},
		"unknown route pool":  {pools + "routes: {vip: {pool: gold}}", `r.yaml:3:22: $.routes.vip.pool: unknown pool "gold"; want one of: inbound`},
		"no pools at all":     {"queue: q\nrules: [{name: a, pool: gold}]", `r.yaml:2:25: $.rules[0].pool: unknown pool "gold"; there are none`},
		"weight missing":      {"queue: q\npools: {a: {members: [{owner: ana}]}}", `r.yaml:2:24: $.pools.a.members[0].weight: want a weight of 1 to 1000`},
		"weight zero":         {"queue: q\npools: {a: {members: [{owner: ana, weight: 0}]}}", `r.yaml:2:44: $.pools.a.members[0].weight: want a weight of 1 to 1000`},
		"weight too large":    {"queue: q\npools: {a: {members: [{owner: ana, weight: 1001}]}}", `r.yaml:2:44: $.pools.a.members[0].weight: want a weight of 1 to 1000`},
		"weight no number":    {"queue: q\npools: {a: {members: [{owner: ana, weight: x}]}}", `r.yaml:2:44: $.pools.a.members[0].weight: want a whole number, got a text`},
		"owner missing":       {"queue: q\npools: {a: {members: [{weight: 1}]}}", `r.yaml:2:24: $.pools.a.members[0].owner: missing; want the owner's id in the CRM`},
		"member twice":        {"queue: q\npools: {a: {members: [{owner: ana, weight: 1}, {owner: ana, weight: 2}]}}", `r.yaml:2:56: $.pools.a.members[1].owner: also member 1 of this pool; want one entry with the weights' sum`},
		"no members":          {"queue: q\npools: {a: {queue: b}}", `r.yaml:2:9: $.pools.a.members: want 1 to 200 members`},
		"too many members":    {"queue: q\npools: {a: {members: [" + strings.Repeat("{owner: x, weight: 1}, ", 201) + "]}}", `$.pools.a.members: want 1 to 200 members`},
		"pool name":           {"queue: q\npools: {A b: {members: [{owner: ana, weight: 1}]}}", `r.yaml:2:9: $.pools.'A b': want a name of a-z, 0-9, - and _, that begins with a letter and has at most 40 characters`},
		"route name":          {"queue: q\nroutes: {VIP: {owner: ana}}", `r.yaml:2:10: $.routes.VIP: want a name of a-z, 0-9, - and _, that begins with a letter and has at most 40 characters`},
		"rule without name":   {"queue: q\nrules: [{owner: b}]", `r.yaml:2:10: $.rules[0].name: missing; want a name, which says to people why a record went where it went`},
		"rule name too long":  {"queue: q\nrules: [{name: " + strings.Repeat("x", 61) + ", owner: b}]", `r.yaml:2:16: $.rules[0].name: want at most 60 characters`},
		"rule name reserved":  {"queue: q\nrules: [{name: no rule matched, owner: b}]", `r.yaml:2:16: $.rules[0].name: a name that Handoff uses itself; want another one`},
		"rule name of route":  {"queue: q\nrules: [{name: route a, owner: b}]", `r.yaml:2:16: $.rules[0].name: a name that Handoff uses itself; want another one`},
		"rule name twice":     {"queue: q\nrules: [{name: a, when: {x: y}, owner: b}, {name: a, owner: b}]", `r.yaml:2:51: $.rules[1].name: also the name of rule 1; want another one`},
		"no target":           {"queue: q\nrules: [{name: a, when: {x: y}}]", `r.yaml:2:10: $.rules[0]: want exactly one of owner, pool and queue`},
		"two targets":         {"queue: q\nrules: [{name: a, owner: b, queue: c}]", `r.yaml:2:10: $.rules[0]: want exactly one of owner, pool and queue`},
		"route no target":     {"queue: q\nroutes: {vip: {}}", `r.yaml:2:10: $.routes.vip: want exactly one of owner, pool and queue`},
		"after a catch-all":   {"queue: q\nrules:\n- {name: all, owner: b}\n- {name: late, when: {x: y}, owner: b}\n- {name: later, owner: c}", "r.yaml:4:4: $.rules[1]: never reached: rule \"all\" before it takes everything\nr.yaml:5:4: $.rules[2]: never reached: rule \"all\" before it takes everything"},
		"empty when":          {"queue: q\nrules: [{name: a, when: {}, owner: b}]", "r.yaml:2:19: $.rules[0].when: want at least one fact; a rule without `when` takes everything"},
		"fact name":           {"queue: q\nrules: [{name: a, when: {Company Size: y}, owner: b}]", `r.yaml:2:40: $.rules[0].when.'Company Size': want the name of a fact: a-z, 0-9, - and _`},
		"empty condition":     {"queue: q\nrules: [{name: a, when: {x: }, owner: b}]", `r.yaml:2:26: $.rules[0].when.x: want a word, a list of words, or a range with min, max or both`},
		"empty range":         {"queue: q\nrules: [{name: a, when: {x: {}}, owner: b}]", `r.yaml:2:26: $.rules[0].when.x: want a word, a list of words, or a range with min, max or both`},
		"range upside down":   {"queue: q\nrules: [{name: a, when: {x: {min: 2, max: 1}}, owner: b}]", `r.yaml:2:26: $.rules[0].when.x: holds for no number: min is more than max`},
		"no words":            {"queue: q\nrules: [{name: a, when: {x: []}, owner: b}]", `r.yaml:2:26: $.rules[0].when.x: want at least one word`},
		"empty word":          {"queue: q\nrules: [{name: a, when: {x: [a, \"\"]}, owner: b}]", `r.yaml:2:26: $.rules[0].when.x: want words that are not empty`},
		"number for a word":   {"queue: q\nrules: [{name: a, when: {x: 500}, owner: b}]", `r.yaml:2:29: $.rules[0].when.x: want a text, got a number; put it in quotes`},
		"number among words":  {"queue: q\nrules: [{name: a, when: {x: [y, 7]}, owner: b}]", `r.yaml:2:33: $.rules[0].when.x[1]: want a text, got a number; put it in quotes`},
		"accounts and target": {"queue: q\nrules: [{name: a, accounts: {a.com: ana}, owner: b}]", `r.yaml:2:10: $.rules[0]: accounts name their owners; want no owner, pool or queue beside them`},
		"empty accounts":      {"queue: q\nrules: [{name: a, accounts: {}}]", `r.yaml:2:19: $.rules[0].accounts: want at least one domain with its owner`},
		"no domain":           {"queue: q\nrules: [{name: a, accounts: {Acme.com: ana}}]", `r.yaml:2:40: $.rules[0].accounts.'Acme.com': want a domain in lower case, such as example.com`},
		"domain is an e-mail": {"queue: q\nrules: [{name: a, accounts: {x@acme.com: ana}}]", `r.yaml:2:42: $.rules[0].accounts.'x@acme.com': want a domain in lower case, such as example.com`},
		"account nobody owns": {"queue: q\nrules: [{name: a, accounts: {acme.com: }}]", `r.yaml:2:30: $.rules[0].accounts.'acme.com': want the owner's id in the CRM`},
		"account twice":       {"queue: q\nrules: [{name: a, accounts: {acme.com: ana}}, {name: b, accounts: {acme.com: ben}}]", `r.yaml:2:78: $.rules[1].accounts.'acme.com': never reached: rule "a" before it has this domain`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, problems := routing.Parse("r.yaml", []byte(c.text))
			require.Nil(t, table)
			if strings.HasPrefix(c.want, "$") {
				require.ErrorContains(t, problems.Err(), c.want)
				return
			}
			require.EqualError(t, problems.Err(), c.want)
		})
	}
}

func TestParseReportsAllAtOnce(t *testing.T) {
	t.Parallel()
	_, problems := routing.Parse("r.yaml", []byte(`rules:
  - name: everybody
    pool: inbund
  - accounts: {acme: ana}
    when: {size: {mix: 1}}
pools:
  inbound:
    members:
      - {owner: ana, weight: 0}
      - {owner: ana, weight: 2}
routes:
  vip: {pool: inbound, queue: q}
`))
	require.EqualError(t, problems.Err(), `r.yaml:1:1: $.queue: missing; want the queue of records that no rule matches
r.yaml:3:11: $.rules[0].pool: unknown pool "inbund"; did you mean "inbound"?
r.yaml:4:5: $.rules[1]: never reached: rule "everybody" before it takes everything
r.yaml:4:5: $.rules[1].name: missing; want a name, which says to people why a record went where it went
r.yaml:4:22: $.rules[1].accounts.acme: want a domain in lower case, such as example.com
r.yaml:5:19: $.rules[1].when.size.mix: unknown key "mix"; did you mean "max"?
r.yaml:9:30: $.pools.inbound.members[0].weight: want a weight of 1 to 1000
r.yaml:10:17: $.pools.inbound.members[1].owner: also member 1 of this pool; want one entry with the weights' sum
r.yaml:12:3: $.routes.vip: want exactly one of owner, pool and queue`)
}

func TestAnAccountMayComeAgainAfterACondition(t *testing.T) {
	t.Parallel()
	table := parse(t, "queue: q\nrules: [{name: a, when: {x: y}, accounts: {acme.com: ana}}, {name: b, accounts: {acme.com: ben}}]")
	require.Equal(t, "ben", table.Decide(routing.Facts{"domain": "acme.com"}, "", "", monday).Owner)
	require.Equal(t, "ana", table.Decide(routing.Facts{"domain": "acme.com", "x": "Y"}, "", "", monday).Owner)
}

func TestTheShippedTableIsValid(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../mappings/routing.yaml")
	require.NoError(t, err)
	table, problems := routing.Parse("routing.yaml", data)
	require.NoError(t, problems.Err())
	require.Contains(t, table.Routes(), "account-management")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("queue: q\nrules: [{name: a, when: {x: {min: 1}}, accounts: {a.b: c}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, problems := routing.Parse("r.yaml", data)
		require.Equal(t, len(problems) > 0, table == nil)
		if table != nil {
			d := table.Decide(routing.Facts{"domain": "a.b", "x": "1"}, "", "", monday)
			require.NotEmpty(t, d.Rule)
			if d.Pool != nil {
				owner, _ := d.Pool.Next(routing.PoolState{})
				require.NotEmpty(t, owner)
			}
		}
	})
}
