package wire

import "handoff/internal/crm"

// MayBeOneItem says whether a batch may have been refused as a whole because of one of its records.
func MayBeOneItem(failure *crm.Error) bool {
	return failure.Kind == crm.Invalid || failure.Kind == crm.Conflict || failure.Kind == crm.Misconfigured && len(failure.Fields) > 0
}
