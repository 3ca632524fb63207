package routing_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/routing"
)

func pool(weights ...int) routing.Pool {
	p := routing.Pool{Name: "inbound", Queue: "inbound-queue"}
	for i, weight := range weights {
		p.Members = append(p.Members, routing.Member{Owner: fmt.Sprintf("owner-%d", i), Weight: weight})
	}
	return p
}

// I6: after any number of draws each owner's share is within one lead of its weight, and even within Tijdeman's bound.
func TestI6RoundRobinIsFairAfterEveryDraw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(1, 20), 2, 8).Draw(t, "weights")
		requireFair(t, pool(weights...), 500)
	})
}

func TestI6RoundRobinIsFairForHardWeights(t *testing.T) {
	t.Parallel()
	for _, weights := range [][]int{
		{1}, {7}, {1, 1}, {1, 1000}, {1000, 999, 1}, {2, 3, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 20}, {6, 10, 15, 30}, {20, 19, 18, 17, 1, 1, 1, 1},
	} {
		t.Run(fmt.Sprint(weights), func(t *testing.T) {
			t.Parallel()
			requireFair(t, pool(weights...), 1200)
		})
	}
}

type failer interface {
	require.TestingT
	Fatalf(format string, args ...any)
}

// requireFair draws as the ledger does, from stored state, and counts for itself.
func requireFair(t failer, p routing.Pool, draws int) {
	sum := 0
	for _, member := range p.Members {
		sum += member.Weight
	}
	// 1 - 1/(2k-2), times sum·(2k-2) to stay with whole numbers. A single member is never off.
	scale := max(1, 2*len(p.Members)-2)
	bound := sum * (scale - 1)
	drawn := map[string]int{}
	var state []byte
	for n := 1; n <= draws; n++ {
		owner, next, err := p.NextOwner(state)
		require.NoError(t, err)
		state = next
		drawn[owner]++
		for _, member := range p.Members {
			off := drawn[member.Owner]*sum - n*member.Weight
			if max(off, -off)*scale > bound {
				t.Fatalf("after %d draws %s has %d, which is %d/%d leads off its share", n, member.Owner, drawn[member.Owner], off, sum)
			}
		}
	}
}

func TestDrawsInterleaveByWeight(t *testing.T) {
	t.Parallel()
	p := pool(3, 1)
	var state routing.PoolState
	var order []string
	for range 8 {
		var owner string
		owner, state = p.Next(state)
		order = append(order, owner)
	}
	require.Equal(t, []string{
		"owner-0", "owner-0", "owner-1", "owner-0",
		"owner-0", "owner-0", "owner-1", "owner-0",
	}, order)
}

func TestARoundEndsWithASmallState(t *testing.T) {
	t.Parallel()
	p := pool(2, 1)
	var state routing.PoolState
	for range 3 {
		_, state = p.Next(state)
	}
	require.Empty(t, state.Drawn)
	require.NotEmpty(t, state.Version)
}

func TestNextLeavesItsArgumentAlone(t *testing.T) {
	t.Parallel()
	p := pool(5, 5)
	_, before := p.Next(routing.PoolState{})
	copied, err := json.Marshal(before)
	require.NoError(t, err)
	owner, _ := p.Next(before)
	again, _ := p.Next(before)
	after, err := json.Marshal(before)
	require.NoError(t, err)
	require.JSONEq(t, string(copied), string(after))
	require.Equal(t, owner, again, "the same state draws the same owner: a repeated transaction is safe")
}

func TestAChangedPoolBeginsANewRound(t *testing.T) {
	t.Parallel()
	p := pool(1, 5)
	var state []byte
	for range 4 {
		_, next, err := p.NextOwner(state)
		require.NoError(t, err)
		state = next
	}
	for name, changed := range map[string]routing.Pool{
		"weight": pool(1, 4), "member gone": pool(1), "member added": pool(1, 5, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fresh, freshState, err := changed.NextOwner(nil)
			require.NoError(t, err)
			owner, next, err := changed.NextOwner(state)
			require.NoError(t, err)
			require.Equal(t, fresh, owner)
			require.JSONEq(t, string(freshState), string(next))
		})
	}
	renamed := p
	renamed.Queue = "elsewhere"
	_, kept, err := renamed.NextOwner(state)
	require.NoError(t, err)
	_, same, err := p.NextOwner(state)
	require.NoError(t, err)
	require.JSONEq(t, string(same), string(kept), "the queue has no part in the round")
}

func TestAStateThatIsNotOursStillDraws(t *testing.T) {
	t.Parallel()
	p := pool(1, 1)
	_, state := p.Next(routing.PoolState{})
	state.Drawn = map[string]int{"owner-0": -7, "owner-1": 90, "gone": 3}
	owner, _ := p.Next(state)
	require.Equal(t, "owner-0", owner, "whoever is furthest behind")
}

func TestUnreadableStateIsAnError(t *testing.T) {
	t.Parallel()
	_, _, err := pool(1).NextOwner([]byte("{"))
	require.ErrorContains(t, err, "read the state of pool inbound: ")
	_, _, err = pool().NextOwner(nil)
	require.EqualError(t, err, "draw from pool inbound: it has no members")
	owner, _ := pool().Next(routing.PoolState{})
	require.Empty(t, owner)
	require.Equal(t, "inbound", pool().PoolName())
}
