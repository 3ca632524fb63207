package routing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"handoff/internal/routing"
)

const territoryTable = `queue: unassigned
rules:
  - name: territories
    by: [country, postal_code]
    territories:
      DE: {owner: dora}
      DE/8*: {pool: south}
      DE/80*: {owner: mona}
      DE/80331: {owner: otto}
      "GB/SW1A 1AA": {owner: rex}
      C*: {queue: others}
  - {name: rest, owner: ana}
pools: {south: {members: [{owner: sam, weight: 1}]}}
`

func TestTheMostSpecificTerritoryCounts(t *testing.T) {
	t.Parallel()
	table := parse(t, territoryTable)
	for _, c := range []struct {
		facts routing.Facts
		want  string
		why   string
	}{
		{routing.Facts{"country": "DE"}, "dora", `Rule "territories": its territory follows from country, so its owner gets it.`},
		{routing.Facts{"country": "de", "postal_code": "20095"}, "dora", ""},
		{routing.Facts{"country": "DE", "postal_code": "85354"}, "pool south", `Rule "territories": its territory follows from country and postal_code, so the next in pool south gets it.`},
		{routing.Facts{"country": "DE", "postal_code": "80469"}, "mona", ""},
		{routing.Facts{"country": "DE", "postal_code": " 80331 "}, "otto", ""},
		{routing.Facts{"country": "GB", "postal_code": "sw1a1aa"}, "rex", ""},
		{routing.Facts{"country": "GB", "postal_code": "N1"}, "ana", `Rule "rest": it takes everything, so its owner gets it.`},
		{routing.Facts{"country": "CH"}, "queue others", ""},
		{routing.Facts{"postal_code": "80331"}, "ana", ""},
		{nil, "ana", ""},
	} {
		d := table.Decide(c.facts, "", "", monday)
		got := d.Owner
		switch {
		case d.Pool != nil:
			got = "pool " + d.Pool.Name
		case got == "":
			got = "queue " + d.Queue
		}
		require.Equal(t, c.want, got, "%v", c.facts)
		if c.why != "" {
			require.Equal(t, c.why, d.Explanation)
		}
	}
	require.Equal(t, []string{"ana", "dora", "mona", "others", "otto", "rex", "sam", "unassigned"}, table.Owners())
}

func TestParseReportsEveryProblemOfSchedulesAndTerritories(t *testing.T) {
	t.Parallel()
	const pools = "\npools: {p: {members: [{owner: a, weight: 1}]}}"
	for text, want := range map[string]string{
		"queue: q\nrules: [{name: t, by: [country], territories: {DE/80: {owner: a}}}]":                                       `routing.yaml:2:48: $.rules[0].territories.'DE/80': names 2 values, and ` + "`by`" + ` only 1 facts`,
		"queue: q\nrules: [{name: t, territories: {DE: {owner: a}}}]":                                                         `routing.yaml:2:10: $.rules[0].by: want the facts that the rows name, from the coarsest to the finest, such as [country, state]`,
		"queue: q\nrules: [{name: t, by: [country]}]":                                                                         `routing.yaml:2:10: $.rules[0].territories: want rows, such as US/CA: {pool: west}`,
		"queue: q\nrules: [{name: t, by: [country, country], territories: {DE: {owner: a}}}]":                                 `routing.yaml:2:33: $.rules[0].by[1]: "country" is listed twice`,
		"queue: q\nrules: [{name: t, by: [country], territories: {DE: {owner: a}, \"de \": {owner: b}}}]":                     `routing.yaml:2:64: $.rules[0].territories.'de ': another row has the same values: case and spaces do not matter`,
		"queue: q\nrules: [{name: t, by: [country], territories: {\"D*E\": {owner: a}}}]":                                     `routing.yaml:2:48: $.rules[0].territories.'D*E': want * only at the end of a value, such as DE/80*`,
		"queue: q\nrules: [{name: t, by: [country], territories: {DE: {pool: x}}}]" + pools:                                   `routing.yaml:2:59: $.rules[0].territories.DE.pool: unknown pool "x"; want one of: p`,
		"queue: q\nrules: [{name: t, by: [country], owner: z, territories: {DE: {owner: a}}}]":                                `routing.yaml:2:10: $.rules[0]: territories name who gets the record; want no owner, pool or queue beside them`,
		"queue: q\npools: {p: {hours: {mon: \"9:00-17:00\"}, members: [{owner: a, weight: 1}]}}":                              `routing.yaml:2:13: $.pools.p.hours.zone: missing; want the time zone, such as Europe/Berlin`,
		"queue: q\npools: {p: {hours: {zone: Berlin, mon: \"9:00-17:00\"}, members: [{owner: a, weight: 1}]}}":                `routing.yaml:2:27: $.pools.p.hours.zone: want the name of a time zone, such as Europe/Berlin`,
		"queue: q\npools: {p: {hours: {zone: UTC, monday: \"9:00-17:00\"}, members: [{owner: a, weight: 1}]}}":                `routing.yaml:2:40: $.pools.p.hours.monday: want zone, a day or days: mon, tue, wed, thu, fri, sat, sun, or mon-fri`,
		"queue: q\npools: {p: {hours: {zone: UTC, mon: \"9-17\"}, members: [{owner: a, weight: 1}]}}":                         `routing.yaml:2:37: $.pools.p.hours.mon: want times of the day, such as 9:00-12:30, 13:30-18:00`,
		"queue: q\npools: {p: {hours: {zone: UTC}, members: [{owner: a, weight: 1}]}}":                                        `routing.yaml:2:13: $.pools.p.hours: nobody ever works: want days with their times, such as mon-fri: 9:00-17:30`,
		"queue: q\npools: {p: {off_hours: queue, members: [{owner: a, weight: 1}]}}":                                          `routing.yaml:2:24: $.pools.p.off_hours: goes only with hours`,
		"queue: q\npools: {p: {holidays: [2026-12-25], members: [{owner: a, weight: 1}]}}":                                    `routing.yaml:2:13: $.pools.p.holidays: goes only with hours`,
		"queue: q\npools: {p: {members: [{owner: a, weight: 1, away: [2026-12-26..2026-12-20]}]}}":                            `routing.yaml:2:52: $.pools.p.members[0].away[0]: want the days of an absence, such as 2026-12-20..2027-01-03, or one day`,
		"queue: q\npools: {p: {hours: {zone: UTC, mon: \"9:00-17:00\"}, off_hours: queue, members: [{owner: a, weight: 1}]}}": `routing.yaml:2:63: $.pools.p.off_hours: want the pool's queue to wait in`,
	} {
		_, problems := routing.Parse("routing.yaml", []byte(text))
		assert.EqualError(t, problems.Err(), want)
	}
}
