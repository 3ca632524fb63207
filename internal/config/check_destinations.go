package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"handoff/internal/yamlfile"
)

func (l *loader) completeDestinations(c *Config) {
	if l.file != nil && len(c.Destinations) == 0 {
		l.problem("$.destinations", "want at least one destination")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Destinations)) {
		destination := c.Destinations[name]
		path := yamlfile.Key("$.destinations", name)
		l.name(path, name)
		l.trace(path+".trace", &destination.Trace)
		l.checkLimit(path+".limit", destination.Connector, destination.Limit)
		if destination.Timeout == 0 {
			destination.Timeout = 10 * time.Second
		}
		l.span(path+".timeout", destination.Timeout, 100*time.Millisecond, 2*time.Minute)
		if destination.CheckEvery == 0 {
			destination.CheckEvery = time.Hour
		}
		l.span(path+".check_every", destination.CheckEvery, time.Minute, 7*24*time.Hour)
		if destination.Timeout > c.Worker.StopTimeout {
			l.problem(path+".timeout", "%s is longer than worker.stop_timeout (%s): a stopping worker would cut calls off",
				short(destination.Timeout), short(c.Worker.StopTimeout))
		}
		if l.oneOf(path+".connector", "connector", destination.Connector, []string{"postgres", "hubspot", "salesforce", "rest"}) {
			l.completeConnector(c, path, &destination)
			l.completeOAuth(c, path+".oauth", &destination)
		}
		c.Destinations[name] = destination
	}
}

// completeConnector completes the one part that the connector needs.
func (l *loader) completeConnector(c *Config, path string, d *Destination) {
	for _, part := range []struct {
		connector string
		set       bool
		complete  func(*Config, string, *Destination)
	}{
		{"postgres", d.Postgres != nil, l.completePostgres},
		{"hubspot", d.HubSpot != nil, l.completeHubSpot},
		{"salesforce", d.Salesforce != nil, l.completeSalesforce},
		{"rest", d.Rest != nil, l.completeRest},
	} {
		switch at := path + "." + part.connector; {
		case d.Connector == part.connector:
			part.complete(c, at, d)
		case part.set:
			l.problem(at, "no use with connector %s", d.Connector)
		}
	}
}

func (l *loader) completePostgres(c *Config, path string, d *Destination) {
	if d.Postgres == nil {
		l.problem(path, "missing; want the tables of this connector")
		return
	}
	p := *d.Postgres
	p.DSN = l.variable(c, path+".dsn_env", p.DSNEnv, "connection string of a CRM", ProgramWorker)
	l.dsn(l.holder(p.DSNEnv), p.DSN)
	defaults(&p.Schema, "public")
	l.identifier(path+".schema", p.Schema)
	if p.MaxConns == 0 {
		p.MaxConns = 10
	}
	l.number(path+".max_conns", int64(p.MaxConns), 1, 1000)
	if p.Owners != nil {
		owners := *p.Owners
		defaults(&owners.ID, "id")
		defaults(&owners.Email, "email")
		l.identifier(path+".owners.table", owners.Table)
		p.Owners = &owners
	}
	if len(p.Objects) == 0 {
		l.problem(path+".objects", "want at least one object")
	}
	tables := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(p.Objects)) {
		object := p.Objects[name]
		at := yamlfile.Key(path+".objects", name)
		l.name(at, name)
		l.completeObject(at, &object)
		if other, taken := tables[object.Table]; taken && object.Table != "" {
			l.problem(at+".table", "also the table of %s; want one of its own", other)
		}
		tables[object.Table] = name
		p.Objects[name] = object
	}
	d.Postgres = &p
}

func (l *loader) completeObject(path string, o *Object) {
	defaults(&o.ID, "id")
	defaults(&o.State, "handoff_state")
	defaults(&o.Changed, "updated_at")
	l.identifier(path+".table", o.Table)
	// The columns that the connector fills itself cannot be fields.
	taken := map[string]string{}
	for _, own := range [][2]string{{"id", o.ID}, {"state", o.State}, {"changed", o.Changed}, {"owner", o.Owner}} {
		if own[0] == "owner" && own[1] == "" {
			continue
		}
		l.column(path+"."+own[0], own[1], own[0], taken)
	}
	// External may be the column of a field, and is a field of its own name where it is not.
	if o.External != "" && l.identifier(path+".external", o.External) && taken[o.External] != "" {
		l.problem(path+".external", "column %s is also that of %s; want one of its own", o.External, taken[o.External])
	}
	for _, field := range slices.Sorted(maps.Keys(o.Columns)) {
		column := o.Columns[field]
		at := yamlfile.Key(path+".columns", field)
		defaults(&column.Column, field)
		defaults(&column.Type, "string")
		l.column(at+".column", column.Column, field, taken)
		l.oneOf(at+".type", "type", column.Type, columnTypes)
		o.Columns[field] = column
	}
	if len(o.Unique) == 0 && o.External == "" {
		l.problem(path+".unique", "want at least one set of fields, or external: a record must be found again")
	}
	for i, fields := range o.Unique {
		at := yamlfile.Index(path+".unique", i)
		if len(fields) == 0 {
			l.problem(at, "want at least one field")
		}
		for j, field := range fields {
			if _, known := o.Columns[field]; !known {
				l.problem(yamlfile.Index(at, j), "%s", yamlfile.Unknown("field", field, slices.Collect(maps.Keys(o.Columns))))
			}
		}
	}
}

// column checks a column's name, and that nothing else is kept in it.
func (l *loader) column(path, name, user string, taken map[string]string) {
	if !l.identifier(path, name) {
		return
	}
	if other, used := taken[name]; used {
		l.problem(path, "column %s is also that of %s; want one of its own", name, other)
		return
	}
	taken[name] = user
}

// identifier checks a name in the database. It is quoted wherever it is used, so that any name of yours will do.
func (l *loader) identifier(path, name string) bool {
	if name == "" || len(name) > 63 || strings.ContainsRune(name, 0) {
		l.problem(path, "want a name of 1 to 63 bytes")
		return false
	}
	return true
}
