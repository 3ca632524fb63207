package hubspot

import (
	"regexp"
	"strings"
)

// Version is the version of the API that the account answers in.
const Version = "2026-03"

// The areas of the API, in the version.
const (
	pathObjects      = "/crm/objects/" + Version
	pathAssociations = "/crm/associations/" + Version
	pathProperties   = "/crm/properties/" + Version
	pathPipelines    = "/crm/pipelines/" + Version
	pathOwners       = "/crm/owners/" + Version
	pathLists        = "/crm/lists/" + Version
	pathPreferences  = "/communication-preferences/" + Version
	pathAccount      = "/account-info/" + Version + "/details"
	pathToken        = "/oauth/" + Version + "/token"
)

// withNumbers are the beginnings of paths in the versions that have numbers, with what they are in this one. The answers are
// those of this version.
var withNumbers = [][2]string{
	{"/crm/v3/objects", pathObjects}, {"/crm/v4/objects", pathObjects}, {"/crm/v4/associations", pathAssociations},
	{"/crm/associations/v4", pathAssociations}, {"/crm/v3/properties", pathProperties}, {"/crm/v3/pipelines", pathPipelines},
	{"/crm/v3/owners", pathOwners}, {"/crm/v3/lists", pathLists}, {"/communication-preferences/v4", pathPreferences},
	{"/account-info/v3/details", pathAccount}, {"/oauth/v1/token", pathToken}, {"/oauth/v3/token", pathToken},
}

// ofOtherMonth is a path in a version of another month, which is answered like this one too.
var ofOtherMonth = regexp.MustCompile(`^/(crm/[a-z]+|communication-preferences|account-info|oauth)/20\d\d-\d\d(/|$)`)

// inVersion is a path as it is in the version.
func inVersion(path string) string {
	for _, n := range withNumbers {
		if rest, found := strings.CutPrefix(path, n[0]); found {
			return n[1] + rest
		}
	}
	return ofOtherMonth.ReplaceAllString(path, "/${1}/"+Version+"${2}")
}
