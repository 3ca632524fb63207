package value

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// automaton says of texts of digits whether a pattern matches the whole of them, in a step for every digit and without
// memory. The patterns of phone numbers become small ones.
type automaton struct {
	next   [][10]uint16 // by state and digit; state 0 is the end of all hope
	accept []bool
}

// maxStates bounds how large an automaton may become.
const maxStates = 4000

// newAutomaton compiles a regular expression. It is nil for one that is no such simple pattern; matches of nil are false.
func newAutomaton(pattern string) *automaton {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil
	}
	b := &automatonBuilder{prog: prog, states: map[string]uint16{}, a: &automaton{next: make([][10]uint16, 1), accept: make([]bool, 1)}}
	if start, ok := b.state([]uint32{uint32(prog.Start)}); !ok || start != 1 {
		return nil
	}
	for b.done < len(b.sets) {
		set := b.sets[b.done]
		b.done++
		for digit := range 10 {
			var reached []uint32
			for _, pc := range set {
				if inst := &prog.Inst[pc]; isRune(inst.Op) && inst.MatchRune('0'+rune(digit)) {
					reached = append(reached, inst.Out)
				}
			}
			to, ok := b.state(reached)
			if !ok {
				return nil
			}
			b.a.next[b.done][digit] = to
		}
	}
	return b.a
}

// automatonBuilder makes states out of sets of instructions, as the textbooks have it.
type automatonBuilder struct {
	prog   *syntax.Prog
	a      *automaton
	states map[string]uint16 // by the instructions of the set
	sets   [][]uint32        // of the states from 1 on
	done   int
}

// state is the state of being at some instructions, and at all that can be reached from there without a digit. ok is
// false for patterns that are more than digits.
func (b *automatonBuilder) state(from []uint32) (state uint16, ok bool) {
	seen := map[uint32]bool{}
	var set []uint32
	accept := false
	for len(from) > 0 {
		pc := from[len(from)-1]
		from = from[:len(from)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		inst := &b.prog.Inst[pc]
		switch inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			from = append(from, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			from = append(from, inst.Out)
		case syntax.InstMatch:
			accept = true
			set = append(set, pc)
		case syntax.InstEmptyWidth:
			return 0, false
		case syntax.InstFail:
		default:
			set = append(set, pc)
		}
	}
	if len(set) == 0 {
		return 0, true
	}
	slices.Sort(set)
	var key strings.Builder
	for _, pc := range set {
		key.WriteRune(rune(pc))
	}
	if state, ok = b.states[key.String()]; ok {
		return state, true
	}
	if len(b.a.next) >= maxStates {
		return 0, false
	}
	state = uint16(len(b.a.next))
	b.states[key.String()], b.sets = state, append(b.sets, set)
	b.a.next, b.a.accept = append(b.a.next, [10]uint16{}), append(b.a.accept, accept)
	return state, true
}

func isRune(op syntax.InstOp) bool {
	return op == syntax.InstRune || op == syntax.InstRune1 || op == syntax.InstRuneAny || op == syntax.InstRuneAnyNotNL
}

// matches says whether the pattern matches all of some ASCII digits.
func (a *automaton) matches(digits []byte) bool {
	if a == nil {
		return false
	}
	state := uint16(1)
	for _, digit := range digits {
		if state = a.next[state][digit-'0']; state == 0 {
			return false
		}
	}
	return a.accept[state]
}
