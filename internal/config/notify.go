package config

// Notify says who is told what.
type Notify struct {
	Channels map[string]Channel `yaml:"channels"`
}

// Channel is one place to tell. Exactly one of URLEnv and Webhook is set.
type Channel struct {
	URLEnv   string   `yaml:"url_env"` // the environment variable that holds a shoutrrr URL
	URL      Secret   `yaml:"-"`       // its value
	Webhook  *Webhook `yaml:"webhook"`
	On       []string `yaml:"on"`       // events
	Template string   `yaml:"template"` // text/template; the built-in text when empty
	Personal bool     `yaml:"personal"` // whether the template may see answers
}

// Webhook is a program to tell, signed with the Standard Webhooks scheme.
type Webhook struct {
	URL       string `yaml:"url"`
	SecretEnv string `yaml:"secret_env"` // the environment variable that holds the secret
	Secret    Secret `yaml:"-"`          // its value
}

// events are what a channel can be told: what became of a submission, what needs a person, and what is broken for all.
var events = []string{"created", "updated", "routed", "duplicate", "review", "alert"}
