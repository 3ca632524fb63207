package hubspot_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	account "handoff/internal/sandbox/hubspot"
)

// TestHopefulOnesAreNeverOverwritten: a record that was not looked for may be there. An older answer then changes nothing, also in the
// company of records that were looked for and found (I5).
func TestHopefulOnesAreNeverOverwritten(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	of := func(submission string, minute int, number, name string) crm.Write {
		w := write(submission, minute, crm.Fields{"customer_number": number, "firstname": name})
		w.Keys = [][]string{{"customer_number"}}
		return w
	}
	var many []crm.Write
	for i := range 30 {
		many = append(many, of(fmt.Sprint("m", i), 0, fmt.Sprint(i), "new"))
	}
	upsert(t, c, "contact", many...) // most are new
	upsert(t, c, "contact", of("ann", 5, "A", "Ann"), of("newer", 10, "B", "Newer"))
	paths(s)
	lost := of("ann", 5, "A", "Anna")
	lost.Unheard = true
	results := upsert(t, c, "contact", lost, of("older", 1, "B", "Older"))
	require.Equal(t, []string{
		"contacts/batch/read 1", "contacts/batch/create 1", "contacts/batch/update 1", "contacts/batch/read 1",
	}, paths(s), "created without a look, refused, and then read")
	require.Equal(t, []string{"firstname"}, results[1].Kept)
	require.Equal(t, crm.Updated, results[1].Outcome)
	names := map[string]string{}
	for _, r := range s.HubSpot.Records("contacts") {
		names[r["customer_number"]] = r["firstname"]
	}
	require.Equal(t, []string{"Anna", "Newer"}, []string{names["A"], names["B"]})
}
