package config

import (
	"regexp"
	"strings"
)

// restToken is a word of a header: a name, or what stands before a token.
var restToken = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)

func (l *loader) completeRest(c *Config, path string, d *Destination) {
	if d.Rest == nil {
		l.problem(path, "missing; want base_url, auth and objects; docs/crm/rest.md has examples")
		return
	}
	r := *d.Rest
	l.secureURL(path+".base_url", r.BaseURL)
	r.BaseURL = strings.TrimSuffix(r.BaseURL, "/")
	l.restAuth(c, path+".auth", d, &r.Auth)
	for _, problem := range r.API.Check() {
		l.problem(path+problem.Path, "%s", problem.Message)
	}
	d.Rest = &r
}

func (l *loader) restAuth(c *Config, path string, d *Destination, a *RestAuth) {
	ways := 0
	for _, set := range []bool{a.TokenEnv != "", a.Header != nil, a.Basic != nil, a.Grant != nil, d.OAuth != nil} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		l.problem(path, "want one of token_env, header, basic and grant, or the destination's oauth")
	}
	if a.Word != "" && !restToken.MatchString(a.Word) {
		l.problem(path+".word", "want the word before the token, such as Bearer")
	}
	if a.Word != "" && (a.Header != nil || a.Basic != nil) {
		l.problem(path+".word", "no use with header and basic")
	}
	if a.TokenEnv != "" {
		a.Token = l.variable(c, path+".token_env", a.TokenEnv, "token of a CRM's API", ProgramWorker)
	}
	if a.Header != nil {
		header := *a.Header
		if !restToken.MatchString(header.Name) {
			l.problem(path+".header.name", "want the name of a header, such as X-Api-Key")
		}
		header.Value = l.variable(c, path+".header.value_env", header.ValueEnv, "key of a CRM's API", ProgramWorker)
		a.Header = &header
	}
	if a.Basic != nil {
		basic := *a.Basic
		if basic.User == "" || strings.Contains(basic.User, ":") {
			l.problem(path+".basic.user", "want the user's name, without colons")
		}
		basic.Password = l.variable(c, path+".basic.password_env", basic.PasswordEnv, "password of a CRM's API", ProgramWorker)
		a.Basic = &basic
	}
	if a.Grant != nil {
		grant := *a.Grant
		l.secureURL(path+".grant.token_url", grant.TokenURL)
		if grant.ClientID == "" {
			l.problem(path+".grant.client_id", "want the client's id")
		}
		grant.ClientSecret = l.variable(c, path+".grant.client_secret_env", grant.ClientSecretEnv, "client secret of a CRM's API", ProgramWorker)
		if grant.RefreshTokenEnv != "" {
			grant.RefreshToken = l.variable(c, path+".grant.refresh_token_env", grant.RefreshTokenEnv, "refresh token of a CRM's API", ProgramWorker)
			if len(grant.Scopes) > 0 || len(grant.Params) > 0 {
				l.problem(path+".grant.scopes", "no use with a refresh token, whose scopes are decided; nor have params")
			}
		}
		defaults(&grant.ClientAuth, "header")
		l.oneOf(path+".grant.client_auth", "way", grant.ClientAuth, []string{"header", "body"})
		a.Grant = &grant
	}
}
