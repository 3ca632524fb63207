package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"handoff/internal/submission"
	"handoff/internal/yamlfile"
)

var (
	formName    = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,79}$`)
	placeholder = regexp.MustCompile(`\{[^{}]*\}`)
)

// minSecret is the least length of a source's secret: a shorter one can be guessed from one signature.
const minSecret = 16

func (l *loader) completeSources(c *Config) {
	if l.file != nil && len(c.Sources) == 0 {
		l.problem("$.sources", "want at least one source")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		source := c.Sources[name]
		path := yamlfile.Key("$.sources", name)
		l.name(path, name)
		l.checkSecrets(c, path, &source)
		l.checkAdmission(c, path, &source)
		l.checkPlaces(path, &source)
		switch source.Scheme {
		case Generic:
			l.checkSignature(path, &source)
		case StandardWebhooks:
			l.checkNoSignature(path, &source)
		default:
			l.oneOf(path+".scheme", "scheme", string(source.Scheme), []string{string(StandardWebhooks), string(Generic)})
		}
		c.Sources[name] = source
	}
}

func (l *loader) checkSecrets(c *Config, path string, s *Source) {
	if len(s.SecretEnvs) == 0 {
		l.problem(path+".secrets", "want the names of one or more environment variables that hold secrets")
	}
	for i, name := range s.SecretEnvs {
		held := l.variable(c, yamlfile.Index(path+".secrets", i), name, "secret of a source", ProgramStarter)
		for _, text := range strings.Fields(held.Reveal()) {
			secret := NewSecret(text)
			l.checkSecret(l.holder(Variable{Name: name, File: name + fileSuffix}), s.Scheme, secret)
			s.Secrets = append(s.Secrets, secret)
		}
	}
}

func (l *loader) checkSecret(variable string, scheme Scheme, secret Secret) {
	if key, ok := strings.CutPrefix(secret.Reveal(), "whpk_"); ok && scheme == StandardWebhooks {
		// The sender's public key, of a source that signs asymmetrically.
		if public, err := base64.StdEncoding.DecodeString(key); err != nil || len(public) != ed25519.PublicKeySize {
			l.variableProblem(variable, "want an Ed25519 public key, whpk_ and 32 bytes in base64")
		}
		return
	}
	if scheme == StandardWebhooks {
		if _, err := standardwebhooks.NewWebhook(secret.Reveal()); err != nil {
			l.variableProblem(variable, "want a Standard Webhooks secret, whsec_ and base64")
			return
		}
	}
	if len(strings.TrimPrefix(secret.Reveal(), "whsec_")) < minSecret {
		l.variableProblem(variable, "holds a secret of less than %d characters", minSecret)
	}
}

// checkAdmission checks what is let in at all.
func (l *loader) checkAdmission(c *Config, path string, s *Source) {
	if s.MaxBody == 0 {
		s.MaxBody = c.Public.MaxBody
	} else {
		l.number(path+".max_body", s.MaxBody, 1<<10, 32<<20)
	}
	if s.Rate == (Rate{}) {
		s.Rate = Rate{PerSecond: 100, Burst: 200}
	}
	if s.Rate.PerSecond <= 0 || s.Rate.PerSecond > 100000 {
		l.problem(path+".rate.per_second", "want more than 0 and at most 100000")
	} else if s.Rate.Burst == 0 {
		s.Rate.Burst = max(1, int(math.Ceil(s.Rate.PerSecond)))
	}
	if s.Rate.Burst < 0 {
		l.problem(path+".rate.burst", "want at least 1")
	}
	l.trace(path+".trace", &s.Trace)
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

// checkPlaces checks where values are found in a request.
func (l *loader) checkPlaces(path string, s *Source) {
	switch {
	case s.Form == "" && s.FormPath == "":
		l.problem(path+".form", "missing; want the form's name, or form_path with where in the body it is")
	case s.Form != "" && s.FormPath != "":
		l.problem(path+".form_path", "set, and so is form; want one of them")
	case s.Form != "" && !formName.MatchString(s.Form):
		l.problem(path+".form", "want a name of a-z, 0-9, dot, dash and underscore, at most 80 characters")
	case s.FormPath != "" && !isPath(s.FormPath):
		l.problem(path+".form_path", "want a path in the body such as data.form")
	}
	if s.AnswersPath != "" && !isPath(s.AnswersPath) {
		l.problem(path+".answers_path", "want a path in the body such as data.answers")
	}
	for _, p := range []struct {
		key   string
		place Place
	}{{"submission_id", s.SubmissionID}, {"event_id", s.EventID}, {"submitted_at", s.SubmittedAt}} {
		if p.place.BodyHash {
			l.problem(path+"."+p.key, "%s is for revision only; want header:NAME or a path in the body", bodyHash)
		}
	}
	if !s.Revision.IsZero() && s.SubmissionID.IsZero() && !l.file.Has(path+".submission_id") {
		l.problem(path+".revision", "no use without submission_id: a revision is one of a known submission")
	}
	if s.Scheme == StandardWebhooks && s.EventID.IsZero() {
		s.EventID = Place{Header: standardwebhooks.HeaderWebhookID}
	}
}

// checkSignature completes and checks the description of a generic signature.
func (l *loader) checkSignature(path string, s *Source) {
	defaults(&s.Algorithm, "hmac-sha256")
	defaults(&s.Encoding, "hex")
	defaults(&s.SignedContent, "{body}")
	l.oneOf(path+".algorithm", "algorithm", s.Algorithm, []string{"hmac-sha256", "hmac-sha512", "hmac-sha1"})
	l.oneOf(path+".encoding", "encoding", s.Encoding, []string{"hex", "base64"})
	if !headerName.MatchString(s.SignatureHeader) {
		l.problem(path+".signature_header", "want the name of the header that holds the signature")
	}
	l.checkSignedContent(path, s)
	if s.TimestampHeader == "" {
		if s.TimestampUnit != "" {
			l.problem(path+".timestamp_unit", "no use without timestamp_header")
		}
		if s.Tolerance != 0 {
			l.problem(path+".tolerance", "no use without timestamp_header")
		}
		return
	}
	if !headerName.MatchString(s.TimestampHeader) {
		l.problem(path+".timestamp_header", "want the name of the header that holds the timestamp")
	}
	defaults(&s.TimestampUnit, "s")
	l.oneOf(path+".timestamp_unit", "unit", s.TimestampUnit, []string{"s", "ms"})
	if s.Tolerance == 0 {
		s.Tolerance = 5 * time.Minute
	}
	l.span(path+".tolerance", s.Tolerance, time.Second, time.Hour)
}

// checkSignedContent sees to it that everything that is relied on is signed, and everything signed is known.
func (l *loader) checkSignedContent(path string, s *Source) {
	at := path + ".signed_content"
	for _, found := range placeholder.FindAllString(s.SignedContent, -1) {
		if found != "{timestamp}" && found != "{id}" && found != "{body}" {
			l.problem(at, "%s", yamlfile.Unknown("placeholder", found, []string{"{timestamp}", "{id}", "{body}"}))
			return
		}
	}
	switch {
	case strings.Count(s.SignedContent, "{body}") != 1:
		l.problem(at, "want {body} exactly once")
	case strings.Contains(s.SignedContent, "{timestamp}") && s.TimestampHeader == "":
		l.problem(at, "{timestamp} is not known without timestamp_header")
	case !strings.Contains(s.SignedContent, "{timestamp}") && s.TimestampHeader != "":
		l.problem(at, "want {timestamp} in it: a timestamp that is not signed can be forged")
	case strings.Contains(s.SignedContent, "{id}") && s.EventID.Header == "":
		l.problem(at, "{id} is not known without event_id in a header")
	}
}

// checkNoSignature refuses the description of a signature where the scheme has its own.
func (l *loader) checkNoSignature(path string, s *Source) {
	for _, key := range []struct {
		name string
		set  bool
	}{
		{"algorithm", s.Algorithm != ""}, {"encoding", s.Encoding != ""}, {"signature_header", s.SignatureHeader != ""},
		{"prefix", s.Prefix != ""}, {"timestamp_header", s.TimestampHeader != ""},
		{"timestamp_unit", s.TimestampUnit != ""}, {"tolerance", s.Tolerance != 0},
		{"signed_content", s.SignedContent != ""},
	} {
		if key.set {
			l.problem(path+"."+key.name, "only for scheme %s; %s has its own", Generic, StandardWebhooks)
		}
	}
}

func defaults(text *string, otherwise string) {
	if *text == "" {
		*text = otherwise
	}
}
