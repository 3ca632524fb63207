package config

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// oauthOwn are the parameters that an address has anyway.
var oauthOwn = []string{"client_id", "response_type", "redirect_uri", "scope", "optional_scope", "state"}

// oauthConnectors are those that can be connected by a person.
func oauthConnectors() []string { return []string{"hubspot", "salesforce", "rest"} }

// completeOAuth completes the app that takes the place of a token. Where it talks to follows from the connector.
func (l *loader) completeOAuth(c *Config, path string, d *Destination) {
	if d.OAuth == nil {
		return
	}
	if !slices.Contains(oauthConnectors(), d.Connector) {
		l.problem(path, "no use with connector %s", d.Connector)
		return
	}
	o := *d.OAuth
	d.OAuth = &o
	if o.ClientID == "" {
		l.problem(path+".client_id", "want the app's client id")
	}
	if o.ClientSecretEnv != "" || d.Connector == "hubspot" {
		o.ClientSecret = l.variable(c, path+".client_secret_env", o.ClientSecretEnv, "client secret of an app", ProgramWorker)
	}
	if len(o.Scopes) == 0 && d.Connector != "rest" {
		l.problem(path+".scopes", "want what the app may do; docs/connections.md lists what Handoff needs of each vendor")
	}
	for i, scope := range slices.Concat(o.Scopes, o.OptionalScopes) {
		at := yamlfile.Index(path+".scopes", i)
		if i >= len(o.Scopes) {
			at = yamlfile.Index(path+".optional_scopes", i-len(o.Scopes))
		}
		if scope == "" || strings.ContainsAny(scope, " \t\n\"\\") {
			l.problem(at, "want one scope, without spaces")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Params)) {
		if slices.Contains(oauthOwn, name) || strings.HasPrefix(name, "code_challenge") || o.Params[name] == "" {
			l.problem(yamlfile.Key(path+".params", name), "want what the vendor asks for besides OAuth's own parameters, with a value")
		}
	}
	if len(o.OptionalScopes) > 0 && d.Connector != "hubspot" {
		l.problem(path+".optional_scopes", "no use with connector %s", d.Connector)
	}
	if d.Connector == "salesforce" && !slices.Contains(o.Scopes, "refresh_token") && !slices.Contains(o.Scopes, "offline_access") && len(o.Scopes) > 0 {
		l.problem(path+".scopes", "want refresh_token among them: without it the connection ends with its first token")
	}
	l.oauthEndpoints(path, d)
	defaults(&o.ClientAuth, "body")
	l.oneOf(path+".client_auth", "way", o.ClientAuth, []string{"body", "header"})
	defaults(&o.RedirectURL, DefaultRedirectURL)
	l.webURL(path+".redirect_url", o.RedirectURL)
}

// oauthEndpoints fills the endpoints that are known, and checks the others.
func (l *loader) oauthEndpoints(path string, d *Destination) {
	o := d.OAuth
	switch {
	case o.LoginURL == "":
	case d.Connector != "salesforce":
		l.problem(path+".login_url", "no use with connector %s", d.Connector)
	default:
		l.secureURL(path+".login_url", o.LoginURL)
		o.LoginURL = strings.TrimSuffix(o.LoginURL, "/")
	}
	vendor, known := vendorOAuth(d)
	if known {
		defaults(&o.AuthURL, vendor.login+vendor.authorize)
		defaults(&o.TokenURL, vendor.api+vendor.token)
	}
	for _, endpoint := range [][2]string{{".auth_url", o.AuthURL}, {".token_url", o.TokenURL}} {
		if endpoint[1] == "" {
			l.problem(path+endpoint[0], "missing; want the vendor's endpoint: it is known for hubspot and salesforce only")
			continue
		}
		l.secureURL(path+endpoint[0], endpoint[1])
	}
}

// secureURL checks an address that secrets are sent to: encrypted, unless it never leaves this machine.
func (l *loader) secureURL(path, text string) {
	if !l.webURL(path, text) {
		return
	}
	if u, err := url.Parse(text); err == nil && u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		l.problem(path, "want https: secrets go there")
	}
}
