package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"handoff/internal/yamlfile"
)

// minSecret is the least length of a source's secret: a shorter one can be guessed from one signature.
const minSecret = 16

// tokenText is what a secret that travels may be made of: it then reads the same in a URL, a header, a form and JSON, so
// that every copy of it is found and taken out before anything is stored.
var tokenText = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// travels says whether a source's secret comes with every request.
func (s *Source) travels() bool {
	return !s.Adapter.traits().token.IsZero() || s.Adapter == Generic && s.Scheme == TokenOnly
}

func (l *loader) checkSecrets(c *Config, path string, s *Source) {
	if len(s.SecretEnvs) == 0 && !s.PullOnly() {
		l.problem(path+".secrets", "want the names of one or more environment variables that hold secrets")
	}
	s.Secrets = l.sourceSecrets(c, path+".secrets", "secret of a source", s.SecretEnvs, func(variable string, secret Secret) {
		l.checkSecret(variable, s, secret)
	})
}

// sourceSecrets reads the secrets that the variables hold, of which each may hold several.
func (l *loader) sourceSecrets(c *Config, path, what string, names []string, check func(string, Secret)) []Secret {
	var secrets []Secret
	for i, name := range names {
		held := l.variable(c, yamlfile.Index(path, i), name, what, ProgramStarter)
		for _, text := range strings.Fields(held.Reveal()) {
			secret := NewSecret(text)
			check(l.holder(name), secret)
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

func (l *loader) checkSecret(variable string, s *Source, secret Secret) {
	text := secret.Reveal()
	if s.Scheme == StandardWebhooks {
		// The sender's public key, of a source that signs asymmetrically.
		if key, ok := strings.CutPrefix(text, "whpk_"); ok {
			if public, err := base64.StdEncoding.DecodeString(key); err != nil || len(public) != ed25519.PublicKeySize {
				l.variableProblem(variable, "want an Ed25519 public key, whpk_ and 32 bytes in base64")
			}
			return
		}
		if _, err := standardwebhooks.NewWebhook(text); err != nil {
			l.variableProblem(variable, "want a Standard Webhooks secret, whsec_ and base64")
			return
		}
	}
	if len(strings.TrimPrefix(text, "whsec_")) < minSecret {
		l.variableProblem(variable, "holds a secret of less than %d characters", minSecret)
		return
	}
	if s.travels() && !tokenText.MatchString(text) {
		l.variableProblem(variable, "holds a token with characters other than letters, digits, dot, dash, underscore and tilde")
	}
}

// checkToken completes where a secret travels.
func (l *loader) checkToken(path string, s *Source, t trait) {
	switch {
	case t.token.IsZero() && !s.Token.IsZero():
		l.problem(path+".token", "no use with adapter %s, whose requests are signed", s.Adapter)
	case t.fixedToken && !s.Token.IsZero():
		l.problem(path+".token", "no use with adapter %s, which sends it as %s", s.Adapter, t.token)
	case s.Token.IsZero():
		s.Token = t.token
	case s.Token.Path != "" || s.Token.BodyHash:
		l.problem(path+".token", "want query:NAME or header:NAME")
	}
}

// checkHandshake reads the tokens that a sender must name before it may send.
func (l *loader) checkHandshake(c *Config, path string, s *Source, t trait) {
	at := path + ".verify_tokens"
	switch {
	case t.handshake && len(s.VerifyTokenEnvs) == 0:
		l.problem(at, "want the names of one or more environment variables that hold the token of the handshake")
	case !t.handshake && len(s.VerifyTokenEnvs) > 0:
		l.problem(at, "only for adapter %s", Meta)
		return
	}
	s.VerifyTokens = l.sourceSecrets(c, at, "token of a handshake", s.VerifyTokenEnvs, func(variable string, secret Secret) {
		if len(secret.Reveal()) < minSecret || !tokenText.MatchString(secret.Reveal()) {
			l.variableProblem(variable, "want a token of at least %d letters, digits, dots, dashes, underscores and tildes", minSecret)
		}
	})
}

// hubspotVersion is a version that HubSpot names after its month; those with numbers have other paths.
var hubspotVersion = regexp.MustCompile(`^20[0-9]{2}-[0-9]{2}$`)

// checkFetch completes how the answers of thin notices are fetched; the worker does it.
func (l *loader) checkFetch(c *Config, path string, s *Source, t trait) {
	if s.Fetch == nil {
		return
	}
	at := path + ".fetch"
	if !t.thin {
		l.problem(at, "no use with adapter %s, which sends the answers themselves", s.Adapter)
		return
	}
	f := *s.Fetch
	f.Token = l.variable(c, at+".token_env", f.TokenEnv, "access token of a source", ProgramWorker)
	if f.URL != "" {
		if u, err := url.Parse(f.URL); err == nil && l.webURL(at+".url", f.URL) && u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
			l.problem(at+".url", "want https: the access token goes with every call")
		}
		f.URL = strings.TrimSuffix(f.URL, "/")
	}
	if f.Timeout == 0 {
		f.Timeout = 10 * time.Second
	}
	l.span(at+".timeout", f.Timeout, time.Second, time.Minute)
	if s.Adapter == HubSpot && f.Version != "" && !hubspotVersion.MatchString(f.Version) {
		l.problem(at+".version", "want a version of HubSpot's API by its month, such as %s", HubSpotVersion)
	}
	if len(f.Properties) > 0 && s.Adapter != HubSpot {
		l.problem(at+".properties", "only for adapter %s", HubSpot)
	}
	s.Fetch = &f
}
