package salesforce

import (
	"context"
	"slices"

	"handoff/internal/crm"
)

// look finds the records of the writes that are open, and holds the locks of all of them. A key that leads to another record
// is known when that is: then all is let go and taken again together with it, so that nobody who holds one lock waits for
// another. It returns false where everything has failed.
func (c *Connector) look(ctx context.Context, groups []group) (release func(), ok bool) {
	longest := 0
	for _, g := range groups {
		longest = max(longest, len(g))
	}
	for range longest + 1 {
		nodes := c.prepareGroups(groups)
		var names []string
		var items []*item
		for _, n := range nodes {
			names, items = append(names, c.lockNames(n.o, n.item)...), append(items, n.item)
		}
		release, ok := c.lockAll(ctx, names, items)
		if !ok {
			return nil, false
		}
		c.find(ctx, nodes)
		if !slices.ContainsFunc(nodes, (*node).outdated) {
			return release, true
		}
		release()
	}
	for _, g := range groups {
		for _, n := range g.open() {
			n.item.refuse(&crm.Error{Kind: crm.Transient, Code: "changing"}, nil)
		}
	}
	return nil, false
}

// prepareGroups reads the writes that are open. Those that cannot be sent are refused.
func (c *Connector) prepareGroups(groups []group) (nodes []*node) {
	for _, g := range groups {
		for _, n := range g.open() {
			n.fill()
			if failure := n.prepare(); failure != nil {
				n.result.Err, n.result.Call = failure, &crm.Call{Operation: "check " + n.linked.Object, Code: failure.Code, Started: c.config.Now()}
				break // what follows is left out
			}
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// prepare makes the item of a write. A key that names a link is no key before the link's record is there; where no other one
// has a value the record is as new as that one.
func (n *node) prepare() *crm.Error {
	it, failure := n.o.encode(&n.write, n.result)
	if failure != nil {
		return failure
	}
	n.tried = n.tried || n.item != nil && n.item.retried
	it.retried = n.tried
	var keys [][]string
	for _, key := range n.write.Keys {
		waits := false
		for _, field := range key {
			id, isLink := n.filled[field]
			waits = waits || isLink && id == ""
			it.adoptLater = it.adoptLater || isLink
		}
		if !waits {
			keys = append(keys, key)
		}
	}
	if len(keys) > 0 || len(n.write.Keys) == 0 {
		if failure := it.identify(n.o, keys); failure != nil && len(keys) == len(n.write.Keys) {
			return failure
		}
	}
	it.to, n.item = target{o: n.o}, it
	return nil
}

// outdated says that a link leads to a record that was not known when the write was read, and that it makes a difference: to
// how its record is found, or to the field that the link is in.
func (n *node) outdated() bool {
	if n.result.Err != nil {
		return false
	}
	for field, to := range n.links {
		if to.id == n.filled[field] {
			continue
		}
		if n.o.propertyFor(field, to.id) != n.o.propertyFor(field, to.mark) || slices.Contains(slices.Concat(n.write.Keys...), field) {
			return true
		}
	}
	return false
}

// find reads the records of writes, five questions in a request. Links to records that are found are filled.
func (c *Connector) find(ctx context.Context, nodes []*node) {
	var asked []question
	byObject := map[*object][]*item{}
	var order []*object
	for _, n := range nodes {
		if n.id = ""; len(n.item.lookups) == 0 {
			continue
		}
		if byObject[n.o] == nil {
			order = append(order, n.o)
		}
		byObject[n.o] = append(byObject[n.o], n.item)
	}
	for _, o := range order {
		asked = append(asked, questions(o, byObject[o])...)
	}
	for some := range slices.Chunk(asked, maxHeavy) {
		c.ask(ctx, some)
	}
	var found []*item
	for _, n := range nodes {
		if n.result.Err == nil {
			found = append(found, n.item)
		}
	}
	c.redirect(ctx, found)
	for _, n := range nodes {
		if n.result.Err == nil && n.item.found != nil {
			n.id = n.item.found.id()
		}
	}
	for _, n := range nodes {
		n.settleLinks()
	}
}

// settleLinks puts ids that are known now in the place of what stood for them.
func (n *node) settleLinks() {
	for _, to := range n.links {
		if to.id == "" {
			continue
		}
		for _, values := range []map[string]any{n.item.values, n.item.change.values} {
			for name, value := range values {
				if value == to.mark {
					values[name] = to.id
				}
			}
		}
	}
}
