package config

import (
	"time"

	"handoff/internal/submission"
)

// Destination is one CRM connection.
type Destination struct {
	Connector string           `yaml:"connector"` // postgres, hubspot, salesforce, rest
	Trace     submission.Trace `yaml:"trace"`
	Limit     Limit            `yaml:"limit"`
	Timeout   time.Duration    `yaml:"timeout"` // of one call
	// CheckEvery is how often its schema is compared with what the mappings write.
	CheckEvery time.Duration `yaml:"check_every"`
	// OAuth takes the place of the connector's own credentials.
	OAuth      *OAuth          `yaml:"oauth"`
	Postgres   *Postgres       `yaml:"postgres"`
	HubSpot    *HubSpotAccount `yaml:"hubspot"`
	Salesforce *SalesforceOrg  `yaml:"salesforce"`
	Rest       *RestAPI        `yaml:"rest"`
}

// Bulk says how backfills go to the destination by loads; nil where they go as everything else does.
func (d Destination) Bulk() *SalesforceBulk {
	if d.Salesforce == nil {
		return nil
	}
	return d.Salesforce.Bulk
}

// KnowsOwners says that the CRM lists everybody who can be given records, and not merely those who have some.
func (d Destination) KnowsOwners() bool {
	return (d.Postgres == nil || d.Postgres.Owners != nil) && (d.Rest == nil || d.Rest.Owners != nil)
}

// Postgres is a CRM that is a set of tables of your own.
type Postgres struct {
	DSNEnv   string            `yaml:"dsn_env"` // the environment variable that holds the connection string
	DSN      Secret            `yaml:"-"`       // its value
	Schema   string            `yaml:"schema"`
	MaxConns int               `yaml:"max_conns"`
	Objects  map[string]Object `yaml:"objects"`
	Owners   *Owners           `yaml:"owners"`
}

// Object is one table.
type Object struct {
	Table    string            `yaml:"table"`
	ID       string            `yaml:"id"`       // column of the record's id, filled by the database
	Owner    string            `yaml:"owner"`    // column of the record's owner; none when empty
	External string            `yaml:"external"` // column that identifies records without a natural key; none when empty
	State    string            `yaml:"state"`    // jsonb column in which the connector keeps when each field was answered
	Changed  string            `yaml:"changed"`  // timestamp column of the last write
	Unique   [][]string        `yaml:"unique"`   // sets of fields that identify a record
	Columns  map[string]Column `yaml:"columns"`  // by the field name that mappings use
}

// Column is where a field is kept.
type Column struct {
	Column string `yaml:"column"` // the field's name when empty
	Type   string `yaml:"type"`   // string when empty; see columnTypes
}

// Owners is the table of people and queues that records can be given to.
type Owners struct {
	Table  string `yaml:"table"`
	ID     string `yaml:"id"`     // column of what goes into a record's owner column
	Email  string `yaml:"email"`  // column of the e-mail address
	Active string `yaml:"active"` // boolean column; everybody is active when empty
}

// columnTypes are the port's types of properties, so that a mapping is checked in the same words against every CRM.
var columnTypes = []string{
	"string", "integer", "decimal", "boolean", "date", "datetime", "enum", "multi-enum", "json",
}
