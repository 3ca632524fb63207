package activities

import (
	"log/slog"

	"handoff/internal/mapping"
	"handoff/internal/routing"
	"handoff/internal/submission"
)

// Rules are what revenue operations own, as one unit: a mapping that gives a new fact and the routing table that decides
// by it change together. A unit is never changed; a new version is another one.
type Rules struct {
	Version  string
	Mappings *mapping.Set
	Routing  *routing.Table
}

// routing is the table of the unit that made the plan, so that facts and table fit. A worker that was started later may
// have newer ones only; then it names the version that it took instead.
func (a *Activities) routing(plan sealedPlan) (table *routing.Table, newer string) {
	now := a.Rules()
	if plan.Rules == "" || plan.Rules == now.Version {
		return now.Routing, ""
	}
	if pinned, known := a.RulesAt(plan.Rules); known {
		return pinned.Routing, ""
	}
	return now.Routing, now.Version
}

// changed is the version of the mapping that an earlier step went by, where this one goes by another: mappings are
// reloaded while submissions are on their way. The later step says so in its facts, and stands on its own: it never
// relies on what another version found.
func (a *Activities) changed(in Step, step submission.Step, m *mapping.Mapping) string {
	if in.Mapping == "" || in.Mapping == m.Ref() {
		return ""
	}
	a.Logger.Info("the mapping was reloaded between two steps", slog.String("submission", string(in.Submission)),
		slog.String("step", string(step)), slog.String("validated_by", in.Mapping), slog.String("mapping", m.Ref()))
	return in.Mapping
}
