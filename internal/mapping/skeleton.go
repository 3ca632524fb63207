package mapping

import (
	"handoff/internal/submission"
	"handoff/internal/yamlfile"
)

type (
	rule    struct{}
	consent struct{}
	slot    struct{}
	object  struct{}
	fact    struct{}
)

// Parse compiles one file.
func Parse(name string, data []byte) (*Mapping, yamlfile.Problems) { return nil, nil }

// Validate reports everything that is wrong with the answers.
func (m *Mapping) Validate(in Input) []submission.Problem { return nil }

// Identity says who answered, and gives the canonical bytes of what was answered.
func (m *Mapping) Identity(in Input) (person string, canonical []byte) { return "", nil }

// Apply makes the plan of a submission.
func (m *Mapping) Apply(in Input) (Plan, []submission.Problem) { return Plan{}, nil }
