package routing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Pool is a weighted round robin.
type Pool struct {
	Name    string
	Members []Member
	Queue   string // where the pool's records are counted; may be empty
	// whole is the version of the pool that Members are a part of, those who are at work; "" where they are all of it.
	whole string
}

// Member is somebody who takes part in a pool's round robin.
type Member struct {
	Owner  string `yaml:"owner"`
	Weight int    `yaml:"weight"` // 3 gets three times as many as 1
}

// PoolState is how often each member was drawn in the current round. A round is as long as the weights' sum, and at its
// end everybody was drawn exactly as often as their weight.
//
// While some members take no part, those who do have a round of their own, which goes on whenever the same ones are
// together again. So somebody who comes back is not flooded to catch up, and nobody loses by the others' absences.
type PoolState struct {
	Version string         `json:"version"` // of the members and weights; others begin a new round
	Drawn   map[string]int `json:"drawn"`
	// Parts are the rounds of those who were together while others took no part, by their version.
	Parts map[string]map[string]int `json:"parts,omitempty"`
}

// maxParts bounds the state. The round of members who come together again after so many other rounds begins anew.
const maxParts = 64

// PoolName is the pool's name.
func (p Pool) PoolName() string { return p.Name }

// Next draws the next owner and returns the state for the draw after it; the state passed in is not changed. After any
// number n of draws since the pool was last changed, each member was drawn less than one time more or less often than
// n·weight/sum (invariant I6). Where members were away or not at work, that holds for the draws of those who were there
// together. A pool without members draws "".
//
// This is Tijdeman's solution of the chairman assignment problem (The chairman assignment problem, Discrete Mathematics
// 32, 1980), whose bound of 1 - 1/(2k-2) for k members is the best there is. Drawing whoever is furthest behind has no
// such bound.
func (p Pool) Next(s PoolState) (owner string, next PoolState) {
	next = PoolState{Version: p.version(), Drawn: map[string]int{}}
	part := ""
	if p.whole != "" && p.whole != next.Version {
		next.Version, part = p.whole, next.Version
	}
	if s.Version == next.Version {
		maps.Copy(next.Drawn, s.Drawn)
		next.Parts = maps.Clone(s.Parts)
	}
	if len(p.Members) == 0 {
		return "", next
	}
	before := next.Drawn
	if part != "" {
		before = next.Parts[part]
	}
	round, drawn, sum := map[string]int{}, 0, 0
	for _, member := range p.Members {
		sum += member.Weight
		if n := before[member.Owner]; n != 0 {
			round[member.Owner] = n
			drawn += n
		}
	}
	chosen := p.chairman(round, drawn+1, sum)
	round[chosen.Owner]++
	if drawn+1 >= sum {
		round = map[string]int{} // the round is complete: the numbers stay small for ever
	}
	if part == "" {
		next.Drawn = round
	} else {
		next.keep(part, round)
	}
	return chosen.Owner, next
}

// keep notes the round of a part. One that is complete needs no note.
func (s *PoolState) keep(part string, round map[string]int) {
	if s.Parts == nil {
		s.Parts = map[string]map[string]int{}
	}
	delete(s.Parts, part)
	if len(round) == 0 {
		return
	}
	if len(s.Parts) >= maxParts {
		delete(s.Parts, slices.Min(slices.Collect(maps.Keys(s.Parts)))) // any will do
	}
	s.Parts[part] = round
}

// chairman picks the n-th owner: of those who are at least 1/(2k-2) behind their share, the one who would soonest be
// too far behind. All numbers are scaled by sum·(2k-2), so that they are whole.
func (p Pool) chairman(drawn map[string]int, n, sum int) Member {
	scale := max(1, 2*len(p.Members)-2)
	due := -1
	for i, member := range p.Members {
		behind := p.behind(member, drawn, n, sum, scale)
		// There is always somebody, by the theorem. A single member is behind by the whole share.
		if behind < sum {
			continue
		}
		// Soonest is (limit - behind)/weight, compared without dividing; the first in the file wins a tie.
		limit := sum * (scale - 1)
		if due < 0 || (limit-behind)*p.Members[due].Weight < (limit-p.behind(p.Members[due], drawn, n, sum, scale))*member.Weight {
			due = i
		}
	}
	if due < 0 {
		// Not a state of ours. Whoever is furthest behind is the least unfair choice.
		due = 0
		for i, member := range p.Members {
			if p.behind(member, drawn, n, sum, scale) > p.behind(p.Members[due], drawn, n, sum, scale) {
				due = i
			}
		}
	}
	return p.Members[due]
}

// behind is how far a member's draws are behind the share of n draws, scaled.
func (p Pool) behind(member Member, drawn map[string]int, n, sum, scale int) int {
	return (n*member.Weight - drawn[member.Owner]*sum) * scale
}

// NextOwner is Next for whoever keeps the state without looking into it. No state is the beginning.
func (p Pool) NextOwner(state []byte) (owner string, next []byte, err error) {
	var s PoolState
	if len(state) > 0 {
		if err := json.Unmarshal(state, &s); err != nil {
			return "", nil, fmt.Errorf("read the state of pool %s: %w", p.Name, err)
		}
	}
	owner, after := p.Next(s)
	if owner == "" {
		return "", nil, fmt.Errorf("draw from pool %s: it has no members", p.Name)
	}
	next, err = json.Marshal(after)
	if err != nil {
		return "", nil, fmt.Errorf("write the state of pool %s: %w", p.Name, err)
	}
	return owner, next, nil
}

// version changes with members, weights and their order, which decides ties.
func (p Pool) version() string {
	h := sha256.New()
	for _, member := range p.Members {
		fmt.Fprintf(h, "%d %s %d\n", len(member.Owner), member.Owner, member.Weight)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
