package config

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"handoff/internal/submission"
	"handoff/internal/yamlfile"
)

var formName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,79}$`)

func (l *loader) completeSources(c *Config) {
	if l.file != nil && len(c.Sources) == 0 {
		l.problem("$.sources", "want at least one source")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		source := c.Sources[name]
		path := yamlfile.Key("$.sources", name)
		source.PublicURL = strings.TrimSuffix(c.Public.URL, "/")
		l.name(path, name)
		defaults(&source.Adapter, Generic)
		known := l.oneOf(path+".adapter", "adapter", string(source.Adapter), texts(Adapters()))
		l.checkSecrets(c, path, &source)
		l.checkAdmission(c, path, &source)
		l.checkForms(path, &source)
		if known {
			l.checkAdapter(c, path, &source)
		}
		c.Sources[name] = source
	}
}

// checkAdmission checks what is let in at all.
func (l *loader) checkAdmission(c *Config, path string, s *Source) {
	if s.MaxBody == 0 {
		s.MaxBody = c.Public.MaxBody
	} else {
		l.number(path+".max_body", s.MaxBody, 1<<10, 32<<20)
	}
	if s.Rate.PerSecond == 0 && s.Rate.Burst == 0 {
		s.Rate.PerSecond, s.Rate.Burst = 100, 200
	}
	if s.Rate.PerSecond <= 0 || s.Rate.PerSecond > 100000 {
		l.problem(path+".rate.per_second", "want more than 0 and at most 100000")
	} else if s.Rate.Burst == 0 {
		s.Rate.Burst = max(1, int(math.Ceil(s.Rate.PerSecond)))
	}
	if s.Rate.AtOnce < 0 {
		l.problem(path+".rate.at_once", "want how many deliveries may be worked on at the same time, at least 1")
	}
	if s.Rate.Burst < 0 {
		l.problem(path+".rate.burst", "want at least 1")
	}
	l.trace(path+".trace", &s.Trace)
	l.checkLimits(path+".limits", &s.Limits)
	defaults(&s.TestSubmissions, TestsDiscarded)
	l.oneOf(path+".test_submissions", "choice", string(s.TestSubmissions), []string{string(TestsDiscarded), string(TestsAllowed)})
}

func (l *loader) checkLimits(path string, s *SourceLimits) {
	*s = s.OrDefault()
	for _, limit := range []struct {
		key         string
		value       int64
		least, most int64
	}{
		{"depth", int64(s.Depth), 2, 200}, {"answers", int64(s.Answers), 1, 100_000}, {"name", int64(s.Name), 16, 10_000},
		{"batch", int64(s.Batch), 1, 10_000}, {"parts", int64(s.Parts), 1, 10_000}, {"part", s.Part, 1 << 10, 32 << 20},
		{"inflated", s.Inflated, 0, 256 << 20},
	} {
		l.number(path+"."+limit.key, limit.value, limit.least, limit.most)
	}
}

func (l *loader) trace(path string, trace *submission.Trace) {
	if *trace == "" {
		return
	}
	l.oneOf(path, "trace", string(*trace), []string{"fast", "full"})
	if *trace == "fast" {
		*trace = submission.TraceFast
	}
}

// checkForms checks what forms are called.
func (l *loader) checkForms(path string, s *Source) {
	const want = "want a name of a-z, 0-9, dot, dash and underscore, at most 80 characters"
	if s.Form != "" && !formName.MatchString(s.Form) {
		l.problem(path+".form", want)
	}
	for _, id := range slices.Sorted(maps.Keys(s.Forms)) {
		if !formName.MatchString(s.Forms[id]) {
			l.problem(yamlfile.Key(path+".forms", id), want)
		}
	}
}

// checkAdapter checks what the adapter wants, and refuses what it has no use for.
func (l *loader) checkAdapter(c *Config, path string, s *Source) {
	t := s.Adapter.traits()
	if s.Adapter == Generic && s.PullOnly() && s.Scheme == "" {
		s.Scheme = StandardWebhooks // nobody sends, and nobody could sign
	}
	if s.Adapter == Generic {
		l.checkScheme(path, s)
	} else {
		l.unused(path, "only for adapter "+string(Generic)+"; "+string(s.Adapter)+" has its own", signatureKeys(s))
		l.checkToken(path, s, t)
	}
	if t.layout {
		l.checkLayout(path, s)
	} else {
		l.unused(path, "only for adapter "+string(Generic)+"; "+string(s.Adapter)+" knows where its senders put it", layoutKeys(s))
		if !s.Revision.IsZero() && !s.Revision.BodyHash {
			l.problem(path+".revision", "want %s, or nothing: adapter %s knows its own revisions", bodyHash, s.Adapter)
		}
	}
	if s.SignatureHeader != "" && !t.header {
		l.problem(path+".signature_header", "no use with adapter %s, whose header is fixed", s.Adapter)
	} else if s.SignatureHeader != "" && !headerName.MatchString(s.SignatureHeader) {
		l.problem(path+".signature_header", "want the name of the header that holds the signature")
	}
	if len(s.Versions) > 0 && s.Adapter != HubSpot {
		l.problem(path+".versions", "only for adapter %s", HubSpot)
	}
	for i, version := range s.Versions {
		l.oneOf(yamlfile.Index(path+".versions", i), "version", version, []string{"v1", "v2", "v3"})
	}
	l.checkHandshake(c, path, s, t)
	l.checkFetch(c, path, s, t)
	l.checkPull(c, path, s)
	if s.Scheme == StandardWebhooks && s.EventID.IsZero() {
		s.EventID = Place{Header: standardwebhooks.HeaderWebhookID}
	}
}

func texts[T ~string](names []T) []string {
	found := make([]string, len(names))
	for i, name := range names {
		found[i] = string(name)
	}
	return found
}

func defaults[T ~string](text *T, otherwise T) {
	if *text == "" {
		*text = otherwise
	}
}
