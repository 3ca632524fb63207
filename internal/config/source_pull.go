package config

import (
	"cmp"
	"time"
)

// Pull says how what the webhooks of a source missed is found: by reading its sender's API.
type Pull struct {
	Every time.Duration `yaml:"every"`
	// Overlap is how far behind what was read last a pull begins: senders list a submission later than they take it.
	Overlap time.Duration `yaml:"overlap"`
	// Grace is how young a submission is whose webhook may still be under way: it is left to the next pull.
	Grace time.Duration `yaml:"grace"`
	// First is how far back the first pull goes.
	First time.Duration `yaml:"first"`
	// Only says that no webhooks come from the source: what is pulled has not been missed.
	Only bool `yaml:"only"`

	TokenEnv string        `yaml:"token_env"` // the environment variable that holds the API's key; that of fetch when empty
	Token    Secret        `yaml:"-"`
	URL      string        `yaml:"url"` // of the API; the sender's public one when empty
	Version  string        `yaml:"version"`
	Timeout  time.Duration `yaml:"timeout"` // of one call
	// PerSecond is how many calls are made at most; the sender's documented limit when zero.
	PerSecond float64 `yaml:"per_second"`
	// Forms are what to read, by the sender's ids; those that the source's forms names when empty. With LinkedIn they are
	// URNs of accounts, with Calendly URIs of organizations and routing forms.
	Forms []string `yaml:"forms"`
	// TimeZone is that of times which the API gives without one (Jotform: the account's).
	TimeZone string         `yaml:"time_zone"`
	Location *time.Location `yaml:"-"`

	// API describes the API of a sender that Handoff does not know.
	API *PullAPI `yaml:"api"`
}

// PullAPI is an API that lists submissions as JSON. Each is read as a webhook of the source would be: by the places of
// submission_id, submitted_at, answers_path and so on.
type PullAPI struct {
	// Path follows the URL; {form} stands for the form.
	Path  string            `yaml:"path"`
	Query map[string]string `yaml:"query"` // fixed parameters; {form} as above
	// Auth is bearer, basic (the variable holds user:password) or header:NAME.
	Auth string `yaml:"auth"`
	// Items is where in the answer the list is, in gjson's syntax; the whole answer when empty.
	Items string `yaml:"items"`
	// Wrap is under which path of a webhook's body an item would stand; an item is the body itself when empty.
	Wrap string `yaml:"wrap"`
	// Since is the parameter that asks for what is not older than a moment, in the format SinceAs: rfc3339, unix or unix_ms.
	Since   string `yaml:"since"`
	SinceAs string `yaml:"since_as"`
	// Paging is one of: cursor (the parameter Parameter takes what stands at Next), link (Next is where the next page's URL
	// stands), page (Parameter counts pages), offset (Parameter counts items), none.
	Paging    string `yaml:"paging"`
	Parameter string `yaml:"parameter"`
	Next      string `yaml:"next"`
	// Size is how many items a page has, and SizeParameter the parameter that asks for them.
	Size          int    `yaml:"size"`
	SizeParameter string `yaml:"size_parameter"`
}

// OrDefault fills in what is not set.
func (p Pull) OrDefault() Pull {
	p.Every = cmp.Or(p.Every, 15*time.Minute)
	p.Overlap = cmp.Or(p.Overlap, time.Hour)
	p.Grace = cmp.Or(p.Grace, 5*time.Minute)
	p.First = cmp.Or(p.First, 24*time.Hour)
	p.Timeout = cmp.Or(p.Timeout, 30*time.Second)
	if p.Location == nil {
		p.Location = time.UTC
	}
	return p
}
