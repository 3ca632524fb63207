package config

import (
	"errors"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a text that shows itself to Reveal only: printed, formatted, logged or encoded it is "[redacted]".
type Secret struct {
	// A pointer, because fmt prints the unexported fields of a surrounding struct without asking String.
	text *string
}

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal is the text, or "" where there is none.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero says that there is no text.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String is "[redacted]".
func (s Secret) String() string { return redacted }

// GoString is "[redacted]".
func (s Secret) GoString() string { return redacted }

// MarshalText is "[redacted]".
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue is "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// UnmarshalText refuses: secrets are read from the environment, never from the file.
func (s *Secret) UnmarshalText([]byte) error {
	return errors.New("a secret is not read from this file; set it in the environment")
}
