package salesforce

import (
	"context"
	"slices"
	"strconv"

	"handoff/internal/crm"
)

// haltedCode is that of a part that was not carried out because another one failed.
const haltedCode = "PROCESSING_HALTED"

// writeNodes writes what is planned, with as few requests as it can. What a request leaves undone because of another record
// goes into the next one, with the ids that are known by then.
func (c *Connector) writeNodes(ctx context.Context, nodes []*node, alone bool) {
	for {
		nodes = slices.DeleteFunc(nodes, func(n *node) bool { return n.settled() || n.hopeless() })
		if len(nodes) == 0 {
			return
		}
		sent := map[*item]*node{}
		for _, n := range nodes {
			sent[n.item] = n
		}
		if odd := slices.DeleteFunc(slices.Clone(nodes), func(n *node) bool { return !n.item.odd() || n.level() > 0 }); len(odd) > 0 {
			for _, p := range partsOf(odd, false) {
				c.finish(sent, p, c.send(ctx, p.how, p.batch))
			}
		} else {
			c.sendNodes(ctx, fitting(partsOf(slices.DeleteFunc(slices.Clone(nodes), (*node).waitsForOdd), alone)), sent)
		}
		for _, n := range nodes {
			n.settleLinks()
		}
	}
}

// settled says that nothing more becomes of a write in this round: it is done, or has to be looked for again.
func (n *node) settled() bool { return n.done || n.result.Err != nil || n.tried != n.item.retried }

// hopeless says that a write cannot be sent in this round: one before it has failed, or one that it refers to has to be
// looked for again.
func (n *node) hopeless() bool {
	return slices.ContainsFunc(n.before, func(other *node) bool { return other.result.Err != nil }) ||
		slices.ContainsFunc(n.refers(), func(to *node) bool { return to.settled() || to.hopeless() })
}

// refers are the writes whose ids it needs and that are not known yet.
func (n *node) refers() (to []*node) {
	for _, other := range n.links {
		for _, value := range n.item.change.values {
			if value == other.mark {
				to = append(to, other)
				break
			}
		}
	}
	return to
}

// level is how many parts at least come before the one that can write.
func (n *node) level() int {
	level := 0
	for _, to := range n.refers() {
		level = max(level, to.level()+1)
	}
	return level
}

// waitsForOdd says that a write cannot be in a composite yet.
func (n *node) waitsForOdd() bool {
	return n.item.odd() || slices.ContainsFunc(n.refers(), (*node).waitsForOdd)
}

// sendNodes sends parts in one request, and tells each write what became of it.
func (c *Connector) sendNodes(ctx context.Context, parts []part, sent map[*item]*node) {
	refer(parts, sent)
	if len(parts) == 1 {
		c.finish(sent, parts[0], c.send(ctx, parts[0].how, parts[0].batch))
		return
	}
	replies, failures := c.writeParts(ctx, parts)
	// What was left undone goes into the next request, unless this one has changed nothing: then that would be the same.
	progress := slices.ContainsFunc(failures, func(failure *crm.Error) bool { return !halted(failure) })
	for i, p := range parts {
		switch failure := failures[i]; {
		case halted(failure) && progress:
		case failure != nil && p.heavy() && mayBeOneRecord(failure):
			for _, out := range p.batch {
				sent[out.item].apart = true
			}
		default:
			for _, out := range p.batch {
				sent[out.item].settleLinks()
			}
			c.finish(sent, p, c.settleAll(ctx, p.how, p.batch, replies[i], failure))
		}
	}
}

func halted(failure *crm.Error) bool { return failure != nil && failure.Code == haltedCode }

// finish notes the ids of records that were written.
func (c *Connector) finish(sent map[*item]*node, p part, again []*item) {
	for _, out := range p.batch {
		if n := sent[out.item]; n.result.Err == nil && !slices.Contains(again, out.item) {
			n.id, n.done = n.result.RecordID, true
		}
	}
}

// refer has records refer to the answers of earlier parts for the ids of new records.
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/requests_composite.htm.
func refer(parts []part, sent map[*item]*node) {
	at := map[mark]string{}
	for _, p := range parts {
		for j, out := range p.batch {
			n := sent[out.item]
			for _, to := range n.refers() {
				for name, value := range out.record {
					if value == to.mark {
						out.record[name] = at[to.mark]
					}
				}
			}
			place := ""
			if p.heavy() {
				place = "[" + strconv.Itoa(j) + "]"
			}
			at[n.mark] = "@{" + p.reference + place + ".id}"
		}
	}
}
