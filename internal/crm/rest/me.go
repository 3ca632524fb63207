package rest

import (
	"context"
	"net/http"
	"sync"

	"handoff/internal/crm"
)

// me is whom the credentials belong to, as far as that is known. Credentials that somebody has replaced may be another's.
type me struct {
	mu      sync.Mutex
	id      string
	version string
}

// whoAmI asks the API whose the credentials are, once for each of them. It is nobody where the description does not say how.
func (c *Connector) whoAmI(ctx context.Context) (string, *crm.Call, *crm.Error) {
	asks := c.config.API.Me
	if asks == nil {
		return "", nil, nil
	}
	version := c.CredentialsVersion(ctx)
	c.me.mu.Lock()
	defer c.me.mu.Unlock()
	if c.me.id != "" && c.me.version == version {
		return c.me.id, nil, nil
	}
	r, failure := c.send(ctx, "who am I", asks.Request, nil)
	if failure != nil {
		failure.Fields = nil
		if failure.Status == http.StatusNotFound {
			failure.Kind = crm.Misconfigured
		}
		return "", r.Call, failure
	}
	id := plain(at(r.Body, or(asks.ID, "id")))
	if id == "" {
		return "", r.Call, r.Fail(unreadable(r.Status, r.Call.RequestID))
	}
	c.me.id, c.me.version = id, version
	return id, r.Call, nil
}
