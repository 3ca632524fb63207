package config

import "time"

// Limit paces a destination. Without one, the smallest plan of its vendor is assumed until the vendor says otherwise; tables
// of your own have none.
type Limit struct {
	// Plan is what the vendor calls what you pay for; see plans.
	Plan string `yaml:"plan"`
	// Writes is how many requests may be made per Per, in the place of a plan.
	Writes int           `yaml:"writes"`
	Per    time.Duration `yaml:"per"`
	// Also are further limits that hold at the same time.
	Also []CallRate `yaml:"also"`
	// Part is how much of all of it Handoff may use; the rest is for others who use the same account.
	Part float64 `yaml:"part"`
	// Linger is how long a call waits for its turn before it gives its place in the worker back and comes again.
	Linger time.Duration `yaml:"linger"`
}

// CallRate is one limit of a vendor: so many requests of a class in any span of so long.
type CallRate struct {
	Class string        `yaml:"class"` // calls, search; all requests when empty
	Calls int           `yaml:"calls"`
	Per   time.Duration `yaml:"per"`
	// Assumed says that nobody has configured it.
	Assumed bool `yaml:"-"`
}

// plans are the limits of vendors' plans by connector. The first one of a connector is the smallest.
//
// HubSpot: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines. Salesforce, which has no limit of
// seconds: https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta; its own count is in the
// headers of its answers, so that what a licence adds is known without being configured. Days are counted by both vendors and
// told in headers.
func plans(connector string) []plan {
	const day = 24 * time.Hour
	second := CallRate{Class: "search", Calls: 5, Per: time.Second}
	tenSeconds := func(calls int) CallRate { return CallRate{Class: "calls", Calls: calls, Per: 10 * time.Second} }
	switch connector {
	case "hubspot":
		return []plan{
			{"starter", []CallRate{tenSeconds(100), second}},
			{"free", []CallRate{tenSeconds(100), second}},
			{"app", []CallRate{tenSeconds(110), second}}, // connected by OAuth
			{"professional", []CallRate{tenSeconds(190), second}},
			{"enterprise", []CallRate{tenSeconds(190), second}},
			{"limit-increase", []CallRate{tenSeconds(250), second}},
		}
	case "salesforce":
		return []plan{
			{"developer", []CallRate{{Calls: 15_000, Per: day}}},
			{"production", []CallRate{{Calls: 100_000, Per: day}}},
		}
	}
	return nil
}

type plan struct {
	name  string
	rates []CallRate
}

// Rates are the limits of a destination with a connector.
func (l Limit) Rates(connector string) []CallRate {
	var rates []CallRate
	known := plans(connector)
	for _, p := range known {
		if p.name == l.Plan {
			rates = append(rates, p.rates...)
		}
	}
	if l.Writes > 0 {
		rates = append(rates, CallRate{Class: "calls", Calls: l.Writes, Per: l.Per})
	}
	if len(rates) == 0 && len(known) > 0 {
		for _, rate := range known[0].rates {
			rate.Assumed = true
			rates = append(rates, rate)
		}
	}
	if l.Plan == "" && l.Writes > 0 { // searches are limited apart, whatever the plan
		for _, p := range known[:min(1, len(known))] {
			for _, rate := range p.rates {
				if rate.Class == "search" {
					rates = append(rates, rate)
				}
			}
		}
	}
	return append(rates, l.Also...)
}
