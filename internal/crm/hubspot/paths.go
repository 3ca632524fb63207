package hubspot

import (
	"net/url"
	"strings"
)

// Version is the version of HubSpot's API that all calls are made in. HubSpot supports it until September 2027. From 2026-09
// on it refuses what breaks the account's own rules, such as a record without a property that people at the screen must fill:
// a lead would be refused that the form has captured.
// See https://developers.hubspot.com/docs/developer-tooling/platform/versioning and
// https://developers.hubspot.com/changelog/crm-api-write-validation-enforcement.
const Version = "2026-03"

// The areas of the API that are used. Each has the version behind its name.
const (
	areaObjects      = "crm/objects"
	areaAssociations = "crm/associations"
	areaProperties   = "crm/properties"
	areaOwners       = "crm/owners"
	areaLists        = "crm/lists"
	areaPreferences  = "communication-preferences"
	areaOAuth        = "oauth"
)

// tokenInfoPath is where a pasted token's scopes are told. No version with a date has it: introspecting a token, which it has,
// takes the id and the secret of an app, and a pasted token comes without.
const tokenInfoPath = "/oauth/v2/private-apps/get/access-token-info"

// pathTo is the path to something in an area, part by part.
func pathTo(area string, parts ...string) string {
	var path strings.Builder
	path.WriteString("/" + area + "/" + Version)
	for _, part := range parts {
		path.WriteString("/" + url.PathEscape(part))
	}
	return path.String()
}
