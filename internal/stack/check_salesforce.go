package stack

import (
	"context"
	"errors"
	"fmt"

	"handoff/internal/sandbox/salesforce"
)

// checkSalesforce asks the org itself: one lead each, or the contact that it became, with the newest answers, an owner and
// consent, and a task.
func (p *script) checkSalesforce(ctx context.Context) error {
	leads, err := p.byAddress(ctx, "Lead", "Email")
	if err != nil {
		return err
	}
	contacts, err := p.byAddress(ctx, "Contact", "Email")
	if err != nil {
		return err
	}
	tasks, err := p.Sandbox.Records(ctx, Salesforce, "Task")
	if err != nil {
		return err
	}
	asked := map[any]int{}
	for _, t := range tasks {
		if owner := t["OwnerId"]; owner != nil && owner != salesforce.IntegrationUser {
			asked[t["WhoId"]]++
		}
	}
	var problems []error
	for _, email := range p.addresses() {
		if len(leads[email]) != 1 {
			problems = append(problems, fmt.Errorf("want one lead of each person, got %d", len(leads[email])))
			continue
		}
		lead := leads[email][0]
		person := lead
		if lead["IsConverted"] == true && len(contacts[email]) == 1 {
			person = contacts[email][0]
		}
		switch {
		case person["Title"] != p.people[email]:
			problems = append(problems, errors.New("want the newest answer on each lead, or on the contact that it became (I5)"))
		case lead["Marketing_Opt_In__c"] != true || lead["Consent_Text__c"] == nil:
			problems = append(problems, errors.New("want the consent on each lead (I7)"))
		case lead["OwnerId"] == nil || lead["OwnerId"] == salesforce.IntegrationUser:
			problems = append(problems, errors.New("want an owner of each lead"))
		case asked[lead["Id"]] < 1:
			problems = append(problems, errors.New("want a task about each lead, with an owner"))
		}
	}
	return errors.Join(problems...)
}
