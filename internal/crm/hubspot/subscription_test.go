package hubspot_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

// consenting is an account with a newsletter, set up for what people answer.
func consenting(t *testing.T, options account.Options, people ...string) *sandboxtest.Running {
	t.Helper()
	s := start(t, options)
	for _, object := range []string{hubspot.ObjectSubscription, hubspot.ObjectListMembership} {
		_, err := connect(t, s, nil).SetupObject(t.Context(), object)
		require.NoError(t, err)
	}
	s.HubSpot.AddSubscription("Newsletter", true)
	for _, person := range people {
		s.HubSpot.Put("contacts", "", map[string]string{"email": person})
	}
	s.HubSpot.ForgetCalls()
	return s
}

// says is what a person said about the newsletter, some minutes after noon.
func says(submission string, minute int, email string, yes bool) crm.Write {
	return crm.Write{
		Submission: submission, Keys: [][]string{{"email", "subscription_id"}}, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute),
		Fields: crm.Fields{
			"email": email, "subscription_id": "Newsletter", "subscribed": yes, "legal_basis": "CONSENT_WITH_NOTICE", "legal_basis_explanation": "May we write?",
		},
	}
}

// newsletter is what HubSpot has, by address.
func newsletter(s *sandboxtest.Running) map[string]string {
	all := map[string]string{}
	for _, status := range s.HubSpot.Statuses(s.HubSpot.Subscriptions()[0].ID) {
		all[status.Email] = status.Status
	}
	return all
}

// calls are the paths of the calls since the last time, ids and addresses left out.
func calls(s *sandboxtest.Running) (all []string) {
	for _, path := range paths(s) {
		all = append(all, strings.NewReplacer("/communication-preferences/", "", "ann@example.com", "…").Replace(path))
	}
	return all
}

// TestSubscribes: a yes subscribes with its legal basis, a no unsubscribes and never subscribes, and both are repeated
// without effect (I7).
func TestSubscribes(t *testing.T) {
	t.Parallel()
	s := consenting(t, account.Options{Privacy: true}, "ann@example.com", "bob@example.com")
	c := connect(t, s, nil)
	yes := says("s1", 0, "Ann@example.com", true)
	yes.Read = []string{"subscribed", "email"}
	result := upsert(t, c, "subscription", yes)[0]
	require.Equal(t, crm.Created, result.Outcome)
	require.Equal(t, crm.Fields{"subscribed": true, "email": "Ann@example.com"}, result.Record)
	require.NotContains(t, result.RecordID, "@", "an id travels")
	require.Contains(t, string(result.Call.Request), "CONSENT_WITH_NOTICE")
	require.Equal(t, []string{
		"properties/contacts 0", "definitions 0", "contacts/batch/read 1", "statuses/… 0", "statuses/… 0", "contacts/batch/update 1",
	}, calls(s))
	require.Equal(t, crm.Created, upsert(t, c, "subscription", yes)[0].Outcome, "however often it is repeated")
	require.Equal(t, []string{"contacts/batch/read 1", "statuses/… 0"}, calls(s), "a repetition writes nothing")
	id := s.HubSpot.Subscriptions()[0].ID
	require.Equal(t, []account.Status{{
		Email: "ann@example.com", Subscription: id, Status: "SUBSCRIBED", Basis: "CONSENT_WITH_NOTICE", Explanation: "May we write?", Source: "Public API V4",
	}}, s.HubSpot.Statuses(id))

	no := says("s2", 5, "ann@example.com", false)
	no.Fields["subscription_id"] = fmt.Sprint(id) // by its number
	require.Equal(t, crm.Updated, upsert(t, c, "subscription", no, says("s3", 5, "bob@example.com", false))[0].Outcome)
	require.Equal(t, map[string]string{"ann@example.com": "UNSUBSCRIBED", "bob@example.com": "UNSUBSCRIBED"}, newsletter(s))
	// What Handoff has written a person may answer anew.
	upsert(t, c, "subscription", says("s4", 6, "ann@example.com", true))
	require.Equal(t, "SUBSCRIBED", newsletter(s)["ann@example.com"])

	found, err := c.Find(t.Context(), "subscription", crm.Fields{"email": "ann@example.com", "subscription_id": "newsletter"}, []string{"subscribed", "legal_basis"})
	require.NoError(t, err)
	require.Equal(t, crm.Fields{"subscribed": true, "legal_basis": "CONSENT_WITH_NOTICE"}, found[0].Fields)
	require.False(t, found[0].ChangedAt.IsZero())
	found, err = c.Find(t.Context(), "subscription", crm.Fields{"email": "nobody@example.com"}, []string{"subscribed"})
	require.NoError(t, err)
	require.Empty(t, found)
}

