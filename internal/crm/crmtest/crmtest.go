// Package crmtest is the conformance suite of connectors: what a connector must do whatever CRM it speaks to. A
// connector that passes it can carry submissions.
package crmtest

import (
	"testing"
	"time"

	"handoff/internal/crm"
)

// Harness is what the suite needs to know about one CRM, and the faults it needs from it.
type Harness struct {
	Connector crm.Connector
	// Object is an object of the CRM with the fields below.
	Object string
	// Key is a string field that identifies records; Other identifies them too, or is empty.
	Key, Other string
	// Texts are at least three plain string fields.
	Texts []string
	// Number is an integer field.
	Number string
	// Owner is someone who exists, Another someone else.
	Owner, Another string
	// LoseReplies makes the CRM carry out what it is asked while its answers get lost, until heal is called.
	LoseReplies func(t testing.TB) (heal func())
	// Stall makes the CRM accept requests without answering them in time, until heal is called.
	Stall func(t testing.TB) (heal func())
	// Patience is a deadline that a healthy call meets easily.
	Patience time.Duration
}

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {}
