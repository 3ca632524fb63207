package config

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"handoff/internal/yamlfile"
)

// Pullable says whether Handoff knows the API that lists an adapter's submissions.
func (a Adapter) Pullable() bool {
	return slices.Contains([]Adapter{Typeform, Tally, Jotform, HubSpot, Meta, LinkedIn, Calendly}, a)
}

// checkPull completes how what webhooks missed is found; the worker does it.
func (l *loader) checkPull(c *Config, path string, s *Source) {
	if s.Pull == nil {
		return
	}
	at := path + ".pull"
	p := s.Pull.OrDefault()
	if !s.Adapter.Pullable() && p.API == nil {
		l.problem(at+".api", "want how the API lists submissions: adapter %s has none that Handoff knows", s.Adapter)
	}
	if s.Adapter.Pullable() && p.API != nil {
		l.problem(at+".api", "no use with adapter %s, whose API is known", s.Adapter)
	}
	if s.Adapter == HubSpot {
		p.Only = true
		if len(s.SecretEnvs) > 0 {
			l.problem(at, "want a source of its own, without secrets: HubSpot's webhooks tell of contacts, and their ids are not those of a form's submissions")
		}
	}
	switch {
	case p.TokenEnv != "":
		p.Token = l.variable(c, at+".token_env", p.TokenEnv, "key of a source's API", ProgramWorker)
	case s.Fetch != nil:
		p.Token, p.TokenEnv = s.Fetch.Token, s.Fetch.TokenEnv
	default:
		l.problem(at+".token_env", "want the name of the environment variable that holds the API's key")
	}
	if s.Fetch != nil && p.URL == "" {
		p.URL = s.Fetch.URL
	}
	if p.URL != "" {
		if u, err := url.Parse(p.URL); err == nil && l.webURL(at+".url", p.URL) && u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
			l.problem(at+".url", "want https: the key goes with every call")
		}
		p.URL = strings.TrimSuffix(p.URL, "/")
	}
	l.span(at+".every", p.Every, time.Minute, 7*24*time.Hour)
	l.span(at+".overlap", p.Overlap, time.Minute, 30*24*time.Hour)
	l.span(at+".grace", p.Grace, time.Second, 24*time.Hour)
	l.span(at+".first", p.First, time.Minute, 365*24*time.Hour)
	l.span(at+".timeout", p.Timeout, time.Second, 5*time.Minute)
	if p.PerSecond < 0 || p.PerSecond > 1000 {
		l.problem(at+".per_second", "want more than 0 and at most 1000 calls")
	}
	if len(p.Forms) == 0 {
		p.Forms = slices.Sorted(maps.Keys(s.Forms))
	}
	if len(p.Forms) == 0 && (p.API == nil || strings.Contains(p.API.text(), formPlace)) {
		l.problem(at+".forms", "want what to read, by the sender's ids")
	}
	if p.TimeZone != "" {
		zone, err := time.LoadLocation(p.TimeZone)
		if err != nil {
			l.problem(at+".time_zone", "want the name of a time zone, such as America/New_York")
		}
		p.Location = zone
	}
	if p.API != nil && !s.Adapter.Pullable() && s.SubmittedAt.Path == "" {
		l.problem(path+".submitted_at", "want where a record has its time: a pull leaves young ones to their webhooks")
	}
	if p.API != nil {
		api := *p.API
		l.checkPullAPI(at+".api", p.URL, &api)
		p.API = &api
	}
	s.Pull = &p
}

const formPlace = "{form}"

// text is everything of the description that may name the form.
func (a PullAPI) text() string {
	parts := []string{a.Path}
	for _, name := range slices.Sorted(maps.Keys(a.Query)) {
		parts = append(parts, a.Query[name])
	}
	return strings.Join(parts, "\n")
}

var wrapPath = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

func (l *loader) checkPullAPI(path, address string, a *PullAPI) {
	if address == "" {
		l.problem(path, "want the API's address beside it, as url")
	}
	if !strings.HasPrefix(a.Path, "/") {
		l.problem(path+".path", "want the path of the list, which begins with /")
	}
	defaults(&a.Auth, "bearer")
	if name, ok := strings.CutPrefix(a.Auth, headerPrefix); ok {
		if !headerName.MatchString(name) || http.CanonicalHeaderKey(name) == "Host" {
			l.problem(path+".auth", "want the name of a header after header:")
		}
	} else {
		l.oneOf(path+".auth", "way to authenticate", a.Auth, []string{"bearer", "basic"})
	}
	if a.Wrap != "" && !wrapPath.MatchString(a.Wrap) {
		l.problem(path+".wrap", "want keys with dots between them, such as data.response")
	}
	if a.Since != "" {
		defaults(&a.SinceAs, "rfc3339")
		l.oneOf(path+".since_as", "format", a.SinceAs, []string{"rfc3339", "unix", "unix_ms"})
	}
	defaults(&a.Paging, "none")
	l.oneOf(path+".paging", "way of paging", a.Paging, []string{"none", "cursor", "link", "page", "offset"})
	for _, need := range []struct {
		key, value string
		when       []string
		want       string
	}{
		{"parameter", a.Parameter, []string{"cursor", "page", "offset"}, "want the parameter that asks for the next page"},
		{"next", a.Next, []string{"cursor", "link"}, "want where in the answer the next page is named"},
	} {
		if needed := slices.Contains(need.when, a.Paging); needed && need.value == "" {
			l.problem(path+"."+need.key, "%s", need.want)
		} else if !needed && need.value != "" {
			l.problem(path+"."+need.key, "no use with paging %s", a.Paging)
		}
	}
	if a.Size < 0 || a.Size > 10_000 {
		l.problem(path+".size", "want at most 10000 items")
	}
	if (a.Paging == "page" || a.Paging == "offset") && a.Size == 0 {
		l.problem(path+".size", "want how many items a page has: a shorter one is the last")
	}
	for _, name := range slices.Sorted(maps.Keys(a.Query)) {
		if name == "" {
			l.problem(yamlfile.Key(path+".query", name), "want the name of a parameter")
		}
	}
}
