package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"handoff/internal/sandbox/hubspot"
)

// checkHubSpot asks the account itself: one contact, lead and company each, the newest answers, an owner, links, consent.
func (p *script) checkHubSpot(ctx context.Context) error {
	// People look at more than an app may ask for in ten seconds.
	if err := p.Sandbox.Command(ctx, http.MethodPut, "hubspot/limits", map[string]any{"per_ten_seconds": -1, "search_lag_ms": 5000}); err != nil {
		return err
	}
	contacts, err := p.byAddress(ctx, "contacts", "email")
	if err != nil {
		return err
	}
	leads, err := p.byAddress(ctx, "leads", "email")
	if err != nil {
		return err
	}
	companies, err := p.byAddress(ctx, "companies", "domain")
	if err != nil {
		return err
	}
	var ids []string
	for _, of := range leads {
		ids = append(ids, fmt.Sprint(of[0]["id"]))
	}
	linked, err := p.Sandbox.Linked(ctx, salesToken, "leads", "contacts", ids)
	if err != nil {
		return err
	}
	var problems []error
	for _, email := range p.addresses() {
		contact, lead := contacts[email], leads[email]
		_, domain, _ := strings.Cut(email, "@")
		switch {
		case len(contact) != 1 || len(companies[domain]) != 1:
			problems = append(problems, fmt.Errorf("want one contact and one company of each person, got %d and %d", len(contact), len(companies[domain])))
			continue
		case contact[0]["consent_text"] == nil || contact[0]["marketing_opt_in"] != "true":
			problems = append(problems, errors.New("want the consent on each contact (I7)"))
		case contact[0]["jobtitle"] != p.people[email]:
			problems = append(problems, errors.New("want the newest answer on each contact (I5)"))
		case contact[0]["hubspot_owner_id"] == nil:
			problems = append(problems, errors.New("want an owner of each contact"))
		}
		switch {
		case domain == customerDomain: // goes to the account team, and makes no lead
			if len(lead) != 0 {
				problems = append(problems, errors.New("want no lead of a customer"))
			}
		case len(lead) != 1:
			problems = append(problems, fmt.Errorf("want one lead of each person, got %d", len(lead)))
		case lead[0]["hubspot_owner_id"] == nil || !slices.Contains(linked[fmt.Sprint(lead[0]["id"])], fmt.Sprint(contact[0]["id"])):
			problems = append(problems, errors.New("want an owner and the contact on each lead"))
		}
	}
	if len(contacts) != len(p.people) {
		problems = append(problems, fmt.Errorf("want contacts of %d people, got %d", len(p.people), len(contacts)))
	}
	return errors.Join(problems...)
}

// byAddress are the records of an object, by their address or domain.
func (p *script) byAddress(ctx context.Context, object, field string) (map[string][]map[string]any, error) {
	records, err := p.Sandbox.Records(ctx, p.crm, object)
	if err != nil {
		return nil, err
	}
	by := map[string][]map[string]any{}
	for _, r := range records {
		address := strings.ToLower(fmt.Sprint(r[field]))
		by[address] = append(by[address], r)
	}
	return by, nil
}

// addresses are whose records must be there.
func (p *script) addresses() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for email := range p.people {
		all = append(all, email)
	}
	return all
}

// mostLinks is how many records HubSpot tells the associations of in one call.
const mostLinks = 1000

// Linked tells which records of another object each record of HubSpot's is associated with.
func (b *Sandbox) Linked(ctx context.Context, token, from, to string, ids []string) (map[string][]string, error) {
	linked := map[string][]string{}
	for chunk := range slices.Chunk(ids, mostLinks) {
		var inputs []map[string]string
		for _, id := range chunk {
			inputs = append(inputs, map[string]string{"id": id})
		}
		var answer struct {
			Results []struct {
				From struct {
					ID string `json:"id"`
				} `json:"from"`
				To []struct {
					ID json.Number `json:"toObjectId"`
				} `json:"to"`
			} `json:"results"`
		}
		path := "/crm/associations/" + hubspot.Version + "/" + from + "/" + to + "/batch/read"
		if err := b.API(ctx, token, http.MethodPost, path, map[string]any{"inputs": inputs}, &answer); err != nil {
			return nil, err
		}
		for _, result := range answer.Results {
			for _, one := range result.To {
				linked[result.From.ID] = append(linked[result.From.ID], one.ID.String())
			}
		}
	}
	return linked, nil
}
