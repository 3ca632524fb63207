package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"handoff/internal/yamlfile"
)

// hubspotName is what HubSpot calls objects and properties.
var hubspotName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

func (l *loader) completeHubSpot(c *Config, path string, d *Destination) {
	if d.HubSpot == nil && d.OAuth != nil {
		d.HubSpot = &HubSpotAccount{} // nothing of it is needed
	}
	if d.HubSpot == nil {
		l.problem(path, "missing; want at least token_env, with the variable that holds the token of a private app")
		return
	}
	h := *d.HubSpot
	switch {
	case d.OAuth != nil && (h.App != nil || h.TokenEnv != ""):
		l.problem(path, "has a token or an app, and oauth is set; want one of them")
	case d.OAuth != nil:
	case h.App != nil && h.TokenEnv != "":
		l.problem(path+".app", "set, and so is token_env; want one of them")
	case h.App != nil:
		app := *h.App
		if app.ClientID == "" {
			l.problem(path+".app.client_id", "want the app's client id")
		}
		app.ClientSecret = l.variable(c, path+".app.client_secret_env", app.ClientSecretEnv, "client secret of a HubSpot app", ProgramWorker)
		app.RefreshToken = l.variable(c, path+".app.refresh_token_env", app.RefreshTokenEnv, "refresh token of a HubSpot app", ProgramWorker)
		h.App = &app
	default:
		h.Token = l.variable(c, path+".token_env", h.TokenEnv, "token of a HubSpot private app", ProgramWorker)
	}
	if h.BaseURL != "" {
		l.secureURL(path+".base_url", h.BaseURL)
		h.BaseURL = strings.TrimSuffix(h.BaseURL, "/")
	}
	if h.TimeZone != "" {
		location, err := time.LoadLocation(h.TimeZone)
		if err != nil || h.TimeZone == "Local" {
			l.problem(path+".time_zone", "want the account's time zone, such as Europe/Berlin")
		}
		h.Location = location
	}
	for _, name := range slices.Sorted(maps.Keys(h.Objects)) {
		at := yamlfile.Key(path+".objects", name)
		l.objectName(at, name)
		l.checkHubSpotObject(at, h.Objects[name])
	}
	d.HubSpot = &h
}

func (l *loader) checkHubSpotObject(path string, o HubSpotObject) {
	if o.Object != "" && !hubspotName.MatchString(o.Object) {
		l.problem(path+".object", "want HubSpot's name of the object, such as contacts, or its type id, such as 2-3456789")
	}
	used := map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(o.Fields)) {
		at, property := yamlfile.Key(path+".fields", field), o.Fields[field]
		switch other, taken := used[property]; {
		case !hubspotName.MatchString(property):
			l.problem(at, "want HubSpot's internal name of the property: a-z, 0-9 and _")
		case property == "handoff_state" || property == "hubspot_owner_id":
			l.problem(at, "%s is written by Handoff itself; want another property", property)
		case taken:
			l.problem(at, "property %s is also that of %s; want one of its own", property, other)
		}
		used[property] = field
	}
	for _, field := range slices.Sorted(maps.Keys(o.Links)) {
		at, link := yamlfile.Key(path+".links", field), o.Links[field]
		if !hubspotName.MatchString(link.Object) {
			l.problem(at+".object", "want the object that the link leads to, such as companies")
		}
		if _, both := o.Fields[field]; both {
			l.problem(at, "also one of the fields; want one of them")
		}
		if link.Type < 0 {
			l.problem(at+".type", "want the number of an association type")
		}
		if link.Category != "" {
			l.oneOf(at+".category", "category", link.Category, []string{"HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED"})
		}
	}
}
