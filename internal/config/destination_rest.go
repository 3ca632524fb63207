package config

import "handoff/internal/restapi"

// RestAPI is a CRM with a JSON API of its own.
type RestAPI struct {
	BaseURL string   `yaml:"base_url"` // what paths begin at
	Auth    RestAuth `yaml:"auth"`
	// API describes its requests and answers.
	restapi.API `yaml:",inline"`
}

// RestAuth is how calls prove whose they are: exactly one of its ways, or the destination's oauth.
type RestAuth struct {
	// TokenEnv is the environment variable that holds a token for the header Authorization.
	TokenEnv string `yaml:"token_env"`
	Token    Secret `yaml:"-"` // its value
	// Word stands before the token in Authorization, also before one of a grant or of oauth; Bearer when empty.
	Word   string      `yaml:"word"`
	Header *RestHeader `yaml:"header"`
	Basic  *RestBasic  `yaml:"basic"`
	Grant  *RestGrant  `yaml:"grant"`
}

// RestHeader is a key in a header of its own.
type RestHeader struct {
	Name     string `yaml:"name"`
	ValueEnv string `yaml:"value_env"`
	Value    Secret `yaml:"-"`
}

// RestBasic is a user's name and password.
type RestBasic struct {
	User        string `yaml:"user"`
	PasswordEnv string `yaml:"password_env"`
	Password    Secret `yaml:"-"`
}

// RestGrant gets tokens by OAuth 2.0: for a refresh token, or for the client itself where there is none.
type RestGrant struct {
	TokenURL        string            `yaml:"token_url"`
	ClientID        string            `yaml:"client_id"`
	ClientSecretEnv string            `yaml:"client_secret_env"`
	RefreshTokenEnv string            `yaml:"refresh_token_env"`
	Scopes          []string          `yaml:"scopes"` // of a client without a refresh token
	Params          map[string]string `yaml:"params"` // sent too, such as an audience
	ClientAuth      string            `yaml:"client_auth"`
	ClientSecret    Secret            `yaml:"-"`
	RefreshToken    Secret            `yaml:"-"`
}
