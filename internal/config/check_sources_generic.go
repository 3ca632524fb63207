package config

import (
	"regexp"
	"strings"
	"time"

	"handoff/internal/yamlfile"
)

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// setKey is a key of a source and whether the file sets it.
type setKey struct {
	name string
	set  bool
}

// unused refuses keys that have no effect: whoever sets one expects something of it.
func (l *loader) unused(path, why string, keys []setKey) {
	for _, key := range keys {
		if key.set {
			l.problem(path+"."+key.name, "%s", why)
		}
	}
}

func signatureKeys(s *Source) []setKey {
	return append([]setKey{{"scheme", s.Scheme != ""}}, hashKeys(s)...)
}

// hashKeys describe a keyed hash.
func hashKeys(s *Source) []setKey {
	return append([]setKey{{"encoding", s.Encoding != ""}, {"prefix", s.Prefix != ""}, {"timestamp_header", s.TimestampHeader != ""},
		{"timestamp_unit", s.TimestampUnit != ""}, {"signed_content", s.SignedContent != ""}}, timeKeys(s)...)
}

func timeKeys(s *Source) []setKey {
	return []setKey{{"algorithm", s.Algorithm != ""}, {"tolerance", s.Tolerance != 0}}
}

func layoutKeys(s *Source) []setKey {
	return []setKey{
		{"form_path", s.FormPath != ""}, {"submission_id", !s.SubmissionID.IsZero()}, {"event_id", !s.EventID.IsZero()},
		{"submitted_at", !s.SubmittedAt.IsZero()}, {"locale", !s.Locale.IsZero()}, {"test", !s.Test.IsZero()}, {"event", !s.Event.IsZero()},
		{"answers_path", s.AnswersPath != ""}, {"answer_name", s.AnswerName != ""}, {"answer_value", s.AnswerValue != ""},
		{"answer_names", s.AnswerNames != ""}, {"file_answers", len(s.Files) > 0}, {"consent_answers", len(s.Consents) > 0},
	}
}

// checkScheme checks how an unlisted sender proves its requests.
func (l *loader) checkScheme(path string, s *Source) {
	why := "only for scheme " + string(HMAC) + "; " + string(s.Scheme) + " has its own"
	if s.Scheme != TokenOnly && !s.Token.IsZero() {
		l.problem(path+".token", "only for scheme %s", TokenOnly)
	}
	switch s.Scheme {
	case HMAC:
		l.checkSignature(path, s)
	case StandardWebhooks:
		l.unused(path, why, append(hashKeys(s), setKey{"signature_header", s.SignatureHeader != ""}))
	case TimedHMAC:
		l.unused(path, why, hashKeys(s)[:5])
		l.checkTimed(path, s)
	case TokenOnly:
		l.unused(path, "no use with scheme "+string(TokenOnly)+", which signs nothing", append(hashKeys(s), setKey{"signature_header", s.SignatureHeader != ""}))
		if s.Token.IsZero() || s.Token.BodyHash {
			l.problem(path+".token", "want where the secret travels: header:NAME, query:NAME or a path in the body")
		}
	default:
		l.oneOf(path+".scheme", "scheme", string(s.Scheme), texts([]Scheme{StandardWebhooks, HMAC, TimedHMAC, TokenOnly}))
	}
}

func (l *loader) checkTimed(path string, s *Source) {
	defaults(&s.Algorithm, "hmac-sha256")
	l.oneOf(path+".algorithm", "algorithm", s.Algorithm, algorithms())
	if s.SignatureHeader == "" {
		l.problem(path+".signature_header", "want the name of the header that holds the signature")
	}
	l.checkTolerance(path, s)
}

func algorithms() []string { return []string{"hmac-sha256", "hmac-sha512", "hmac-sha1"} }

func (l *loader) checkTolerance(path string, s *Source) {
	if s.Tolerance == 0 {
		s.Tolerance = 5 * time.Minute
	}
	l.span(path+".tolerance", s.Tolerance, time.Second, time.Hour)
}

// checkSignature completes and checks the description of a keyed hash.
func (l *loader) checkSignature(path string, s *Source) {
	defaults(&s.Algorithm, "hmac-sha256")
	defaults(&s.Encoding, "hex")
	defaults(&s.SignedContent, "{body}")
	l.oneOf(path+".algorithm", "algorithm", s.Algorithm, algorithms())
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
	l.checkTolerance(path, s)
}

// checkSignedContent sees to it that everything that is relied on is signed, and everything signed is known.
func (l *loader) checkSignedContent(path string, s *Source) {
	at := path + ".signed_content"
	known := []string{"{timestamp}", "{id}", "{method}", "{url}", "{body}"}
	for _, found := range placeholder.FindAllString(s.SignedContent, -1) {
		fits := false
		for _, name := range known {
			fits = fits || name == found
		}
		if !fits {
			l.problem(at, "%s", yamlfile.Unknown("placeholder", found, known))
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

// checkLayout checks where things are found in an unlisted sender's request.
func (l *loader) checkLayout(path string, s *Source) {
	switch {
	case s.Form == "" && s.FormPath == "":
		l.problem(path+".form", "missing; want the form's name, or form_path with where in the body it is")
	case s.Form != "" && s.FormPath != "" && len(s.Forms) == 0:
		l.problem(path+".form_path", "set, and so is form; want one of them")
	case s.FormPath != "" && !isPath(s.FormPath):
		l.problem(path+".form_path", "want a path in the body such as data.form")
	}
	if s.AnswersPath != "" && !isPath(s.AnswersPath) {
		l.problem(path+".answers_path", "want a path in the body such as data.answers")
	}
	for _, p := range []struct {
		key   string
		place Place
	}{{"submission_id", s.SubmissionID}, {"event_id", s.EventID}, {"submitted_at", s.SubmittedAt}, {"locale", s.Locale}, {"test", s.Test}, {"event", s.Event}} {
		if p.place.BodyHash {
			l.problem(path+"."+p.key, "%s is for revision only; want header:NAME or a path in the body", bodyHash)
		}
	}
	if !s.Revision.IsZero() && s.SubmissionID.IsZero() && !l.file.Has(path+".submission_id") {
		l.problem(path+".revision", "no use without submission_id: a revision is one of a known submission")
	}
	if (s.AnswerName == "") != (s.AnswerValue == "") {
		l.problem(path+".answer_name", "want answer_name and answer_value together: where in each element of a list of answers its name and its value are")
	}
	if len(s.Events) > 0 && s.Event.IsZero() && s.Adapter != GitHub { // which names it in a header
		l.problem(path+".events", "no use without event: where the kind of event stands")
	}
	defaults(&s.AnswerNames, "as-sent")
	l.oneOf(path+".answer_names", "choice", s.AnswerNames, []string{"as-sent", "snake_case"})
}
