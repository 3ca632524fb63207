package config

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"handoff/internal/secretmanager"
)

const redacted = "[redacted]"

// Secret is a text that shows itself to Reveal only: printed, formatted, logged or encoded it is "[redacted]".
type Secret struct {
	// Pointers, because fmt prints the unexported fields of a surrounding struct without asking String; to a pointer, because
	// of a pointer to a struct it may print the struct.
	text    *string
	managed **secretmanager.Variable // where it was read from; nil for none
	file    string                   // that it was read from; "" for none
}

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{text: &text} }

// Replaceable says whether somebody may replace the secret while the programs run: one in a file, or in a secret manager.
func (s Secret) Replaceable() bool { return s.file != "" || s.managed != nil }

// InFile says whether the secret was read from a file.
func (s Secret) InFile() bool { return s.file != "" }

// Again is the secret as its file holds it now, or its manager as it was last heard. Where there is none, or it holds nothing
// now, the secret stays as it is. It asks nobody outside.
func (s Secret) Again() Secret {
	text := ""
	switch {
	case s.managed != nil:
		text = (*s.managed).Text()
	case s.file != "":
		if data, err := os.ReadFile(s.file); err == nil { // otherwise it is being replaced
			text = strings.TrimSpace(string(data))
		}
	}
	if text == "" {
		return s
	}
	s.text = &text
	return s
}

// askAgain bounds how long calls wait for a secret manager whose secret has been refused.
const askAgain = 5 * time.Second

// Ask has Again know what the secret's manager holds at this moment, where it has one and that answers soon. A manager is
// otherwise asked twice a minute.
func (s Secret) Ask(ctx context.Context) {
	if s.managed == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askAgain)
	defer cancel()
	_ = (*s.managed).Ask(ctx) // whoever was refused says so
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
