package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/submission"
)

// MapSubmission turns the answers into CRM objects, pins the mapping's version and seals the plan in the ledger for the
// steps that follow.
func (a *Activities) MapSubmission(ctx context.Context, in Step) (Mapped, error) {
	done := a.begin(ctx, submission.StepMap)
	t, err := a.load(ctx, in)
	if err != nil {
		return Mapped{}, a.fail(ctx, submission.StepMap, "", err)
	}
	m, input := t.mapping, t.input
	validatedBy := a.changed(in, submission.StepMap, m)
	plan, problems := m.Apply(input) // finds whatever validation would find
	if len(problems) > 0 {
		return Mapped{}, a.fail(ctx, submission.StepMap, plan.Destination, invalid(problems))
	}
	if err := a.known(plan); err != nil {
		return Mapped{}, a.fail(ctx, submission.StepMap, plan.Destination, err)
	}
	if err := a.savePlan(ctx, in.Submission, sealedPlan{Plan: plan, SubmittedAt: input.SubmittedAt, Rules: t.rules}); err != nil {
		return Mapped{}, a.fail(ctx, submission.StepMap, plan.Destination, err)
	}
	mapped := Mapped{
		Ran: ran(ctx), Mapping: m.Ref(), Destination: plan.Destination, Further: further(plan),
		Trace: a.Destinations[plan.Destination].Trace, Unmapped: len(plan.Unmapped),
		Rules: t.rules, ValidatedBy: validatedBy,
	}
	for _, destination := range append([]string{plan.Destination}, mapped.Further...) {
		if in.Background && a.Destinations[destination].Bulk {
			mapped.Bulk = append(mapped.Bulk, destination)
		}
	}
	for _, object := range plan.Objects {
		mapped.Objects = append(mapped.Objects, object.Name)
		mapped.Fields += len(object.Fields)
	}
	if a.Drift != nil {
		a.Drift.Mapped(m, input, plan.Unmapped)
	}
	done("mapping", m.Ref(), "destination", plan.Destination)
	return mapped, nil
}

// sealedPlan is what MapSubmission leaves in the ledger for the steps that follow, and what these leave for their next
// attempt: under a tight rate limit an attempt that began from the start would spend its whole allowance on what is done.
type sealedPlan struct {
	mapping.Plan
	SubmittedAt time.Time         `json:"submitted_at"`
	Rules       string            `json:"rules,omitempty"`       // version of the rules as a unit, which also routes it
	Written     map[string]Record `json:"written,omitempty"`     // by the name of the plan's object
	IsCustomer  bool              `json:"is_customer,omitempty"` // the customer rule applied to what was written
	Given       map[string]string `json:"given,omitempty"`       // owner by record: the CRM's kind of it, a slash, its id
}

func (a *Activities) savePlan(ctx context.Context, id submission.ID, plan sealedPlan) error {
	encoded, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("encode the plan of %s: %w", id, err)
	}
	return a.Ledger.SavePlan(ctx, id, encoded, plan.Mapping, plan.Version)
}

// plan opens what MapSubmission sealed.
func (a *Activities) plan(ctx context.Context, id submission.ID) (sealedPlan, error) {
	var plan sealedPlan
	sealed, err := a.Ledger.LoadPlan(ctx, id)
	if err != nil {
		return plan, err
	}
	decoder := json.NewDecoder(bytes.NewReader(sealed))
	decoder.UseNumber() // numbers stay exact
	if err := decoder.Decode(&plan); err != nil {
		return plan, fmt.Errorf("decode the plan of %s: %w", id, err)
	}
	return plan, a.known(plan.Plan)
}

// known refuses a plan that names a destination which is not configured any more.
func (a *Activities) known(plan mapping.Plan) error {
	for _, destination := range append(further(plan), plan.Destination) {
		if _, ok := a.Destinations[destination]; !ok {
			return &crm.Error{Kind: crm.Misconfigured, Code: "no_destination"}
		}
	}
	return nil
}

// further are the destinations beside the plan's own, in the order in which records go there.
func further(plan mapping.Plan) []string {
	var names []string
	for _, object := range plan.Objects {
		if object.Destination != "" && object.Destination != plan.Destination && !slices.Contains(names, object.Destination) {
			names = append(names, object.Destination)
		}
	}
	return names
}
