package connectors

import (
	"errors"
	"log/slog"

	"handoff/internal/config"
	"handoff/internal/crm"
)

// Option is something that a connector may need beside its configuration.
type Option func(*needs)

// needs are what options have given.
type needs struct {
	credentials func(destination string, app config.OAuth) crm.Credentials
	logger      *slog.Logger
}

func needed(options []Option) needs {
	n := needs{logger: slog.Default()}
	for _, option := range options {
		option(&n)
	}
	return n
}

// Connected says where the tokens of destinations are that a person has connected (see the package connection).
func Connected(credentials func(destination string, app config.OAuth) crm.Credentials) Option {
	return func(n *needs) { n.credentials = credentials }
}

// LoggedTo says where people are told what a connector finds wrong with its configuration; the standard logger otherwise.
func LoggedTo(logger *slog.Logger) Option {
	return func(n *needs) { n.logger = logger }
}

// rotated tells people that the CRM replaces a refresh token which they have configured. Writing goes on until this process
// ends; another process, and the next one, have a token that the CRM may not take any more.
func (n needs) rotated(destination string) func() {
	return func() {
		n.logger.Warn("the CRM has replaced the refresh token, and the new one is lost when this process stops: "+
			"let the destination have oauth, and run handoff connect", "destination", destination)
	}
}

// connectedBy are the credentials that a person has given by connecting the destination; nil where it has a token of its own.
func (n needs) connectedBy(name string, d config.Destination) (crm.Credentials, error) {
	if d.OAuth == nil {
		return nil, nil
	}
	if n.credentials == nil {
		return nil, errors.New("it is connected by OAuth: its tokens are in the ledger, which is not at hand here")
	}
	return n.credentials(name, *d.OAuth), nil
}
