package routing

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// The file as it is written.
type (
	tableSpec struct {
		Queue  string                `yaml:"queue"`
		Rules  []ruleSpec            `yaml:"rules"`
		Pools  map[string]poolSpec   `yaml:"pools"`
		Routes map[string]targetSpec `yaml:"routes"`
	}
	ruleSpec struct {
		Name     string               `yaml:"name"`
		When     map[string]condition `yaml:"when"`
		Accounts map[string]string    `yaml:"accounts"`
		By       []string             `yaml:"by"`
		// Territories are rows such as US/CA, with who gets the record.
		Territories map[string]targetSpec `yaml:"territories"`
		Target      targetSpec            `yaml:",inline"`
	}
	targetSpec struct {
		Owner string `yaml:"owner"`
		Pool  string `yaml:"pool"`
		Queue string `yaml:"queue"`
	}
)

// Bounds that keep a pool's arithmetic far from overflow.
const (
	maxMembers = 200
	maxWeight  = 1000
)

var (
	wordName   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
	domainName = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}-]+(\.[\p{Ll}\p{Lo}\p{N}-]+)+$`)
)

// Parse reads a routing file, or says everything that is wrong with it; then there is no table.
func Parse(name string, data []byte) (*Table, yamlfile.Problems) {
	file, problems := yamlfile.Parse(name, data)
	if len(problems) > 0 {
		return nil, problems
	}
	var spec tableSpec
	p := &parser{file: file, spec: spec}
	p.problems = file.Decode(&p.spec)
	table := p.table()
	if len(p.problems) > 0 {
		return nil, p.problems.Sorted()
	}
	return table, nil
}

type parser struct {
	file     *yamlfile.File
	spec     tableSpec
	pools    map[string]*roster
	asks     []asked
	problems yamlfile.Problems
}

// problem adds to what decoding said, unless decoding said something about the same place.
func (p *parser) problem(path, format string, args ...any) {
	for _, known := range p.problems {
		if known.Path == path {
			return
		}
	}
	p.problems = append(p.problems, p.file.Problem(path, format, args...))
}

func (p *parser) table() *Table {
	if strings.TrimSpace(p.spec.Queue) == "" {
		p.problem("$.queue", "missing; want the queue of records that no rule matches")
	}
	p.readPools()
	t := &Table{queue: p.spec.Queue, rules: p.readRules(), routes: map[string]target{}}
	t.file, t.asks = p.file, p.asks
	for _, name := range slices.Sorted(maps.Keys(p.spec.Routes)) {
		path := yamlfile.Key("$.routes", name)
		p.checkName(path, name)
		t.routes[name] = p.target(path, p.spec.Routes[name])
	}
	return t
}

func (p *parser) checkName(path, name string) {
	if !wordName.MatchString(name) {
		p.problem(path, "want a name of a-z, 0-9, - and _, that begins with a letter and has at most 40 characters")
	}
}

// target resolves where to send to.
func (p *parser) target(path string, spec targetSpec) target {
	set := 0
	for _, text := range []string{spec.Owner, spec.Pool, spec.Queue} {
		if text != "" {
			set++
		}
	}
	if set != 1 {
		p.problem(path, "want exactly one of owner, pool and queue")
	}
	to := target{owner: spec.Owner, queue: spec.Queue}
	if spec.Pool != "" {
		pool, known := p.pools[spec.Pool]
		if !known {
			p.problem(path+".pool", "%s", yamlfile.Unknown("pool", spec.Pool, slices.Collect(maps.Keys(p.pools))))
		}
		to.pool = pool
	}
	return to
}
