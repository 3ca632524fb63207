// Package workflows is the deterministic part of Handoff: process_submission.go is the path of a submission from top to
// bottom, step.go runs one step (fast first, durable when that fails), park.go waits for a person, policies.go holds
// every retry policy.
//
// Only workflow APIs may be used here. The code is replayed over recorded histories, so it must not read the clock, the
// environment, mappings or anything else that differs between two runs; what differs is read by an activity and comes
// back as its recorded result.
package workflows
