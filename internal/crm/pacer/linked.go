package pacer

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"handoff/internal/crm"
)

var _ crm.LinkedUpserter = (*Pacer)(nil)

// MaxGroups is the connector's; 0 where it cannot link records in one request, or does not tell of its requests.
func (p *Pacer) MaxGroups() int {
	if linker, ok := p.next.(crm.LinkedUpserter); ok && p.metered {
		return linker.MaxGroups()
	}
	return 0
}

// UpsertLinked writes groups together with whatever other groups of the same shape are written at the moment. The connector
// must take groups; see MaxGroups.
func (p *Pacer) UpsertLinked(ctx context.Context, groups [][]crm.Linked) [][]crm.Result {
	linker, most := p.next.(crm.LinkedUpserter), p.MaxGroups() // as its user has asked
	if len(groups) == 0 {
		return nil
	}
	if most <= 1 || !p.gate.paced(crm.Calls) {
		return p.link(ctx, linker, groups, turnOf(ctx))
	}
	results := make([][]crm.Result, len(groups))
	byShape := map[shape][]int{}
	for i, group := range groups {
		if len(group) > 0 {
			s := shapeOf(group, crm.IsBackground(ctx))
			byShape[s] = append(byShape[s], i)
		}
	}
	var all sync.WaitGroup
	for s, places := range byShape {
		for part := range slices.Chunk(places, most) {
			all.Go(func() {
				own := make([][]crm.Linked, len(part))
				for i, at := range part {
					own[i] = groups[at]
				}
				for i, answers := range p.linker(s, linker, most).do(ctx, own) {
					results[part[i]] = append(answers, make([]crm.Result, len(own[i])-len(answers))...)
				}
			})
		}
	}
	all.Wait()
	return results
}

// shapeOf tells groups apart that cannot share a batch: by their objects, the keys of these, and what links to what.
func shapeOf(group []crm.Linked, background bool) shape {
	var objects, keys strings.Builder
	for _, l := range group {
		objects.WriteString(l.Object + "\x00")
		keys.WriteString(keyOf(&l.Write))
		for _, field := range slices.Sorted(maps.Keys(l.Links)) {
			keys.WriteString("\x02" + field + "\x00" + strconv.Itoa(l.Links[field]))
		}
		keys.WriteString("\x01")
	}
	return shape{objects.String(), keys.String(), background}
}

func (p *Pacer) linker(s shape, linker crm.LinkedUpserter, most int) *gatherer[[]crm.Linked, []crm.Result] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.linked == nil {
		p.linked = map[shape]*gatherer[[]crm.Linked, []crm.Result]{}
	}
	if p.linked[s] == nil {
		q := &gatherer[[]crm.Linked, []crm.Result]{gate: p.gate, most: most, refused: refusedGroup}
		q.place, q.flights = placeOf(s)
		q.turn.behind = s.background
		q.order = func(a, b []crm.Linked) int { return a[0].Write.SubmittedAt.Compare(b[0].Write.SubmittedAt) } // older answers first
		q.send = func(ctx context.Context, batch [][]crm.Linked) [][]crm.Result {
			shared := &crm.Batch{ID: p.options.NewID(), Writes: len(batch)}
			results := p.link(ctx, linker, batch, &q.turn)
			for i, group := range batch {
				for j, l := range group {
					if result := &results[i][j]; result.Err != nil || result.RecordID != "" { // not what was not attempted
						result.Batch = shared
					}
					if i == 0 {
						p.options.Metrics.Gathered(l.Object, len(batch))
					}
				}
			}
			return results
		}
		p.linked[s] = q
	}
	return p.linked[s]
}

// refusedGroup is a group that was not sent: its first write failed.
func refusedGroup(refusal *crm.Error) []crm.Result { return []crm.Result{{Err: refusal}} }

// link has the connector write groups. What is over later gives each group a turn of its own.
func (p *Pacer) link(ctx context.Context, linker crm.LinkedUpserter, groups [][]crm.Linked, kind *turn) [][]crm.Result {
	results := linker.UpsertLinked(ctx, groups)
	for _, group := range results {
		var come *crm.Error
		for j, result := range group {
			if result.Err == nil || result.Err.Kind.Permanent() {
				continue
			}
			if come == nil {
				come = p.gate.again(crm.Calls, result.Err, kind, linker.MaxGroups())
			}
			own := *result.Err
			own.RetryAfter = max(own.RetryAfter, come.RetryAfter)
			group[j].Err = &own
		}
	}
	return results
}
