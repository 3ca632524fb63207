package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/routing"
	"handoff/internal/submission"
)

// AssignOwner decides who gets the records, once per submission, and gives them those that nobody owns yet. The choice
// is recorded before the CRM is asked, so that a retry gives the records to the same person.
func (a *Activities) AssignOwner(ctx context.Context, in Assignee) (Assigned, error) {
	done := a.begin(ctx, submission.StepAssign)
	ctx = in.context(ctx)
	plan, err := a.plan(ctx, in.Submission)
	if err != nil {
		return Assigned{}, a.fail(ctx, submission.StepAssign, plan.Destination, err)
	}
	if err := a.admit(ctx, plan.Destination); err != nil {
		return Assigned{}, a.fail(ctx, submission.StepAssign, plan.Destination, err)
	}
	owned := ownedRecords(in.Records)
	if len(owned) == 0 {
		a.Metrics.Assigned("none")
		done("rule", "none")
		return Assigned{Ran: ran(ctx), Rule: "none", Explanation: "The mapping writes no record that takes an owner."}, nil
	}
	table, newer := a.routing(plan)
	assignment, err := a.decide(ctx, in, plan, table, owned)
	if err != nil {
		return Assigned{}, a.fail(ctx, submission.StepAssign, plan.Destination, err)
	}
	if err := a.give(ctx, in.Submission, plan, owned, assignment); err != nil {
		return Assigned{}, a.fail(ctx, submission.StepAssign, plan.Destination, err)
	}
	a.Metrics.Assigned(assignment.Rule)
	done("destination", plan.Destination, "rule", assignment.Rule)
	return Assigned{
		Ran: ran(ctx), Owner: assignment.Owner, Queue: assignment.Queue, Rule: assignment.Rule, Explanation: assignment.Explanation,
		Rules: newer,
	}, nil
}

// decide finds the owner by the routing table, or remembers the one that was found before.
func (a *Activities) decide(ctx context.Context, in Assignee, plan sealedPlan, table *routing.Table, owned []Record) (ledger.Assignment, error) {
	recorded, ok, err := a.Ledger.AssignmentOf(ctx, in.Submission)
	if err != nil || ok {
		return recorded, err
	}
	decision := table.Decide(plan.Facts, in.Route, currentOwner(owned), time.Now())
	if decision.Alert != "" {
		a.alert(ctx, plan.Destination, Failure{Kind: crm.Misconfigured, Code: decision.Alert})
	}
	wanted := ledger.Assignment{
		Destination: plan.Destination, Object: owned[0].Object, RecordID: owned[0].ID,
		Owner: decision.Owner, Queue: decision.Queue, Rule: decision.Rule, Explanation: decision.Explanation,
	}
	if decision.Pool == nil {
		return a.Ledger.Assign(ctx, in.Submission, wanted)
	}
	wanted.Pool, wanted.Queue = decision.Pool.Name, decision.Pool.Queue
	return a.Ledger.Draw(ctx, in.Submission, wanted, *decision.Pool)
}

// give sets the owner on the records that have none. A queue can own records too.
func (a *Activities) give(ctx context.Context, id submission.ID, plan sealedPlan, owned []Record, assignment ledger.Assignment) error {
	destination, owner := plan.Destination, assignment.Owner
	if owner == "" {
		owner = assignment.Queue
	}
	connector := a.Destinations[destination].Connector
	var calls []ledger.CallRecord
	var failed error
	for _, record := range owned {
		is := record.Object + "/" + record.ID // a mapping may write several records of one kind
		if _, given := plan.Given[is]; given || record.Owner != "" || owner == "" {
			continue
		}
		now, call, err := connector.SetOwner(ctx, record.Object, record.ID, owner)
		if call != nil {
			entry := ledger.CallRecord{
				Step: submission.StepAssign, Destination: destination, Attempt: int(activity.GetInfo(ctx).Attempt), Call: *call,
			}
			if e, ok := crm.AsError(err); ok {
				entry.Kind = string(e.Kind)
			}
			calls = append(calls, entry)
		}
		if err != nil {
			failed = err
			break
		}
		if plan.Given == nil {
			plan.Given = map[string]string{}
		}
		plan.Given[is] = now
	}
	if failed != nil && len(plan.Given) > 0 { // the next attempt goes on from here
		if err := a.savePlan(context.WithoutCancel(ctx), id, plan); err != nil {
			a.Logger.WarnContext(ctx, "progress not saved; the next attempt begins again", "submission", id)
		}
	}
	if len(calls) > 0 {
		if err := a.Ledger.RecordWrites(context.WithoutCancel(ctx), id, nil, calls); err != nil && failed == nil {
			return err
		}
	}
	return failed
}

func ownedRecords(records []Record) []Record {
	var owned []Record
	for _, record := range records {
		if record.Owned {
			owned = append(owned, record)
		}
	}
	return owned
}

// currentOwner is whom one of the records belonged to before: a person who is known keeps their contact person, also
// for a new lead.
func currentOwner(owned []Record) string {
	for _, record := range owned {
		if record.Owner != "" {
			return record.Owner
		}
	}
	return ""
}
