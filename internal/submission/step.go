package submission

import "strings"

// StepFetch comes before the path of a submission that was only announced.
const StepFetch Step = "fetch"

// At is the step at one of several destinations, such as "upsert/warehouse".
func (s Step) At(destination string) Step { return s + "/" + Step(destination) }

// Kind is the step without its destination: what policies and metrics go by.
func (s Step) Kind() Step {
	kind, _, _ := strings.Cut(string(s), "/")
	return Step(kind)
}
