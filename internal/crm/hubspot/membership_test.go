package hubspot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	"handoff/internal/crm/recordlock"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

// guests is an account with a static list, and contacts.
func guests(t *testing.T, n int) (s *sandboxtest.Running, list string, contacts []string) {
	t.Helper()
	s = consenting(t, account.Options{})
	list, err := s.HubSpot.AddList("Guests", "contacts", "MANUAL")
	require.NoError(t, err)
	for i := range n {
		contacts = append(contacts, s.HubSpot.Put("contacts", "", map[string]string{"email": fmt.Sprintf("p%d@example.com", i)}))
	}
	s.HubSpot.ForgetCalls()
	return s, list, contacts
}

// joins is a write of a membership, some minutes after noon. Without a word about it somebody joins.
func joins(submission string, minute int, list, contact string, member any) crm.Write {
	w := crm.Write{
		Submission: submission, Keys: [][]string{{"list_id", "contact_id"}}, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute),
		Fields: crm.Fields{"list_id": list, "contact_id": contact},
	}
	if member != nil {
		w.Fields["member"] = member
	}
	return w
}

// TestMemberships: a hundred contacts come onto a list and others off it in one call for each list; repeating changes nothing.
func TestMemberships(t *testing.T) {
	t.Parallel()
	s, list, contacts := guests(t, 100)
	other, err := s.HubSpot.AddList("Snapshot", "contacts", "SNAPSHOT")
	require.NoError(t, err)
	c := connect(t, s, nil)
	var writes []crm.Write
	for i, contact := range contacts {
		if w := joins(fmt.Sprint("s", i), 0, "Guests", contact, nil); i%2 == 0 {
			writes = append(writes, w)
		} else {
			w.Fields["list_id"] = other
			writes = append(writes, w)
		}
	}
	results := upsert(t, c, "list_membership", writes...)
	require.Equal(t, []string{
		"properties/contacts 0", "lists/object-type-id/0-1/name/Guests 0", "lists/" + other + " 0", "contacts/batch/read 100",
		"lists/" + list + "/memberships/add-and-remove 50", "lists/" + other + "/memberships/add-and-remove 50", "contacts/batch/update 100",
	}, paths(s))
	require.Equal(t, crm.Created, results[0].Outcome)
	require.Equal(t, contacts[0]+":"+list, results[0].RecordID)
	require.Equal(t, crm.Created, upsert(t, c, "list_membership", writes...)[99].Outcome)
	require.Equal(t, []string{"contacts/batch/read 100"}, paths(s))
	require.Len(t, s.HubSpot.Lists()[0].Members, 50)

	found, err := c.Find(t.Context(), "list_membership", crm.Fields{"contact_id": contacts[0], "list_id": "Guests"}, []string{"member", "list_id"})
	require.NoError(t, err)
	require.Equal(t, crm.Fields{"member": true, "list_id": list}, found[0].Fields)

	upsert(t, c, "list_membership", joins("t", 5, list, contacts[0], false), joins("t2", 5, list, contacts[1], true))
	require.Equal(t, 1, strings.Count(strings.Join(paths(s), "\n"), "add-and-remove 2"))
	require.NotContains(t, s.HubSpot.Lists()[0].Members, contacts[0], "a no takes off")
	require.Contains(t, s.HubSpot.Lists()[0].Members, contacts[1])
	found, err = c.Find(t.Context(), "list_membership", crm.Fields{"contact_id": contacts[0]}, nil)
	require.NoError(t, err)
	require.Empty(t, found)
}

// TestMembershipOrder: an older answer does not undo a newer one (I5), and a box that is not ticked takes nobody off.
func TestMembershipOrder(t *testing.T) {
	t.Parallel()
	s, list, contacts := guests(t, 2)
	c := connect(t, s, nil)
	upsert(t, c, "list_membership", joins("s2", 2, list, contacts[0], false))
	require.Equal(t, []string{"member"}, upsert(t, c, "list_membership", joins("s1", 1, list, contacts[0], true))[0].Kept)
	require.Empty(t, s.HubSpot.Lists()[0].Members)
	upsert(t, c, "list_membership", joins("s3", 3, list, contacts[0], true))
	unticked := joins("s4", 4, list, contacts[0], false)
	unticked.FillBlanks = []string{"member"}
	upsert(t, c, "list_membership", unticked)
	require.Equal(t, contacts[:1], s.HubSpot.Lists()[0].Members)
	// Who was taken off by hand is put on by the next answer, as everywhere.
	s.HubSpot.SetMember(list, contacts[0], false)
	upsert(t, c, "list_membership", joins("s5", 5, list, contacts[0], true))
	require.Equal(t, contacts[:1], s.HubSpot.Lists()[0].Members)
	// Who was there before is not created.
	s.HubSpot.SetMember(list, contacts[1], true)
	require.Equal(t, crm.Updated, upsert(t, c, "list_membership", joins("s6", 6, list, contacts[1], true))[0].Outcome)
}

