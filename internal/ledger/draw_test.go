package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// turns is a pool that gives each member a turn; the ledger must only keep its state and ask one at a time.
type turns struct {
	name    string
	members []string
	fail    error
}

func (p turns) PoolName() string { return p.name }

func (p turns) NextOwner(state []byte) (string, []byte, error) {
	var drawn int
	if state != nil {
		if err := json.Unmarshal(state, &drawn); err != nil {
			return "", nil, err
		}
	}
	if p.fail != nil {
		return "", nil, p.fail
	}
	next, err := json.Marshal(drawn + 1)
	return p.members[drawn%len(p.members)], next, err
}

func lead(record string) ledger.Assignment {
	return ledger.Assignment{
		Destination: "crm", Object: "leads", RecordID: record, Queue: "inbound", Rule: "round-robin", Pool: "emea",
		Explanation: "Nobody owns the territory.",
	}
}

// I6: drawing is fair under concurrency, and asking again, as a retry or a reset does, draws nothing.
func TestDrawingIsFairWhateverIsRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := turns{name: "emea", members: []string{"ann", "ben", "cat", "dan"}}
	const leads, retries = 20, 3
	ids := make([]submission.ID, leads)
	for i := range ids {
		ids[i] = w.accept(t, fmt.Sprintf("form-%d", i))
	}
	drawn := together(t, leads*retries, func(ctx context.Context, i int) (ledger.Assignment, error) {
		return w.Draw(ctx, ids[i%leads], lead(fmt.Sprintf("rec-%d", i%leads)), pool)
	})
	share := map[string]int{}
	for i, a := range drawn {
		require.Equal(t, drawn[i%leads].Owner, a.Owner, "a retry gets the owner that was drawn first")
		if i < leads {
			share[a.Owner]++
		}
	}
	require.Equal(t, map[string]int{"ann": 5, "ben": 5, "cat": 5, "dan": 5}, share)

	recorded, ok, err := w.AssignmentOf(t.Context(), ids[0])
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, drawn[0], recorded)
	require.Equal(t, "Nobody owns the territory.", recorded.Explanation)
}

// Two submissions of one person write one lead: it goes to one owner, and costs the pool one turn.
func TestOneRecordIsDrawnForOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := turns{name: "emea", members: []string{"ann", "ben", "cat"}}
	const n = 12
	ids := make([]submission.ID, n)
	for i := range ids {
		ids[i] = w.accept(t, fmt.Sprintf("form-%d", i))
	}
	drawn := together(t, n, func(ctx context.Context, i int) (ledger.Assignment, error) {
		return w.Draw(ctx, ids[i], lead("rec-same"), pool)
	})
	for i, a := range drawn {
		require.Equal(t, drawn[0].Owner, a.Owner)
		recorded, ok, err := w.AssignmentOf(t.Context(), ids[i])
		require.NoError(t, err)
		require.True(t, ok, "it is recorded for this submission too")
		require.Equal(t, a.Owner, recorded.Owner)
	}
	next, err := w.Draw(t.Context(), w.accept(t, "next"), lead("rec-next"), pool)
	require.NoError(t, err)
	require.Equal(t, "ben", next.Owner, "one turn was used")

	elsewhere := lead("rec-same")
	elsewhere.Destination = "other-crm"
	other, err := w.Draw(t.Context(), w.accept(t, "elsewhere"), elsewhere, pool)
	require.NoError(t, err)
	require.Equal(t, "cat", other.Owner, "the same id in another destination is another record")
}

func TestADecidedOwnerIsRecordedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	named := lead("rec-1")
	named.Pool, named.Owner, named.Rule = "", "ann", "named-account"
	first, err := w.Assign(t.Context(), id, named)
	require.NoError(t, err)
	require.Equal(t, "ann", first.Owner)
	named.Owner, named.Rule = "ben", "territory"
	again, err := w.Assign(t.Context(), id, named)
	require.NoError(t, err)
	require.Equal(t, first, again, "the first one stands, also after the routing table changed")
	drawn, err := w.Draw(t.Context(), id, lead("rec-1"), turns{name: "emea", members: []string{"cat"}})
	require.NoError(t, err)
	require.Equal(t, first, drawn)
}

func TestAPoolThatCannotDrawLosesNoTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := errors.New("no members")
	pool := turns{name: "emea", members: []string{"ann", "ben"}}
	first, err := w.Draw(t.Context(), w.accept(t, "a"), lead("rec-a"), pool)
	require.NoError(t, err)
	pool.fail = broken
	id := w.accept(t, "b")
	_, err = w.Draw(t.Context(), id, lead("rec-b"), pool)
	require.ErrorIs(t, err, broken)
	_, ok, err := w.AssignmentOf(t.Context(), id)
	require.NoError(t, err)
	require.False(t, ok)
	pool.fail = nil
	second, err := w.Draw(t.Context(), id, lead("rec-b"), pool)
	require.NoError(t, err)
	require.Equal(t, []string{"ann", "ben"}, []string{first.Owner, second.Owner})
}

func TestAQueueIsAnOwnerlessAssignment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queue := lead("rec-1")
	queue.Pool = ""
	got, err := w.Assign(t.Context(), w.accept(t, "a"), queue)
	require.NoError(t, err)
	require.Equal(t, "inbound", got.Queue)
	require.Empty(t, got.Owner)
	drawn, err := w.Draw(t.Context(), w.accept(t, "b"), lead("rec-1"), turns{name: "emea", members: []string{"ann"}})
	require.NoError(t, err)
	require.Equal(t, "ann", drawn.Owner, "a record in a queue has no owner yet")
}

// Two tries of one step may overlap, the local one that timed out and the durable one: both hear the same owner.
func TestSimultaneousAssignmentsOfOneSubmissionAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	assigned := together(t, 30, func(ctx context.Context, i int) (ledger.Assignment, error) {
		a := lead("rec-1")
		a.Pool, a.Owner = "", fmt.Sprintf("owner-%d", i)
		return w.Assign(ctx, id, a)
	})
	for _, a := range assigned {
		require.Equal(t, assigned[0], a)
	}
}

// One person asks for a demo in two territories at the same moment: one record, two pools, one owner.
func TestOneRecordHasOneOwnerAcrossPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := make([]submission.ID, 40)
	for i := range ids {
		ids[i] = w.accept(t, fmt.Sprintf("form-%d", i))
	}
	drawn := together(t, len(ids), func(ctx context.Context, i int) (ledger.Assignment, error) {
		pool := turns{name: fmt.Sprintf("pool-%d", i%4), members: []string{fmt.Sprintf("owner-%d", i%4)}}
		return w.Draw(ctx, ids[i], lead(fmt.Sprintf("rec-%d", i/8)), pool)
	})
	owners := map[int]string{}
	for i, a := range drawn {
		if owners[i/8] == "" {
			owners[i/8] = a.Owner
		}
		require.Equal(t, owners[i/8], a.Owner, "record %d", i/8)
	}
}
