package config

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"handoff/internal/submission"
)

// Scheme is how a source proves that a submission is its own.
type Scheme string

const (
	// StandardWebhooks is the scheme of https://www.standardwebhooks.com.
	StandardWebhooks Scheme = "standard-webhooks"
	// Generic is any HMAC over the body, described by the fields of Source.
	Generic Scheme = "generic"
)

// Source is one sender.
type Source struct {
	Scheme Scheme `yaml:"scheme"`
	// SecretEnvs are the environment variables that hold the secrets. Several are valid at once, so that a secret can be
	// changed without losing a submission; one variable may hold several, separated by white space.
	SecretEnvs []string         `yaml:"secrets"`
	Secrets    []Secret         `yaml:"-"` // their values
	MaxBody    int64            `yaml:"max_body"`
	Rate       Rate             `yaml:"rate"`
	Trace      submission.Trace `yaml:"trace"`

	// Form is the form of every submission; else FormPath says where in the body it is named.
	Form     string `yaml:"form"`
	FormPath string `yaml:"form_path"`
	// Where to find what identifies a submission. Empty is nowhere; the body's hash then stands for the submission id.
	SubmissionID Place `yaml:"submission_id"`
	EventID      Place `yaml:"event_id"`
	Revision     Place `yaml:"revision"` // may be the body's hash: any change of the answers is an edit
	SubmittedAt  Place `yaml:"submitted_at"`
	// AnswersPath is where in the body the answers are; the whole body when empty.
	AnswersPath string `yaml:"answers_path"`

	// The following describe the scheme Generic.
	Algorithm       string        `yaml:"algorithm"` // hmac-sha256, hmac-sha512, hmac-sha1
	Encoding        string        `yaml:"encoding"`  // of the signature: hex, base64
	SignatureHeader string        `yaml:"signature_header"`
	Prefix          string        `yaml:"prefix"` // stands before the signature, for instance "sha256="
	TimestampHeader string        `yaml:"timestamp_header"`
	TimestampUnit   string        `yaml:"timestamp_unit"` // s, ms
	Tolerance       time.Duration `yaml:"tolerance"`      // how old or how far ahead a timestamp may be
	SignedContent   string        `yaml:"signed_content"` // made of {timestamp}, {id} and {body}
}

// Rate bounds how many deliveries of a source are accepted.
type Rate struct {
	PerSecond float64 `yaml:"per_second"`
	Burst     int     `yaml:"burst"`
}

// Place says where in a request a value is: exactly one of its fields is set, or none for nowhere.
type Place struct {
	Header   string
	Path     string // in the body, in gjson's syntax
	BodyHash bool
}

// IsZero says that the place is nowhere.
func (p Place) IsZero() bool { return p == Place{} }

// bodyHash and headerPrefix are the words for the places that are no path.
const (
	bodyHash     = "body-hash"
	headerPrefix = "header:"
)

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// UnmarshalText reads "header:NAME", "body-hash" or a path.
func (p *Place) UnmarshalText(text []byte) error {
	value := string(text)
	name, header := strings.CutPrefix(value, headerPrefix)
	switch {
	case header && !headerName.MatchString(name):
		return errors.New("want the name of a header after header:")
	case header:
		*p = Place{Header: name}
	case value == bodyHash:
		*p = Place{BodyHash: true}
	case !isPath(value):
		return errors.New("want header:NAME or a path in the body such as data.id")
	default:
		*p = Place{Path: value}
	}
	return nil
}

// isPath is deliberately shallow: gjson takes nearly everything for a path and finds nothing.
func isPath(text string) bool {
	return text != "" && !strings.ContainsAny(text, " \t\r\n") && !strings.HasPrefix(text, ".") && !strings.HasSuffix(text, ".")
}
