package config

import (
	"errors"
	"log/slog"
	"os"
	"strings"
)

const redacted = "[redacted]"

// Secret is a text that shows itself to Reveal only: printed, formatted, logged or encoded it is "[redacted]".
type Secret struct {
	// A pointer, because fmt prints the unexported fields of a surrounding struct without asking String.
	text *string
	file string // that it was read from; "" for none
}

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{text: &text} }

// InFile says whether the secret was read from a file, where somebody may replace it while the programs run.
func (s Secret) InFile() bool { return s.file != "" }

// Again reads the secret's file once more. Where there is none, or it cannot be read now, the secret stays as it is.
func (s Secret) Again() Secret {
	if s.file == "" {
		return s
	}
	data, err := os.ReadFile(s.file)
	text := strings.TrimSpace(string(data))
	if err != nil || text == "" { // it is being replaced
		return s
	}
	return Secret{&text, s.file}
}

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
