package hubspot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
)

// TestErase: a person is gone for good, with their subscriptions and lists, and the address stays blocked. Somebody who is not
// there is none, and is not asked for.
func TestErase(t *testing.T) {
	t.Parallel()
	s, list, contacts := guests(t, 2)
	c := connect(t, s, nil)
	upsert(t, c, "subscription", says("s1", 0, "p0@example.com", true))
	upsert(t, c, "list_membership", joins("s1", 0, list, contacts[0], nil), joins("s2", 0, list, contacts[1], nil))
	key := crm.Fields{"email": " P0@Example.com"}
	for _, want := range []int{1, 0, 0} { // repeating is safe
		erased, err := c.Erase(t.Context(), "contact", key)
		require.NoError(t, err)
		require.Equal(t, want, erased)
	}
	require.Len(t, s.HubSpot.Records("contacts"), 1)
	require.Empty(t, newsletter(s))
	require.Equal(t, contacts[1:], s.HubSpot.Lists()[0].Members)
	failure := c.Upsert(t.Context(), "contact", []crm.Write{write("s9", 9, crm.Fields{"email": "p0@example.com"})})[0].Err
	require.Equal(t, crm.Invalid, failure.Kind, "HubSpot takes no new contact with that address")
	require.Equal(t, []string{"email"}, failure.Fields)
	requireNoSecrets(t, failure)
	// Nobody was blocked whom HubSpot did not know.
	_, err := c.Erase(t.Context(), "contact", crm.Fields{"email": "later@example.com"})
	require.NoError(t, err)
	upsert(t, c, "contact", write("s10", 9, crm.Fields{"email": "later@example.com"}))
}

// TestEraseByAnotherAddress: a contact is found by any of its addresses, and by any other property.
func TestEraseByAnotherAddress(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com", "hs_additional_emails": "ann@old.example"})
	s.HubSpot.Put("contacts", "", map[string]string{"email": "bob@example.com", "customer_number": "7"})
	for i := range 3 {
		s.HubSpot.Put("contacts", "", map[string]string{"email": fmt.Sprintf("c%d@example.com", i), "phone": "+1"})
	}
	for field, key := range map[string]struct {
		value any
		want  int
	}{"email": {"ann@old.example", 1}, "customer_number": {"7", 1}, "phone": {"+1", 3}} {
		erased, err := c.Erase(t.Context(), "contact", crm.Fields{field: key.value})
		require.NoError(t, err)
		require.Equal(t, key.want, erased, field)
	}
	require.Empty(t, s.HubSpot.Records("contacts"))
}

// TestEraseOfOtherObjects: records of other objects are archived, also those that Handoff has given no key, and those that the
// index knows too late to be told apart.
func TestEraseOfOtherObjects(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	upsert(t, c, "company", crm.Write{Submission: "s1", Keys: [][]string{{"domain"}}, Fields: crm.Fields{"domain": "example.com"}, SubmittedAt: noon})
	s.HubSpot.Put("companies", "", map[string]string{"domain": "Example.com", "name": "By hand"})
	s.HubSpot.Put("companies", "", map[string]string{"domain": "other.example"})
	s.HubSpot.SetSearchLag(time.Hour) // none of it is in the index yet: what Handoff has made is found all the same
	erased, err := c.Erase(t.Context(), "company", crm.Fields{"domain": "example.com"})
	require.NoError(t, err)
	require.Equal(t, 1, erased)
	s.HubSpot.SetSearchLag(0)
	erased, err = c.Erase(t.Context(), "company", crm.Fields{"domain": "example.com"})
	require.NoError(t, err)
	require.Equal(t, 1, erased)
	require.Len(t, s.HubSpot.Records("companies"), 1)

	for object, want := range map[string]string{"subscription": "not_erasable", "list_membership": "not_erasable"} {
		_, err := c.Erase(t.Context(), object, crm.Fields{"email": "ann@example.com"})
		require.ErrorContains(t, err, want)
	}
	_, err = c.Erase(t.Context(), "company", crm.Fields{"no_such_field": "x"})
	require.ErrorContains(t, err, "unknown_property")
	_, err = c.Erase(t.Context(), "company", crm.Fields{})
	require.ErrorContains(t, err, "no_key")
}

// TestEraseUnderFaults: an erasure whose reply is lost, or that is limited, is repeated; its errors name nobody.
func TestEraseUnderFaults(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, func(c *hubspot.Config) { c.Timeout = 3 * time.Second })
	for i, f := range []struct {
		fault sandbox.Fault
		kind  crm.Kind
		left  int
	}{
		{sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/gdpr-delete"}, crm.Transient, 0},
		{sandbox.Fault{Kind: sandbox.RateLimit, Path: "/gdpr-delete"}, crm.RateLimited, 1},
	} {
		email := fmt.Sprintf("p%d@example.com", i)
		s.HubSpot.Put("contacts", "", map[string]string{"email": email})
		require.NoError(t, s.Faults.Add(f.fault))
		_, err := c.Erase(t.Context(), "contact", crm.Fields{"email": email})
		failure, _ := crm.AsError(err)
		require.Equal(t, f.kind, failure.Kind)
		require.NotContains(t, err.Error(), "@")
		s.Faults.Clear()
		erased, err := c.Erase(t.Context(), "contact", crm.Fields{"email": email})
		require.NoError(t, err)
		require.Equal(t, f.left, erased)
		require.Empty(t, s.HubSpot.Records("contacts"))
	}
	s.HubSpot.Revoke(account.Token)
	_, err := c.Erase(t.Context(), "contact", crm.Fields{"email": "a@example.com"})
	failure, _ := crm.AsError(err)
	require.Equal(t, crm.Auth, failure.Kind)
}