// TestManySubscriptions: a hundred answers take five calls where the app may do many at once, one of them twice where it may
// not, and the good ones of a batch are written whatever HubSpot says of the bad ones.
func TestManySubscriptions(t *testing.T) {
	t.Parallel()
	var people []string
	for i := range 100 {
		people = append(people, fmt.Sprintf("p%d@example.com", i))
	}
	s := consenting(t, account.Options{}, people...)
	c := connect(t, s, nil)
	var writes []crm.Write
	for i, person := range people {
		writes = append(writes, says(fmt.Sprint("s", i), 0, person, i%2 == 0))
	}
	upsert(t, c, "subscription", writes...)
	require.Equal(t, []string{
		"properties/contacts 0", "definitions 0", "contacts/batch/read 100", "statuses/batch/read 100", "statuses/batch/write 100", "contacts/batch/update 100",
	}, calls(s))
	require.Len(t, newsletter(s), 100)
	require.Equal(t, 100, c.MaxBatch("subscription"))

	// Without Marketing Hub Enterprise the batch is refused, once, and then each is asked for.
	s.HubSpot.Allow("starter", 0, "communication_preferences.read_write", "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read")
	starter := connect(t, s, func(c *hubspot.Config) { c.Credentials = crm.StaticToken("starter") })
	s.HubSpot.ForgetCalls()
	upsert(t, starter, "subscription", says("t1", 1, people[1], true), says("t2", 1, people[3], true))
	require.Equal(t, []string{
		"properties/contacts 0", "definitions 0", "contacts/batch/read 2", "statuses/batch/read 0", "statuses/p1@example.com 0", "statuses/p3@example.com 0",
		"statuses/p1@example.com 0", "statuses/p3@example.com 0", "contacts/batch/update 2",
	}, calls(s))
	upsert(t, starter, "subscription", says("t3", 2, people[1], false), says("t4", 2, people[3], false))
	require.NotContains(t, strings.Join(calls(s), " "), "statuses/batch", "it is remembered")

	// Without any of the scopes nobody is asked for twice.
	s.HubSpot.Allow("contacts", 0, "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read")
	s.HubSpot.ForgetCalls()
	for _, result := range connect(t, s, func(c *hubspot.Config) { c.Credentials = crm.StaticToken("contacts") }).Upsert(t.Context(), "subscription", writes) {
		require.Equal(t, crm.Misconfigured, result.Err.Kind)
		require.Equal(t, "MISSING_SCOPES", result.Err.Code)
	}
	require.Equal(t, []string{"properties/contacts 0", "definitions 0"}, calls(s))

	// One of three cannot be written: HubSpot knows no contact of it; the other two are.
	mixed := c.Upsert(t.Context(), "subscription", []crm.Write{
		says("u1", 5, people[0], false), says("u2", 5, "stranger@example.com", true), says("u3", 5, people[2], false),
	})
	require.Equal(t, crm.Error{Kind: crm.Conflict, Code: "contact_not_found"}, *mixed[1].Err)
	require.Equal(t, []*crm.Error{nil, nil}, []*crm.Error{mixed[0].Err, mixed[2].Err})
}

// TestPartOfABatchIsRefused: what HubSpot does not answer of a batch is asked for alone, and told apart (207).
func TestPartOfABatchIsRefused(t *testing.T) {
	t.Parallel()
	s := consenting(t, account.Options{Privacy: true}, "ann@example.com", "bob@example.com", "carl@example.com")
	c := connect(t, s, nil)
	without := says("s2", 0, "bob@example.com", true)
	delete(without.Fields, "legal_basis")
	results := c.Upsert(t.Context(), "subscription", []crm.Write{says("s1", 0, "ann@example.com", true), without, says("s3", 0, "carl@example.com", true)})
	require.Nil(t, results[0].Err)
	require.Nil(t, results[2].Err)
	require.Equal(t, crm.Invalid, results[1].Err.Kind, "an account with data privacy settings wants a legal basis")
	requireNoSecrets(t, results[1].Err)
	require.NotContains(t, results[1].Err.Error(), "bob@")
	require.NotContains(t, string(results[0].Call.Request)+string(results[0].Call.Response), "carl@", "a call holds one person's data only")
	require.Equal(t, map[string]string{"ann@example.com": "SUBSCRIBED", "carl@example.com": "SUBSCRIBED"}, newsletter(s))
}

