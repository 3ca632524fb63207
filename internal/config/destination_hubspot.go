package config

import "time"

// HubSpotAccount is an account of HubSpot's CRM.
type HubSpotAccount struct {
	// TokenEnv is the environment variable that holds the token of a private app.
	TokenEnv string `yaml:"token_env"`
	Token    Secret `yaml:"-"` // its value
	// App is an app that somebody has connected, in the place of a token.
	App     *HubSpotApp `yaml:"app"`
	BaseURL string      `yaml:"base_url"` // HubSpot's own when empty
	// TimeZone is the account's: its daily limit begins anew at its midnight.
	TimeZone string                   `yaml:"time_zone"`
	Location *time.Location           `yaml:"-"` // of TimeZone
	Objects  map[string]HubSpotObject `yaml:"objects"`
}

// HubSpotApp is an app with a refresh token.
type HubSpotApp struct {
	ClientID        string `yaml:"client_id"`
	ClientSecretEnv string `yaml:"client_secret_env"`
	RefreshTokenEnv string `yaml:"refresh_token_env"`
	ClientSecret    Secret `yaml:"-"`
	RefreshToken    Secret `yaml:"-"`
}

// HubSpotObject is one of HubSpot's objects by the name that mappings use.
type HubSpotObject struct {
	Object string                 `yaml:"object"` // HubSpot's name or type id; HubSpot's own for contact, company, deal, lead, note, task, ticket
	Fields map[string]string      `yaml:"fields"` // HubSpot's properties by the field name that mappings use, where they differ
	Links  map[string]HubSpotLink `yaml:"links"`  // fields that hold the id of another record
}

// HubSpotLink is an association.
type HubSpotLink struct {
	Object   string `yaml:"object"`   // the other record's
	Type     int    `yaml:"type"`     // of the association; HubSpot's unlabelled one when zero
	Category string `yaml:"category"` // of the type: HUBSPOT_DEFINED, USER_DEFINED or INTEGRATOR_DEFINED
}