// TestListMistakes: a list that nobody can be put on is told as that, and the rest of a batch is written.
func TestListMistakes(t *testing.T) {
	t.Parallel()
	s, list, contacts := guests(t, 2)
	dynamic, err := s.HubSpot.AddList("Everybody", "contacts", "DYNAMIC")
	require.NoError(t, err)
	companies, err := s.HubSpot.AddList("Partners", "companies", "MANUAL")
	require.NoError(t, err)
	c := connect(t, s, nil)
	field := []string{"list_id"}
	for name, m := range map[string]struct {
		list, contact string
		member        any
		want          crm.Error
	}{
		"dynamic":      {dynamic, contacts[0], nil, crm.Error{Kind: crm.Misconfigured, Code: "dynamic_list", Fields: field}},
		"of companies": {companies, contacts[0], nil, crm.Error{Kind: crm.Misconfigured, Code: "not_of_contacts", Fields: field}},
		"no such id":   {"404", contacts[0], nil, crm.Error{Kind: crm.Misconfigured, Code: "unknown_list", Status: 404, Fields: field}},
		"no such name": {"Nobody", contacts[0], nil, crm.Error{Kind: crm.Misconfigured, Code: "unknown_list", Status: 404, Fields: field}},
		"no contact":   {list, "", nil, crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: []string{"contact_id", "list_id"}}},
		"gone":         {list, "999", nil, crm.Error{Kind: crm.Conflict, Code: "contact_not_found"}},
		"an address":   {list, "ann@example.com", nil, crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"contact_id"}}},
		"no answer":    {list, contacts[0], "perhaps", crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"member"}}},
	} {
		results := c.Upsert(t.Context(), "list_membership", []crm.Write{
			joins("s1", 0, m.list, m.contact, m.member), joins("s2", 0, list, contacts[1], nil),
		})
		failure := *results[0].Err
		failure.RequestID = ""
		require.Equal(t, m.want, failure, name)
		require.Nil(t, results[1].Err, name)
	}
	require.Equal(t, contacts[1:], s.HubSpot.Lists()[0].Members)
	s.HubSpot.ForgetCalls()
	c.Upsert(t.Context(), "list_membership", []crm.Write{joins("s4", 0, "Missing", contacts[0], nil), joins("s5", 0, "Missing", contacts[1], nil)})
	require.Equal(t, []string{"lists/object-type-id/0-1/name/Missing 0"}, paths(s), "one look for all of a batch")

	// A list that became dynamic a moment ago, and a contact that went in between.
	gone := meddle(t, s, "/add-and-remove", func() { s.HubSpot.Archive("contacts", contacts[0]) })
	failure := gone.Upsert(t.Context(), "list_membership", []crm.Write{joins("s3", 1, list, contacts[0], true)})[0].Err
	require.Equal(t, crm.Conflict, failure.Kind)
	require.Equal(t, "contact_not_found", failure.Code)
}

// TestMembershipsUnderFaults: what is not known to have happened is done again, without effect where it had.
func TestMembershipsUnderFaults(t *testing.T) {
	t.Parallel()
	s, list, contacts := guests(t, 1)
	c := connect(t, s, func(c *hubspot.Config) { c.Timeout = 3 * time.Second })
	for i, f := range []struct {
		fault sandbox.Fault
		kind  crm.Kind
	}{
		{sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/add-and-remove"}, crm.Transient},
		{sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/batch/update"}, crm.Transient},
		{sandbox.Fault{Kind: sandbox.RateLimit, Path: "/add-and-remove"}, crm.RateLimited},
		{sandbox.Fault{Kind: sandbox.Locked, Path: "/add-and-remove"}, crm.Transient},
	} {
		w := joins(fmt.Sprint("s", i), i, list, contacts[0], i%2 == 0)
		require.NoError(t, s.Faults.Add(f.fault))
		require.Equal(t, f.kind, c.Upsert(t.Context(), "list_membership", []crm.Write{w})[0].Err.Kind, f.fault)
		s.Faults.Clear()
		upsert(t, c, "list_membership", w)
		require.Len(t, s.HubSpot.Lists()[0].Members, map[bool]int{true: 1}[i%2 == 0], f.fault)
	}
	s.HubSpot.Revoke(account.Token)
	require.Equal(t, crm.Auth, c.Upsert(t.Context(), "list_membership", []crm.Write{joins("z", 99, list, contacts[0], true)})[0].Err.Kind)
}

// TestTwoWritersOfLists: two workers that share locks leave the newest answer (I5).
func TestTwoWritersOfLists(t *testing.T) {
	t.Parallel()
	s, list, contacts := guests(t, 1)
	one, two := connect(t, s, nil), connect(t, s, nil)
	shared := recordlock.NewLocal()
	one.UseLocks(shared)
	two.UseLocks(shared)
	results := make(chan crm.Result, 30)
	for i := range 30 {
		c := []*hubspot.Connector{one, two}[i%2]
		go func() {
			results <- c.Upsert(t.Context(), "list_membership", []crm.Write{joins(fmt.Sprint("s", i), i, list, contacts[0], i%3 == 2)})[0]
		}()
	}
	for range 30 {
		require.Nil(t, (<-results).Err)
	}
	require.Equal(t, contacts, s.HubSpot.Lists()[0].Members, "29 said yes")
}
