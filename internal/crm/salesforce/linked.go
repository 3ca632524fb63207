package salesforce

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"handoff/internal/crm"
)

// node is one write of a group on its way.
type node struct {
	linked *crm.Linked
	result *crm.Result
	o      *object
	write  crm.Write         // with the ids of what it links to, or with what stands for them
	links  map[string]*node  // by field
	filled map[string]string // the ids that are in write, by field
	mark   mark              // stands for its id as long as that is not known
	before group             // the writes before it
	item   *item
	id     string // of its record, once that is found or written
	done   bool   // written
	tried  bool   // it was looked for again, because somebody else was quicker
	apart  bool   // it goes by itself, because a collection was refused as a whole
}

// mark stands for the id of a record that is not known yet. It is no text, so that nobody can type one.
type mark string

// group are writes that link to each other, in order.
type group []*node

// open are the writes that are not done yet, up to one that has failed: those that follow it are left out.
func (g group) open() group {
	if i := slices.IndexFunc(g, func(n *node) bool { return n.result.Err != nil }); i >= 0 {
		g = g[:i]
	}
	return slices.DeleteFunc(slices.Clone(g), func(n *node) bool { return n.done })
}

// MaxGroups is how many groups go together: as many as a collection has records.
func (c *Connector) MaxGroups() int { return maxBatch }

// UpsertLinked writes groups of records that link to each other. One composite reads the records of all of them by their
// keys, and one writes them, object after object: a record that is new is referred to by its place in the answer of an
// earlier part. A record that is identified by what it links to is new when that is, and is read once more when it is not.
func (c *Connector) UpsertLinked(ctx context.Context, groups [][]crm.Linked) [][]crm.Result {
	results := make([][]crm.Result, len(groups))
	all := make([]group, len(groups))
	for i := range groups {
		results[i] = make([]crm.Result, len(groups[i]))
		for j := range groups[i] {
			n := &node{
				linked: &groups[i][j], result: &results[i][j], links: map[string]*node{}, filled: map[string]string{},
				before: all[i], mark: mark(strconv.Itoa(i) + "." + strconv.Itoa(j)),
			}
			for field, to := range n.linked.Links {
				n.links[field] = all[i][to]
			}
			n.fill()
			all[i] = append(all[i], n)
		}
	}
	c.describeAll(ctx, all)
	for batch := range slices.Chunk(all, maxBatch) {
		for slices.ContainsFunc(batch, func(g group) bool { return len(g.open()) > 0 }) {
			c.linkedRound(ctx, batch)
		}
	}
	for _, n := range slices.Concat(all...) {
		if n.result.RecordID == "" && n.result.Err == nil {
			*n.result = crm.Result{} // what was heard while it was looked for is no answer
		}
	}
	return results
}

// fill writes ids into the fields of links, as far as they are known.
func (n *node) fill() {
	n.write = n.linked.Write
	n.write.Fields = maps.Clone(n.write.Fields)
	if n.write.Fields == nil {
		n.write.Fields = crm.Fields{}
	}
	for field, to := range n.links {
		n.filled[field] = to.id
		n.write.Fields[field] = to.mark
		if to.id != "" {
			n.write.Fields[field] = to.id
		}
	}
}

// describeAll gives each write its object, as Upsert does.
func (c *Connector) describeAll(ctx context.Context, groups []group) {
	byName := map[string][]*node{}
	for _, n := range slices.Concat(groups...) {
		byName[n.linked.Object] = append(byName[n.linked.Object], n)
	}
	for name, nodes := range byName {
		writes := make([]crm.Write, len(nodes))
		for i, n := range nodes {
			writes[i] = n.write
		}
		o, call, failure := c.describeFor(ctx, name, writes)
		for _, n := range nodes {
			if n.o = o; failure != nil {
				own := *failure
				n.result.Err, n.result.Call = &own, call
			}
		}
	}
}

// linkedRound takes all groups as far as they can go without waiting for each other. Of two writes of one record the second
// one waits, with what follows it in its group.
func (c *Connector) linkedRound(ctx context.Context, groups []group) {
	release, ok := c.look(ctx, groups)
	if !ok {
		return
	}
	defer release()
	taken := map[string]bool{}
	var ready []*node
	for _, g := range groups {
		for _, n := range g.open() {
			if name := n.item.name(); name != "" {
				if taken[name] {
					break
				}
				taken[name] = true
			}
			n.item.plan()
			if n.item.found != nil && len(n.item.change.values) == 0 { // a repetition: everything is as it should be
				n.item.settle(c, n.item.found.id(), n.result.Call)
				n.done = true
				continue
			}
			ready = append(ready, n)
		}
	}
	c.writeNodes(ctx, ready, len(groups) == 1)
}

// name tells two items of one record; "" where nothing does but the record that it is to link to.
func (it *item) name() string {
	if it.found != nil {
		return it.found.id()
	}
	if it.by.external == "" {
		return ""
	}
	return it.to.o.Object.Object + "\x00" + it.by.external + "\x00" + it.by.value
}
