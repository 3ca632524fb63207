package config

import "time"

// SalesforceOrg is an org of Salesforce.
type SalesforceOrg struct {
	// InstanceURL is the org's My Domain, such as https://example.my.salesforce.com.
	InstanceURL string `yaml:"instance_url"`
	Version     string `yaml:"version"` // of the API; the one that the connector was written for when empty
	// TokenEnv is the environment variable that holds an access token, for a trial: it lasts for hours.
	TokenEnv string `yaml:"token_env"`
	Token    Secret `yaml:"-"` // its value
	// Client is an app that works as a user of its own (client credentials).
	Client *SalesforceClient `yaml:"client"`
	// JWT is an app that signs for a user.
	JWT *SalesforceJWT `yaml:"jwt"`
	// Assign has the org's assignment rules decide about owners of new leads: "on", or the id of a rule.
	Assign string `yaml:"assign"`
	// Duplicates says what becomes of a record that a duplicate rule warns of: "save" when empty, or "review".
	Duplicates string `yaml:"duplicates"`
	// Nobody are owners whose records count as nobody's, such as the queue of new leads, by id.
	Nobody []string `yaml:"nobody"`
	// Bulk has backfills create records by jobs of the Bulk API; not when nil.
	Bulk    *SalesforceBulk             `yaml:"bulk"`
	Objects map[string]SalesforceObject `yaml:"objects"`
}

// SalesforceBulk says when the records of a backfill are a job of the Bulk API.
type SalesforceBulk struct {
	From   int           `yaml:"from"`   // how many of them, at least
	Gather time.Duration `yaml:"gather"` // how long they wait for others after the last one has come
}

// SalesforceClient is an app that works as a user of its own.
type SalesforceClient struct {
	ClientID        string `yaml:"client_id"`
	ClientSecretEnv string `yaml:"client_secret_env"`
	ClientSecret    Secret `yaml:"-"`
}

// SalesforceJWT is an app that signs for a user.
type SalesforceJWT struct {
	ClientID string `yaml:"client_id"`
	Username string `yaml:"username"`
	KeyEnv   string `yaml:"key_env"` // the variable that holds the private key, in PEM
	Key      Secret `yaml:"-"`
	// Audience is https://login.salesforce.com when empty; sandboxes have https://test.salesforce.com.
	Audience string `yaml:"audience"`
}

// SalesforceObject is one of Salesforce's objects by the name that mappings use.
type SalesforceObject struct {
	Object string            `yaml:"object"` // its API name; Salesforce's own for lead, contact, company, deal, task, campaign_member
	Fields map[string]string `yaml:"fields"` // Salesforce's fields by the field name that mappings use, where they differ
}
