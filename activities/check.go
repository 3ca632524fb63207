package activities

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/schemacheck"
	"handoff/internal/outbox"
	"handoff/internal/submission"
)

// checkStep names the check in logs and metrics.
const checkStep submission.Step = "check"

// Checked says what a check of a destination has found.
type Checked struct {
	Ran
	Destination string `json:"destination"`
	Rules       string `json:"rules"` // version of mappings and routing as a unit
	Findings    int    `json:"findings"`
	// Causes are the first of them; the ledger has all.
	Causes []Cause `json:"causes,omitempty"`
}

// Cause is one finding, in names and codes.
type Cause struct {
	Mapping string `json:"mapping,omitempty"`
	Object  string `json:"object"`
	Field   string `json:"field,omitempty"`
	Code    string `json:"code"`
}

const (
	// mostCauses keeps histories and messages small.
	mostCauses = 20
	// findingEvery is how often one finding is told about while it lasts.
	findingEvery = 24 * time.Hour
)

// CheckSchema compares every mapping that writes to the destination with the CRM's schema as it is now, and the owners of
// the routing table with the people whom the CRM knows. It records what it finds in place of what was found before, and
// tells about each new cause once.
func (a *Activities) CheckSchema(ctx context.Context, in submission.Check) (Checked, error) {
	done := a.begin(ctx, checkStep)
	found, rules, err := a.check(ctx, in.Destination)
	if err != nil {
		return Checked{}, a.fail(ctx, checkStep, in.Destination, err)
	}
	recorded, err := a.Ledger.RecordSchemaCheck(ctx, in.Destination, found)
	if err != nil {
		return Checked{}, a.fail(ctx, checkStep, in.Destination, err)
	}
	if err := a.tellFindings(ctx, in.Destination, recorded); err != nil {
		return Checked{}, a.fail(ctx, checkStep, in.Destination, err)
	}
	checked := Checked{Ran: ran(ctx), Destination: in.Destination, Rules: rules, Findings: len(recorded)}
	for _, f := range recorded[:min(len(recorded), mostCauses)] {
		checked.Causes = append(checked.Causes, Cause{Mapping: f.Mapping, Object: f.Object, Field: f.Field, Code: f.Code})
	}
	done("destination", in.Destination, "findings", len(recorded))
	return checked, nil
}

func (a *Activities) check(ctx context.Context, name string) (found []ledger.SchemaFinding, version string, err error) {
	destination, ok := a.Destinations[name]
	if !ok {
		return nil, "", &crm.Error{Kind: crm.Misconfigured, Code: "no_destination"}
	}
	rules := a.Rules()
	findings, err := schemacheck.Check(ctx, rules.Mappings, name, destination.Connector)
	if err != nil {
		return nil, "", err
	}
	if destination.KnowsOwners {
		owners, err := schemacheck.CheckOwners(ctx, rules.Mappings, rules.Routing, name, destination.Connector)
		if err != nil {
			return nil, "", err
		}
		findings = append(findings, owners...)
	}
	for _, f := range findings {
		found = append(found, ledger.SchemaFinding{
			Mapping: f.Mapping, Object: f.Object, Field: f.Field, Code: f.Code, Expect: f.Expect, Place: placed(f.Place),
		})
	}
	return found, rules.Version, nil
}

func placed(p mapping.Place) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// tellFindings alerts about causes that nobody was told about today, in one message.
func (a *Activities) tellFindings(ctx context.Context, destination string, recorded []ledger.SchemaFinding) error {
	alert := outbox.Alert{Rhythm: ledger.Rhythm{Every: findingEvery}}
	byCause := map[string]ledger.SchemaFinding{}
	for _, f := range recorded {
		cause := fmt.Sprintf("schema %s %s %s %s %s", destination, f.Mapping, f.Object, f.Field, f.Code)
		alert.Causes, byCause[cause] = append(alert.Causes, cause), f
	}
	alert.Problems = func(due []string) []string {
		problems := []string{fmt.Sprintf("destination %s would not take what the mappings write: %d findings", destination, len(recorded))}
		for _, cause := range due[:min(len(due), mostCauses)] {
			f := byCause[cause]
			problems = append(problems, fmt.Sprintf("%s: %s.%s %s: %s", f.Place, f.Object, f.Field, f.Code, f.Expect))
		}
		return problems
	}
	told, err := a.Notifier.Alert(ctx, alert)
	for _, cause := range told {
		f := byCause[cause]
		a.Logger.LogAttrs(ctx, slog.LevelError, "a destination would refuse leads", slog.String("destination", destination),
			slog.String("mapping", f.Mapping), slog.String("object", f.Object), slog.String("field", f.Field),
			slog.String("code", f.Code), slog.String("expect", f.Expect), slog.String("place", f.Place))
	}
	return err
}
