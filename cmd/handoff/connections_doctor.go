package main

import (
	"context"
	"strings"

	"handoff/internal/config"
	"handoff/internal/connection"
)

// connections looks whether each connection may do what it was made for. One that is refused is told of with its destination.
func (d *doctor) connections(ctx context.Context, c *config.Config) {
	l, err := ledgerOf(ctx, c)
	if err != nil {
		return // told already
	}
	defer l.Close()
	stored, err := l.Connections(ctx)
	if err != nil {
		return
	}
	for _, s := range stored {
		if c.Destinations[s.Destination].OAuth == nil || s.Broken || s.ErrorCode == connection.RefusedAgain {
			continue
		}
		if do := repair(c, s); do != "" {
			d.wrong("connection "+s.Destination, "does not have all scopes that the configuration asks for", do)
			continue
		}
		d.ok("connection "+s.Destination, "has the scopes %s", strings.Join(s.Scopes, ", "))
	}
}
