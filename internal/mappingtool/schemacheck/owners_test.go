package schemacheck_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/schemacheck"
	"handoff/internal/routing"
)

// staffed is a CRM that lists its people, or refuses to.
type staffed struct {
	crm.Connector
	people []crm.Owner
	err    error
	asked  int
}

func (s *staffed) Owners(context.Context) ([]crm.Owner, error) {
	s.asked++
	return s.people, s.err
}

func table(t *testing.T) *routing.Table {
	t.Helper()
	parsed, problems := routing.Parse(mapping.RoutingFile, []byte(`
queue: inbound
rules: [{name: everyone, pool: sales}]
pools: {sales: {queue: sales-queue, members: [{owner: ana, weight: 1}, {owner: ben@example.com, weight: 1}]}}
`))
	require.NoError(t, problems.Err())
	return parsed
}

func TestWhomRoutingNamesMustBeKnownAndActive(t *testing.T) {
	t.Parallel()
	ana, ben := crm.Owner{ID: "ana", Active: true}, crm.Owner{ID: "7", Email: "ben@example.com", Active: true}
	inbound, sales := crm.Owner{ID: "8", Queue: "inbound", Active: true}, crm.Owner{ID: "sales-queue", Active: true}
	gone := ben
	gone.Active = false
	found := func(owner, code, expect string) schemacheck.Finding {
		return schemacheck.Finding{
			Destination: "crm", Object: "owner", Field: owner, Code: code, Expect: expect, Place: mapping.Place{File: "routing.yaml"},
		}
	}
	missing, inactive := "the destination knows nobody by this name; want the id of a user or queue of the CRM", "the destination's user has been switched off; want somebody else"
	for name, c := range map[string]struct {
		crm  staffed
		want []schemacheck.Finding
	}{
		"all are there, by id, address or queue": {crm: staffed{people: []crm.Owner{ana, ben, inbound, sales}}},
		"one has left":                           {staffed{people: []crm.Owner{ana, gone, inbound, sales}}, []schemacheck.Finding{found("ben@example.com", schemacheck.CodeOwnerInactive, inactive)}},
		"two are not known": {staffed{people: []crm.Owner{ben, sales}}, []schemacheck.Finding{
			found("ana", schemacheck.CodeOwnerMissing, missing), found("inbound", schemacheck.CodeOwnerMissing, missing),
		}},
		"it may not be asked": {staffed{err: &crm.Error{Kind: crm.Misconfigured, Code: "MISSING_SCOPES"}}, []schemacheck.Finding{
			found("", schemacheck.CodeOwnersHidden, "the destination does not list its owners (MISSING_SCOPES); want the permission to read them"),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := schemacheck.CheckOwners(t.Context(), set(t), table(t), "crm", &c.crm)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestNobodyIsAskedWhoIsGivenNoRecords(t *testing.T) {
	t.Parallel()
	d := &staffed{}
	for _, ask := range []struct {
		destination string
		table       *routing.Table
	}{{"crm", nil}, {"archive", table(t)}} {
		found, err := schemacheck.CheckOwners(t.Context(), set(t), ask.table, ask.destination, d)
		require.NoError(t, err)
		require.Empty(t, found)
		require.Empty(t, schemacheck.CompareOwners(set(t), ask.table, ask.destination, nil))
	}
	require.Zero(t, d.asked)
}

func TestACRMThatIsAwayHasNoFindingOfOwners(t *testing.T) {
	t.Parallel()
	found, err := schemacheck.CheckOwners(t.Context(), set(t), table(t), "crm", &staffed{err: &crm.Error{Kind: crm.Transient, Code: "connection"}})
	require.Empty(t, found)
	require.ErrorContains(t, err, "list the owners of crm: ")
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, crm.Transient, failure.Kind)
}
