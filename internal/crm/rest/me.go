package rest

import (
	"context"
	"net/http"
	"sync"

	"golang.org/x/sync/singleflight"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
	"handoff/internal/restapi"
)

// me is whom the credentials belong to, as far as that is known. Credentials that somebody has replaced may be another's.
type me struct {
	asking singleflight.Group

	mu      sync.Mutex
	id      string
	version string
}

// identity is what the API says when it is asked whose the credentials are.
type identity struct {
	id      string
	call    *crm.Call // where it says nothing
	failure *crm.Error
}

// whoAmI asks the API whose the credentials are, once for each of them. It is nobody where the description does not say how.
func (c *Connector) whoAmI(ctx context.Context) (string, *crm.Call, *crm.Error) {
	asks := c.config.API.Me
	if asks == nil {
		return "", nil, nil
	}
	version := c.CredentialsVersion(ctx)
	if id := c.me.of(version); id != "" {
		return id, nil, nil
	}
	told, failure := wire.Share(ctx, &c.me.asking, version, func(ctx context.Context) identity {
		if id := c.me.of(version); id != "" { // it was told in between
			return identity{id: id}
		}
		told := c.askWhoIAm(ctx, asks)
		if told.failure == nil {
			c.me.mu.Lock()
			c.me.id, c.me.version = told.id, version
			c.me.mu.Unlock()
		}
		return told
	})
	if failure != nil {
		return "", nil, failure
	}
	if told.failure != nil { // everybody has one of their own
		call, own := *told.call, *told.failure
		return "", &call, &own
	}
	return told.id, nil, nil
}

func (c *Connector) askWhoIAm(ctx context.Context, asks *restapi.Me) identity {
	r, failure := c.send(ctx, "who am I", asks.Request, nil)
	if failure != nil {
		failure.Fields = nil
		if failure.Status == http.StatusNotFound {
			failure.Kind = crm.Misconfigured
		}
		return identity{call: r.Call, failure: failure}
	}
	id := plain(at(r.Body, or(asks.ID, "id")))
	if id == "" {
		return identity{call: r.Call, failure: r.Fail(unreadable(r.Status, r.Call.RequestID))}
	}
	return identity{id: id}
}

// of is whom the credentials of a version belong to; "" where that is not known.
func (m *me) of(version string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.version != version {
		return ""
	}
	return m.id
}
