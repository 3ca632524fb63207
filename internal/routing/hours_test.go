package routing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/routing"
)

// monday is in working hours wherever these tests work.
var monday = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

func at(t testing.TB, text string) time.Time {
	moment, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return moment
}

const scheduled = `queue: unassigned
rules: [{name: all, pool: inbound}]
pools:
  inbound:
    queue: inbound-sales
    hours: {zone: Europe/Berlin, mon-fri: "9:00-12:30, 13:30-18:00", sat: "22:00-2:00"}
    holidays: [2026-12-25]
    members:
      - {owner: ana, weight: 1, away: [2026-11-24..2026-11-26, 2026-12-01]}
      - {owner: ben, weight: 1}
      - {owner: chloe, weight: 1, hours: {zone: America/New_York, mon-sun: "8:00-16:00"}}
`

// members are those whom a pool gives records to at a moment.
func members(d routing.Decision) []string {
	if d.Pool == nil {
		return nil
	}
	var owners []string
	for _, m := range d.Pool.Members {
		owners = append(owners, m.Owner)
	}
	return owners
}

func TestOnlyThoseAtWorkGetRecords(t *testing.T) {
	t.Parallel()
	table := parse(t, scheduled)
	for _, c := range []struct {
		why, at string
		want    []string
		note    string
	}{
		{"Monday morning in Berlin", "2026-11-23T09:30:00+01:00", []string{"ana", "ben"}, " (chloe is not at work)"},
		{"lunch in Berlin, too early in New York", "2026-11-23T12:45:00+01:00", []string{"ana", "ben", "chloe"}, " (nobody is at work)"},
		{"the end of the break", "2026-11-23T13:30:00+01:00", []string{"ana", "ben"}, " (chloe is not at work)"},
		{"both sides of the ocean", "2026-11-23T15:00:00+01:00", []string{"ana", "ben", "chloe"}, ""},
		{"the minute at which Berlin ends", "2026-11-23T18:00:00+01:00", []string{"chloe"}, " (ana is not at work, ben is not at work)"},
		{"ana is away", "2026-11-24T10:00:00+01:00", []string{"ben"}, " (ana is away until 2026-11-26, chloe is not at work)"},
		{"the last day of her absence, in her zone", "2026-11-26T23:30:00Z", []string{"ana", "ben", "chloe"}, " (nobody is at work)"},
		{"one day", "2026-12-01T10:00:00+01:00", []string{"ben"}, " (ana is away until 2026-12-01, chloe is not at work)"},
		{"a holiday, also in New York: it is the pool's", "2026-12-25T15:00:00+01:00", []string{"ana", "ben", "chloe"}, " (nobody is at work)"},
		{"Saturday night", "2026-11-28T23:00:00+01:00", []string{"ana", "ben"}, " (chloe is not at work)"},
		{"past midnight", "2026-11-29T01:59:00+01:00", []string{"ana", "ben"}, " (chloe is not at work)"},
		{"Sunday night is not Saturday night", "2026-11-29T23:00:00+01:00", []string{"ana", "ben", "chloe"}, " (nobody is at work)"},
		{"summer time in Berlin", "2026-07-06T08:30:00Z", []string{"ana", "ben"}, " (chloe is not at work)"},
		{"winter time in Berlin, the same hour", "2026-01-12T07:30:00Z", []string{"ana", "ben", "chloe"}, " (nobody is at work)"},
		{"the hour that does not exist", "2026-03-29T01:30:00Z", []string{"ana", "ben", "chloe"}, " (nobody is at work)"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			d := table.Decide(nil, "", "", at(t, c.at))
			require.Equal(t, c.want, members(d))
			require.Equal(t, `Rule "all": it takes everything, so the next in pool inbound gets it`+c.note+`.`, d.Explanation)
		})
	}
}

func TestRecordsWaitWhileNobodyIsAtWork(t *testing.T) {
	t.Parallel()
	table := parse(t, `queue: unassigned
rules: [{name: all, pool: inbound}]
pools:
  inbound:
    queue: inbound-sales
    hours: {zone: Europe/Berlin, mon-fri: "9:00-17:00"}
    off_hours: queue
    members: [{owner: ana, weight: 1}]
`)
	d := table.Decide(nil, "", "", at(t, "2026-11-23T20:00:00+01:00"))
	require.Nil(t, d.Pool)
	require.Equal(t, "inbound-sales", d.Queue)
	require.Equal(t, `Rule "all": it takes everything, so it is for pool inbound and waits in queue inbound-sales (nobody is at work).`, d.Explanation)
	require.Equal(t, []string{"ana"}, members(table.Decide(nil, "", "", at(t, "2026-11-23T12:00:00+01:00"))))
}

// Ensure a pool whose members are all away gives nobody a record, whatever off_hours says.
func TestNobodyIsThere(t *testing.T) {
	t.Parallel()
	table := parse(t, `queue: unassigned
rules: [{name: all, pool: p}]
pools: {p: {members: [{owner: ana, weight: 1, away: [2026-11-23]}]}}
`)
	d := table.Decide(nil, "", "", monday)
	require.Nil(t, d.Pool)
	require.Equal(t, "unassigned", d.Queue)
}

// TestI6RoundRobinIsFairWhileMembersComeAndGo: whoever is there together shares fairly, whatever happened in between, and
// nobody who comes back is flooded.
func TestI6RoundRobinIsFairWhileMembersComeAndGo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(t, "members")
		text := "queue: q\nrules: [{name: all, pool: p}]\npools:\n  p:\n    members:\n"
		weights := map[string]int{}
		for i := range n {
			owner, weight := fmt.Sprint("o", i), rapid.IntRange(1, 4).Draw(t, "weight")
			weights[owner] = weight
			text += fmt.Sprintf("      - {owner: %s, weight: %d, away: [", owner, weight)
			for day := range 6 {
				if i > 0 && rapid.Bool().Draw(t, "away") { // somebody is always there
					text += fmt.Sprintf("2026-11-%02d, ", 10+day)
				}
			}
			text += "]}\n"
		}
		table, problems := routing.Parse("routing.yaml", []byte(text))
		require.NoError(t, problems.Err())
		var state []byte
		type share struct {
			drawn map[string]int
			n     int
		}
		together := map[string]*share{}
		for range rapid.IntRange(1, 120).Draw(t, "draws") {
			day := rapid.IntRange(9, 15).Draw(t, "day")
			d := table.Decide(nil, "", "", time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC))
			owner, next, err := d.Pool.NextOwner(state)
			require.NoError(t, err)
			state = next
			key := fmt.Sprint(members(d))
			if together[key] == nil {
				together[key] = &share{drawn: map[string]int{}}
			}
			s := together[key]
			s.drawn[owner]++
			s.n++
			sum := 0
			for _, m := range d.Pool.Members {
				sum += m.Weight
			}
			for _, m := range d.Pool.Members {
				fair := float64(s.n*m.Weight) / float64(sum)
				require.InDelta(t, fair, s.drawn[m.Owner], 1, "share of %s after %d draws of %s", m.Owner, s.n, key)
			}
		}
	})
}