// TestConsentMistakes: what can only be wrong for everybody is told as that, with its field, and nothing is written.
func TestConsentMistakes(t *testing.T) {
	t.Parallel()
	s := consenting(t, account.Options{}, "ann@example.com")
	s.HubSpot.AddSubscription("Retired", false)
	c := connect(t, s, nil)
	for name, m := range map[string]struct {
		field string
		value any
		want  crm.Error
	}{
		"unknown type":   {"subscription_id", "Newspaper", crm.Error{Kind: crm.Misconfigured, Code: "unknown_subscription", Fields: []string{"subscription_id"}}},
		"retired type":   {"subscription_id", "Retired", crm.Error{Kind: crm.Misconfigured, Code: "inactive_subscription", Fields: []string{"subscription_id"}}},
		"no answer":      {"subscribed", nil, crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"subscribed"}}},
		"a text":         {"subscribed", "yes", crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"subscribed"}}},
		"no such basis":  {"legal_basis", "BECAUSE", crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"legal_basis"}}},
		"other channel":  {"channel", "SMS", crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"channel"}}},
		"no address":     {"email", "", crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: []string{"email", "subscription_id"}}},
		"no such field":  {"phone", "1", crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: []string{"phone"}}},
		"no such person": {"email", "bob@example.com", crm.Error{Kind: crm.Conflict, Code: "contact_not_found"}},
	} {
		w := says("s1", 0, "ann@example.com", true)
		w.Fields[m.field] = m.value
		require.Equal(t, m.want, *c.Upsert(t.Context(), "subscription", []crm.Write{w})[0].Err, name)
	}
	require.Empty(t, newsletter(s))
	described, err := c.Describe(t.Context(), "subscription")
	require.NoError(t, err)
	require.Equal(t, []string{fmt.Sprint(s.HubSpot.Subscriptions()[0].ID), "Newsletter"}, described[1].Options, "what a check compares with")

	unprepared := start(t, account.Options{})
	failure := connect(t, unprepared, nil).Upsert(t.Context(), "subscription", []crm.Write{says("s1", 0, "ann@example.com", true)})[0].Err
	require.Equal(t, crm.Error{Kind: crm.Misconfigured, Code: "not_set_up", Fields: []string{hubspot.SubscriptionsProperty}}, *failure)
	_, err = c.ChangedSince(t.Context(), "subscription", noon, nil, 1)
	require.ErrorContains(t, err, "not_listed")
}

// TestConsentUnderFaults: a reply that is lost, a limit, a lock and a token that is revoked end as they do for records, and
// the next attempt puts it right.
func TestConsentUnderFaults(t *testing.T) {
	t.Parallel()
	s := consenting(t, account.Options{}, "ann@example.com", "bob@example.com")
	c := connect(t, s, func(c *hubspot.Config) { c.Timeout = 3 * time.Second })
	for i, f := range []struct {
		fault sandbox.Fault
		kind  crm.Kind
	}{
		{sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/statuses/"}, crm.Transient},
		{sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/batch/update"}, crm.Transient},
		{sandbox.Fault{Kind: sandbox.RateLimit, Path: "/statuses/"}, crm.RateLimited},
		{sandbox.Fault{Kind: sandbox.RateLimit, Path: "/batch/write"}, crm.RateLimited},
		{sandbox.Fault{Kind: sandbox.Stall, Path: "/statuses/"}, crm.Transient},
		{sandbox.Fault{Kind: sandbox.ServerError, Path: "/batch/write", Status: 503}, crm.Transient},
	} {
		two := []crm.Write{
			says(fmt.Sprint("a", i), i, "ann@example.com", i%2 == 0), says(fmt.Sprint("b", i), i, "bob@example.com", i%2 == 0),
		}
		require.NoError(t, s.Faults.Add(f.fault))
		s.HubSpot.ForgetCalls()
		for _, result := range c.Upsert(t.Context(), "subscription", two) {
			require.NotNil(t, result.Err, f.fault)
			require.Equal(t, f.kind, result.Err.Kind, f.fault)
			requireNoSecrets(t, result.Err)
			require.NotContains(t, result.Err.Error(), "@")
		}
		if f.kind == crm.RateLimited {
			limited := 0
			for _, call := range s.HubSpot.Calls() {
				if call.Status == http.StatusTooManyRequests {
					limited++
				}
			}
			require.LessOrEqual(t, limited, 1, "who is refused does not ask for the next one (I4)")
		}
		s.Faults.Clear()
		upsert(t, c, "subscription", two...)
		want := map[bool]string{true: "SUBSCRIBED", false: "UNSUBSCRIBED"}[i%2 == 0]
		require.Equal(t, map[string]string{"ann@example.com": want, "bob@example.com": want}, newsletter(s), f.fault)
	}
	s.HubSpot.Revoke(account.Token)
	require.Equal(t, crm.Auth, c.Upsert(t.Context(), "subscription", []crm.Write{says("z", 99, "ann@example.com", true)})[0].Err.Kind)
}
