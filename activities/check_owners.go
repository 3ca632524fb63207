package activities

import (
	"context"
	"fmt"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/mapping"
)

// Codes of what is wrong with the owners that routing names.
const (
	CodeOwnerMissing  = "owner_missing"  // the CRM does not know the owner
	CodeOwnerInactive = "owner_inactive" // the CRM knows the owner, who has left
	CodeOwnersHidden  = "owners_hidden"  // the CRM does not say whom it knows
)

// checkOwners compares whom the routing table names with whom the CRM knows. It asks only a CRM that can tell, and that
// mappings write to.
func checkOwners(ctx context.Context, rules Rules, name string, d Destination) ([]ledger.SchemaFinding, error) {
	writes := func(m *mapping.Mapping) bool {
		return slices.ContainsFunc(m.Fields(), func(f mapping.FieldInfo) bool { return f.Destination == name })
	}
	if !d.KnowsOwners || rules.Routing == nil || !slices.ContainsFunc(rules.Mappings.All(), writes) {
		return nil, nil
	}
	finding := func(owner, code, expect string) ledger.SchemaFinding {
		return ledger.SchemaFinding{Object: crm.FieldOwner, Field: owner, Code: code, Expect: expect, Place: mapping.RoutingFile}
	}
	known, err := d.Connector.Owners(ctx)
	if e, ok := crm.AsError(err); ok && e.Kind == crm.Misconfigured {
		return []ledger.SchemaFinding{finding("", CodeOwnersHidden, "the destination does not list its owners ("+e.Code+"); want the permission to read them")}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the owners of %s: %w", name, err)
	}
	byName := map[string]crm.Owner{} // by all that a connector takes for an owner's name
	for _, owner := range known {
		byName[owner.ID], byName[owner.Email], byName[owner.Queue] = owner, owner, owner
	}
	var found []ledger.SchemaFinding
	for _, owner := range rules.Routing.Owners() {
		switch at, ok := byName[owner]; {
		case !ok:
			found = append(found, finding(owner, CodeOwnerMissing, "the destination knows nobody by this name; want the id of a user or queue of the CRM"))
		case !at.Active:
			found = append(found, finding(owner, CodeOwnerInactive, "the destination's user has been switched off; want somebody else"))
		}
	}
	return found, nil
}
