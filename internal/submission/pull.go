package submission

import "time"

// PullType is the name under which the workflow is registered that finds what webhooks missed.
const PullType = "Pull"

// QueryProgress is the query of a pull that tells what it has found so far.
const QueryProgress = "progress"

// Pull is the input of a pull.
type Pull struct {
	Source string `json:"source"`
	// Since is where to begin; zero is a little before what was read last.
	Since time.Time `json:"since,omitzero"`
	// Dry says that nothing is to be stored: how much was missed?
	Dry bool `json:"dry,omitempty"`
	// Run is the first run of a pull that goes on in another one.
	Run string `json:"run,omitempty"`
}

// SchedulePull is the id of a source's schedule, and what the ids of its runs begin with.
func SchedulePull(source string) string { return "pull-" + source }
