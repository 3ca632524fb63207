package hubspot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	account "handoff/internal/sandbox/hubspot"
)

// TestFoundByTheSecondKey: a new record is found by a key that HubSpot does not keep unique while the search index does not know it
// yet, also where that key is not the first (I2).
func TestFoundByTheSecondKey(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{SearchLag: time.Hour})
	s.HubSpot.AddProperty("companies", "customer_no", "string", "text", true)
	for object, o := range map[string]struct{ path, first, second string }{
		"contact": {"contacts", "email", "mobilephone"},
		"company": {"companies", "customer_no", "domain"},
	} {
		c := connect(t, s, nil)
		of := func(submission string, fields crm.Fields) crm.Write {
			w := write(submission, 0, fields)
			w.Keys = [][]string{{o.first}, {o.second}}
			return w
		}
		made := upsert(t, c, object, of("s1", crm.Fields{o.first: "ann@example.com", o.second: "A1"}))[0]
		again := upsert(t, c, object, of("s2", crm.Fields{o.second: "a1", "city": "Bern"}))[0]
		require.Equal(t, made.RecordID, again.RecordID)
		require.Equal(t, crm.Updated, again.Outcome)
		require.Len(t, s.HubSpot.Records(o.path), 1)

		// Two of one second key in one batch are one record: HubSpot keeps what Handoff has made of the key unique.
		both := upsert(t, c, object,
			of("s3", crm.Fields{o.first: "bob@example.com", o.second: "B1"}), of("s4", crm.Fields{o.first: "bert@example.com", o.second: "B1"}))
		require.Equal(t, both[0].RecordID, both[1].RecordID)
		require.Len(t, s.HubSpot.Records(o.path), 2)
	}
}

// TestKeysKeepTheNewestAnswer: a record is found by one key or the other, and each of them is an answer too: an older one does not take the
// place of the one that a newer write has found the record by (I5).
func TestKeysKeepTheNewestAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	of := func(minute int, email, number string) crm.Write {
		w := write(fmt.Sprint("s", minute), minute, crm.Fields{"email": email, "customer_number": number})
		w.Keys = [][]string{{"email"}, {"customer_number"}}
		return w
	}
	upsert(t, c, "contact", of(0, "ann@example.com", "1"))
	upsert(t, c, "contact", of(10, "ann@example.com", "2"))
	late := upsert(t, c, "contact", of(5, "bob@example.com", "2"))[0]
	require.Equal(t, []string{"email"}, late.Kept)
	require.Equal(t, "ann@example.com", s.HubSpot.Records("contacts")[0]["email"])
	upsert(t, c, "contact", of(15, "bob@example.com", "2"))
	require.Equal(t, "bob@example.com", s.HubSpot.Records("contacts")[0]["email"])
	// What is found by an older answer does not make the key older.
	upsert(t, c, "contact", of(7, "bob@example.com", "2"))
	require.Equal(t, []string{"email"}, upsert(t, c, "contact", of(12, "carl@example.com", "2"))[0].Kept)
	require.Len(t, s.HubSpot.Records("contacts"), 1)
}
