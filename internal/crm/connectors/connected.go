package connectors

import (
	"errors"

	"handoff/internal/config"
	"handoff/internal/crm"
)

// Option is something that a connector may need beside its configuration.
type Option func(*needs)

// needs are what options have given.
type needs struct {
	credentials func(destination string, app config.OAuth) crm.Credentials
}

// Connected says where the tokens of destinations are that a person has connected (see the package connection).
func Connected(credentials func(destination string, app config.OAuth) crm.Credentials) Option {
	return func(n *needs) { n.credentials = credentials }
}

// connectedBy are the credentials that a person has given by connecting the destination; nil where it has a token of its own.
func connectedBy(name string, d config.Destination, options []Option) (crm.Credentials, error) {
	if d.OAuth == nil {
		return nil, nil
	}
	var n needs
	for _, option := range options {
		option(&n)
	}
	if n.credentials == nil {
		return nil, errors.New("it is connected by OAuth: its tokens are in the ledger, which is not at hand here")
	}
	return n.credentials(name, *d.OAuth), nil
}
