package config

import "time"

// Fetch says how the answers of a thin notice are fetched from its sender.
type Fetch struct {
	TokenEnv string        `yaml:"token_env"` // the environment variable that holds the access token
	Token    Secret        `yaml:"-"`
	URL      string        `yaml:"url"`     // of the sender's API; its public one when empty
	Version  string        `yaml:"version"` // of that API
	Timeout  time.Duration `yaml:"timeout"` // of one call
	// Properties are what is fetched of a HubSpot contact.
	Properties []string `yaml:"properties"`
}
