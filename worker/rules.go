package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/mapping"
	"handoff/internal/reload"
	"handoff/internal/routing"
)

// held are the sections of the configuration that the worker reads once, at its start. Of the sources it needs the names
// only, and follows them.
var held = []string{"admin", "worker", "ledger", "keys", "temporal", "mappings", "log", "destinations", "notify"}

// loadRules compiles mappings and routing as one unit, and checks it against the configuration: the sources as they are
// now, the destinations as this worker was started with. Its error holds everything that is wrong.
func loadRules(folder string, sources, destinations []string) (activities.Rules, error) {
	mappings, mappingErr := mapping.Load(reload.Dir(folder))
	table, routingErr := loadRouting(filepath.Join(folder, mapping.RoutingFile))
	var checkErr error
	if mappingErr == nil {
		checkErr = mappings.Check(sources, destinations)
	}
	if mappingErr == nil && routingErr == nil {
		checkErr = errors.Join(checkErr, mappings.CheckRoutes(table.Routes()), table.CheckFacts(mappings.Facts()))
	}
	return activities.Rules{Mappings: mappings, Routing: table}, errors.Join(mappingErr, routingErr, checkErr)
}

func loadRouting(name string) (*routing.Table, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the routing table: %w", err)
	}
	table, problems := routing.Parse(name, data)
	return table, problems.Err()
}

// isRule says which files of the mappings' folder are part of the rules: cases beside them test, and do not map.
func isRule(name string) bool {
	extension := path.Ext(name)
	return (extension == ".yaml" || extension == ".yml") && !strings.HasPrefix(name, "cases/")
}

// ruleChanges tells which mappings another version of the rules changes, for its line in the log.
func ruleChanges(old, now activities.Rules) []slog.Attr {
	was, is := versions(old.Mappings), versions(now.Mappings)
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(is)) {
		switch {
		case was[name] == "":
			changed = append(changed, name+" new at "+is[name])
		case was[name] != is[name]:
			changed = append(changed, fmt.Sprintf("%s from %s to %s", name, was[name], is[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if is[name] == "" {
			changed = append(changed, name+" gone, was "+was[name])
		}
	}
	return []slog.Attr{slog.Any("mappings", changed)}
}

func versions(set *mapping.Set) map[string]string {
	byName := map[string]string{}
	for _, m := range set.All() {
		byName[m.Name()] = m.Version()
	}
	return byName
}

// watch loads what the worker follows while it runs: the configuration's sources, and the rules.
func (p *program) watch() error {
	settings := reload.Settings(config.Path(p.environ), p.environ, config.ProgramWorker, held...)
	settings.Metrics, settings.Logger = p.reloads, p.logger
	settings.Refused = func(r reload.Refusal) { p.alerts.refused(r) }
	settings.Swapped = func(_, _ reload.Version[*config.Config]) {
		p.rules.Nudge() // they are checked against it
		p.pulls.soon()
	}
	var err error
	if p.settings, err = reload.New(settings); err != nil {
		return err
	}
	destinations := slices.Sorted(maps.Keys(p.config.Destinations))
	sources := func() []string { return slices.Sorted(maps.Keys(p.settings.Current().Sources)) }
	p.rules, err = reload.New(reload.Options[activities.Rules]{
		What: "rules", Paths: func() []string { return []string{p.config.Mappings} }, Match: isRule,
		Beside:  func() string { return strings.Join(sources(), " ") },
		Load:    func() (activities.Rules, error) { return loadRules(p.config.Mappings, sources(), destinations) },
		Changes: ruleChanges,
		Refused: func(r reload.Refusal) { p.alerts.refused(r) },
		Swapped: func(_, _ reload.Version[activities.Rules]) { p.checks.soon() },
		Metrics: p.reloads, Logger: p.logger,
	})
	return err
}

// current are the rules that serve.
func (p *program) current() activities.Rules { return unit(p.rules.Serving()) }

// at finds rules that served lately.
func (p *program) at(version string) (activities.Rules, bool) {
	found, known := p.rules.At(version)
	return unit(found), known
}

func unit(v reload.Version[activities.Rules]) activities.Rules {
	rules := v.Value
	rules.Version = v.ID
	return rules
}
