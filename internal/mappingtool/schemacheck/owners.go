package schemacheck

import (
	"context"
	"fmt"

	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/routing"
)

// Codes of a Finding about those to whom the routing table gives records.
const (
	CodeOwnerMissing  = "owner_missing"  // the CRM does not know the owner
	CodeOwnerInactive = "owner_inactive" // the CRM knows the owner, who has left
	CodeOwnersHidden  = "owners_hidden"  // the CRM does not say whom it knows
)

// CheckOwners asks the destination whom it knows and compares the routing table with that. It asks nobody where there is
// nothing to compare. Ask only a destination that lists everybody who can be given records. An error means that it did not
// tell: nothing is known then.
func CheckOwners(ctx context.Context, set *mapping.Set, table *routing.Table, destination string, d crm.Connector) ([]Finding, error) {
	if !routed(set, table, destination) {
		return nil, nil
	}
	known, err := d.Owners(ctx)
	if e, ok := crm.AsError(err); ok && e.Kind == crm.Misconfigured {
		return []Finding{ownerFinding(destination, "", CodeOwnersHidden,
			"the destination does not list its owners ("+e.Code+"); want the permission to read them")}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the owners of %s: %w", destination, err)
	}
	return CompareOwners(set, table, destination, known), nil
}

// CompareOwners finds those to whom the routing table gives records and who are not among the owners that the destination
// knows, or have left it. Nobody is given records of a destination to which no mapping writes.
func CompareOwners(set *mapping.Set, table *routing.Table, destination string, known []crm.Owner) []Finding {
	if !routed(set, table, destination) {
		return nil
	}
	byName := map[string]crm.Owner{} // by all that a connector takes for an owner's name
	for _, owner := range known {
		byName[owner.ID], byName[owner.Email], byName[owner.Queue] = owner, owner, owner
	}
	var found []Finding
	for _, owner := range table.Owners() {
		switch at, ok := byName[owner]; {
		case !ok:
			found = append(found, ownerFinding(destination, owner, CodeOwnerMissing,
				"the destination knows nobody by this name; want the id of a user or queue of the CRM"))
		case !at.Active:
			found = append(found, ownerFinding(destination, owner, CodeOwnerInactive, "the destination's user has been switched off; want somebody else"))
		}
	}
	return found
}

// routed says that records of the destination are given to somebody.
func routed(set *mapping.Set, table *routing.Table, destination string) bool {
	return table != nil && len(Objects(set, destination)) > 0
}

func ownerFinding(destination, owner, code, expect string) Finding {
	return Finding{Destination: destination, Object: crm.FieldOwner, Field: owner, Code: code, Expect: expect, Place: mapping.Place{File: mapping.RoutingFile}}
}
