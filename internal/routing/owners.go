package routing

import (
	"maps"
	"slices"
)

// Owners are all whom the table can give a record to: owners, members of pools and queues, sorted. A CRM must know them.
func (t *Table) Owners() []string {
	named := map[string]bool{t.queue: true}
	for to := range t.targets() {
		named[to.owner], named[to.queue] = true, true
	}
	for _, pool := range t.Pools() {
		named[pool.Queue] = true
		for _, member := range pool.Members {
			named[member.Owner] = true
		}
	}
	delete(named, "") // nobody
	return slices.Sorted(maps.Keys(named))
}
