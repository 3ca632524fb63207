package hubspot

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm"
)

var (
	_ crm.Metered      = (*Connector)(nil)
	_ crm.Batcher      = (*Connector)(nil)
	_ crm.OwnerBatcher = (*Connector)(nil)
	_ crm.Versioned    = (*Connector)(nil)
)

// Meter has every call pass a gate.
func (c *Connector) Meter(gate crm.Gate) { c.wire.Gate = gate }

// MaxBatch is how many records HubSpot takes in one call.
func (c *Connector) MaxBatch(string) int { return maxBatch }

// CredentialsVersion changes with the token, or with whatever the credentials say.
func (c *Connector) CredentialsVersion(ctx context.Context) string {
	return crm.VersionOf(ctx, c.config.Credentials)
}

// classOf tells searches, whose limit is five in a second, from all other calls.
func classOf(path string) crm.Class {
	if strings.HasSuffix(path, "/search") {
		return crm.Searches
	}
	return crm.Calls
}

const day = 24 * time.Hour

// allowances are what an answer says is left: of ten seconds, and for private apps of the day. Answers to searches tell the
// day only. See https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines.
func allowances(header http.Header) []crm.Allowance {
	number := func(name string) (int, bool) {
		n, err := strconv.Atoi(header.Get("X-Hubspot-Ratelimit-" + name))
		return n, err == nil && n >= 0
	}
	var all []crm.Allowance
	add := func(class crm.Class, per time.Duration, most, left string) {
		m, told := number(most)
		l, alsoTold := number(left)
		if told && alsoTold && m > 0 && per > 0 {
			all = append(all, crm.Allowance{Class: class, Per: per, Max: m, Left: l})
		}
	}
	if ms, told := number("Interval-Milliseconds"); told {
		add(crm.Calls, time.Duration(ms)*time.Millisecond, "Max", "Remaining")
	}
	add("", day, "Daily", "Daily-Remaining")
	return all
}
