package pacer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// linking is a vendor that writes groups, by two requests for as many as there are.
type linking struct {
	*vendor
	gate   crm.Gate
	most   int
	groups [][][]crm.Linked
}

func (l *linking) Meter(gate crm.Gate) { l.gate = gate }

func (l *linking) MaxBatch(string) int { return l.most }

func (l *linking) MaxGroups() int { return l.most }

func (l *linking) UpsertLinked(ctx context.Context, groups [][]crm.Linked) [][]crm.Result {
	results := make([][]crm.Result, len(groups))
	for i := range groups {
		results[i] = make([]crm.Result, len(groups[i]))
	}
	for range 2 {
		err := l.gate.Wait(ctx, crm.Calls)
		failure, _ := crm.AsError(err)
		if err == nil {
			failure = l.called(ctx, nil)
			l.gate.Report(crm.Calls, crm.Answer{Err: failure})
		}
		if failure != nil {
			for i := range groups {
				results[i][0].Err = failure
			}
			return results
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.groups = append(l.groups, groups)
	for i, group := range groups {
		for j, w := range group {
			results[i][j].RecordID = w.Object + " of " + w.Write.Submission
		}
	}
	return results
}

func pair(submission string) []crm.Linked {
	return []crm.Linked{{Object: "contact", Write: write(submission)}, {Object: "lead", Write: write(submission), Links: map[string]int{"contact_id": 0}}}
}

// TestGathersGroups: groups of one shape that are on their way at the same moment share the vendor's requests, and each
// caller gets the answers to its own.
func TestGathersGroups(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		l := &linking{vendor: &vendor{takes: 100 * time.Millisecond}, most: 50}
		paced := pacer.New(l, pacer.Options{Limits: per(20, time.Second)})
		require.Equal(t, 50, paced.MaxGroups())
		var all sync.WaitGroup
		for i := range 120 {
			all.Go(func() {
				group := pair(fmt.Sprint(i))
				switch i % 4 {
				case 1:
					group[1].Links = nil
				case 2:
					group = append(group, crm.Linked{Object: "task", Write: write(fmt.Sprint(i))})
				}
				ctx := t.Context()
				if i%4 == 3 {
					ctx = crm.AsBackground(ctx)
				}
				results := paced.UpsertLinked(ctx, [][]crm.Linked{group})[0]
				require.Len(t, results, len(group))
				for j, result := range results {
					require.Equal(t, group[j].Object+" of "+fmt.Sprint(i), result.RecordID)
					require.Equal(t, results[0].Batch, result.Batch)
					require.NotEmpty(t, result.Batch.ID)
				}
			})
		}
		all.Wait()
		require.LessOrEqual(t, len(l.groups), 3*4, "the first ones go, and then full batches")
		for _, batch := range l.groups {
			for _, group := range batch {
				require.Len(t, group, len(batch[0]))
				require.Equal(t, batch[0][1].Links, group[1].Links)
			}
		}
		requireWithin(t, l.times(), 20, time.Second)
		require.Empty(t, paced.UpsertLinked(t.Context(), nil))
	})
}

// TestALoneGroupWaitsForNobody, and of two groups the one that was answered first is written first.
func TestALoneGroupWaitsForNobody(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		l := &linking{vendor: &vendor{}, most: 50}
		paced := pacer.New(l, pacer.Options{Limits: per(20, time.Second)})
		result := paced.UpsertLinked(t.Context(), [][]crm.Linked{pair("one")})[0][1]
		require.Equal(t, "lead of one", result.RecordID)
		require.Equal(t, 1, result.Batch.Writes)
		l.takes = 100 * time.Millisecond
		newer, older := pair("newer"), pair("older")
		newer[0].Write.SubmittedAt, older[0].Write.SubmittedAt = time.Unix(200, 0), time.Unix(100, 0)
		var all sync.WaitGroup
		for _, group := range [][]crm.Linked{pair("first"), newer, older} {
			all.Go(func() { require.Nil(t, paced.UpsertLinked(t.Context(), [][]crm.Linked{group})[0][0].Err) })
			synctest.Wait()
		}
		all.Wait()
		last := l.groups[len(l.groups)-1]
		require.Equal(t, [][]crm.Linked{older, newer}, last[len(last)-2:])
	})
}

// TestRefusedGroups: I4: a group that has to come again is told when, each its own turn, and the writes after its first one
// are left out.
func TestRefusedGroups(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		l := &linking{vendor: &vendor{script: []*crm.Error{{Kind: crm.RateLimited, Code: "429", RetryAfter: time.Minute}}}, most: 2}
		paced := pacer.New(l, pacer.Options{Limits: per(5, time.Second)})
		turns := map[time.Duration]int{}
		for range 2 { // the second time nobody is asked
			for _, group := range paced.UpsertLinked(t.Context(), [][]crm.Linked{pair("1"), pair("2")}) {
				require.Equal(t, crm.RateLimited, group[0].Err.Kind)
				require.GreaterOrEqual(t, group[0].Err.RetryAfter, time.Minute)
				turns[group[0].Err.RetryAfter]++
				require.Zero(t, group[1].Err)
				require.Empty(t, group[1].RecordID)
			}
		}
		require.Equal(t, 1, l.count())
		require.Len(t, turns, 2, "as many as a batch takes come together")
	})
}

// TestConnectorsThatDoNotLink: their pacer says so.
func TestConnectorsThatDoNotLink(t *testing.T) {
	t.Parallel()
	require.Zero(t, pacer.New(batching{&vendor{}, 100}, pacer.Options{}).MaxGroups())
}

// TestADayIsWorthGatheringFor: where only the calls of a day are limited, as with Salesforce, writes are gathered too.
func TestADayIsWorthGatheringFor(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		v := &vendor{takes: 100 * time.Millisecond}
		paced := pacer.New(batching{v, 100}, pacer.Options{Limits: []pacer.Limit{{Calls: 100_000, Per: 24 * time.Hour}}})
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				require.Nil(t, paced.Upsert(t.Context(), "contacts", []crm.Write{write(fmt.Sprint(i))})[0].Err)
			})
		}
		all.Wait()
		require.LessOrEqual(t, v.count(), 3)
	})
}
