package activities

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"go.temporal.io/sdk/activity"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/submission"
)

// UpsertRecords writes the objects that are planned for one destination in order, company before contact before lead, so
// that links find their record. Repeating it has the effect of doing it once.
func (a *Activities) UpsertRecords(ctx context.Context, in Step) (Upserted, error) {
	done := a.begin(ctx, submission.StepUpsert)
	ctx = in.context(ctx)
	plan, err := a.plan(ctx, in.Submission)
	if err != nil {
		return Upserted{}, a.fail(ctx, submission.StepUpsert, plan.Destination, err)
	}
	destination := cmp.Or(in.Destination, plan.Destination)
	if err := a.admit(ctx, destination); err != nil {
		return Upserted{}, a.fail(ctx, submission.StepUpsert, destination, err)
	}
	if activity.GetInfo(ctx).TaskQueue == submission.QueueBulk(destination) {
		patient, stop := showLife(crm.AsBulk(ctx))
		defer stop()
		ctx = patient
	}
	w := &writer{
		connector: a.Destinations[destination].Connector, destination: destination, plan: plan, submission: in.Submission,
		attempt: int(activity.GetInfo(ctx).Attempt), traced: !activity.GetInfo(ctx).IsLocalActivity,
		loaded: crm.IsBulk(ctx),
	}
	upserted, failed := w.writeAll(ctx)
	// What the CRM was asked and what it said is recorded even when it failed, and even when the attempt's time is up:
	// this is what support looks at.
	if err := a.Ledger.RecordWrites(context.WithoutCancel(ctx), in.Submission, w.writes, w.calls); err != nil && failed == nil {
		return Upserted{}, a.fail(ctx, submission.StepUpsert, destination, err)
	}
	if failed != nil {
		if len(w.writes) > 0 { // the next attempt goes on from here
			if err := a.savePlan(context.WithoutCancel(ctx), in.Submission, w.plan); err != nil {
				a.Logger.WarnContext(ctx, "progress not saved; the next attempt begins again", "submission", in.Submission)
			}
		}
		return Upserted{}, a.fail(ctx, submission.StepUpsert, destination, failed)
	}
	upserted.Ran = ran(ctx)
	done("destination", destination, "records", len(upserted.Records))
	return upserted, nil
}

// writer carries one submission's writes to one destination.
type writer struct {
	connector   crm.Connector
	destination string
	plan        sealedPlan
	submission  submission.ID
	attempt     int
	traced      bool // people may look at the result
	loaded      bool // it waits for loads of many, which are of one object
	calls       []ledger.CallRecord
	writes      []ledger.WriteRecord
}

func (w *writer) writeAll(ctx context.Context) (Upserted, error) {
	var upserted Upserted
	if w.plan.Written == nil {
		w.plan.Written = map[string]Record{}
	}
	for i, object := range w.plan.Objects {
		if !w.wants(object) {
			continue
		}
		if _, written := w.plan.Written[object.Name]; !written {
			if failure := w.write(ctx, w.together(w.plan.Objects[i:])); failure != nil {
				return upserted, failure
			}
		}
		upserted.Records = append(upserted.Records, w.plan.Written[object.Name])
	}
	if w.plan.IsCustomer {
		upserted.Customer, upserted.Route = true, w.plan.Customer.Route
	}
	return upserted, nil
}

// wants says that an object is to be written to the destination.
func (w *writer) wants(object mapping.Object) bool {
	return cmp.Or(object.Destination, w.plan.Destination) == w.destination &&
		!(w.plan.IsCustomer && slices.Contains(w.plan.Customer.Skip, object.Name))
}

// write writes objects, in one request where there are several, and returns the first failure.
func (w *writer) write(ctx context.Context, objects []mapping.Object) error {
	var results []crm.Result
	if linker, ok := w.connector.(crm.LinkedUpserter); ok && len(objects) > 1 {
		results = linker.UpsertLinked(ctx, [][]crm.Linked{w.linked(objects)})[0]
	} else {
		results = w.connector.Upsert(ctx, objects[0].Object, []crm.Write{w.upsertOf(objects[0])})
	}
	var failure error
	for i, result := range results {
		w.note(objects[i], result)
		if result.Err != nil && failure == nil {
			failure = result.Err
		}
	}
	return failure
}

// upsertOf is the upsert of an object, with the ids of records that are written already in its links.
func (w *writer) upsertOf(object mapping.Object) crm.Write {
	fields := maps.Clone(object.Fields)
	for _, link := range object.Links {
		if to, ok := w.plan.Written[link.To]; ok {
			fields[link.Field] = to.ID
		}
	}
	return crm.Write{
		Submission: string(w.submission), Keys: object.Keys, Fields: fields, CreateOnly: object.CreateOnly,
		UpdateOnly: object.UpdateOnly, FillBlanks: object.FillBlanks, SubmittedAt: w.plan.SubmittedAt, Read: object.Read,
	}
}

// note keeps what became of an object: nothing, where it was not attempted.
func (w *writer) note(object mapping.Object, result crm.Result) {
	if result.Call != nil {
		record := ledger.CallRecord{
			Step: submission.StepUpsert, Destination: w.destination, Attempt: w.attempt, Call: *result.Call,
		}
		if result.Err != nil {
			record.Kind = string(result.Err.Kind)
		}
		w.calls = append(w.calls, record)
	}
	if result.Err != nil || result.RecordID == "" {
		return
	}
	w.writes = append(w.writes, ledger.WriteRecord{
		Destination: w.destination, Object: object.Object, RecordID: result.RecordID, Outcome: result.Outcome,
		Fields: slices.Sorted(maps.Keys(w.upsertOf(object).Fields)), Kept: result.Kept, MappingVersion: w.plan.Version,
	})
	owner, _ := result.Record[crm.FieldOwner].(string)
	record := Record{
		Object: object.Object, ID: result.RecordID, Outcome: result.Outcome, Kept: result.Kept,
		Owned: object.OwnerField, Owner: owner,
	}
	if result.Batch != nil && w.traced {
		record.Batch, record.Writes = result.Batch.ID, result.Batch.Writes
	}
	w.plan.Written[object.Name] = record
	w.plan.IsCustomer = w.plan.IsCustomer || w.isCustomer(object, result)
}

// isCustomer applies the mapping's customer rule to a record as the CRM has it now.
func (w *writer) isCustomer(object mapping.Object, result crm.Result) bool {
	rule := w.plan.Customer
	if rule == nil || rule.Object != object.Name || len(rule.When) == 0 {
		return false
	}
	for field, wanted := range rule.When {
		value, _ := result.Record[field].(string)
		if !slices.Contains(wanted, value) {
			return false
		}
	}
	return true
}
