package salesforce

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// partsOf makes parts of writes: those that refer to no new record, then those that refer to these, and so on. Records of
// several objects go together, object after object, because a composite takes only a few collections. A group that is alone
// has a part for each record.
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_create.htm.
func partsOf(nodes []*node, alone bool) (parts []part) {
	type kind struct {
		level int
		how   operation
		apart bool
	}
	byKind := map[kind][]outgoing{}
	for _, n := range nodes {
		k := kind{n.level(), creating, n.apart || alone}
		if n.item.found != nil {
			k.how = updating
		}
		byKind[k] = append(byKind[k], outgoing{n.item, n.item.record()})
	}
	var kinds []kind
	for k := range byKind {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b kind) int {
		order := cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.how.verb, b.how.verb)) // new ones first
		if order == 0 && a.apart {
			return 1
		}
		return order
	})
	for _, k := range kinds {
		slices.SortStableFunc(byKind[k], func(a, b outgoing) int { return cmp.Compare(a.to.o.Object.Object, b.to.o.Object.Object) })
		most := maxBatch
		if k.apart {
			most = 1
		}
		for batch := range slices.Chunk(byKind[k], most) {
			parts = append(parts, part{"r" + strconv.Itoa(len(parts)), k.how, batch})
		}
	}
	return parts
}

// fitting are as many parts as one composite takes.
func fitting(parts []part) []part {
	heavy := 0
	for i, p := range parts {
		if p.heavy() {
			heavy++
		}
		if heavy > maxHeavy || i == maxParts {
			return parts[:i]
		}
	}
	return parts
}

// odd says that a value looks as what a composite replaces: somebody may have typed it. Such a record is not written by one.
func (it *item) odd() bool {
	for _, value := range it.change.values {
		if text, isText := value.(string); isText && strings.Contains(text, "@{") {
			return true
		}
	}
	return false
}
