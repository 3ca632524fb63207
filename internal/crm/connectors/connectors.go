// Package connectors is the only place that names concrete CRMs: it makes the connector of a configured destination. The
// worker and the CLI use it; the starter never does.
package connectors

import (
	"context"
	"fmt"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	"handoff/internal/crm/postgres"
	"handoff/internal/crm/rest"
	"handoff/internal/crm/salesforce"
)

// Connector is a connector that holds connections.
type Connector interface {
	crm.Connector
	Close() error
}

// SetUp is what connectors can do that may prepare their CRM.
type SetUp interface {
	// Setup creates what is missing and says what it created. Repeating it changes nothing.
	Setup(ctx context.Context) ([]string, error)
}

// New makes the connector of a destination. It does not call the CRM.
func New(ctx context.Context, name string, d config.Destination, options ...Option) (Connector, error) {
	n := needed(options)
	connected, err := n.connectedBy(name, d)
	if err != nil {
		return nil, fmt.Errorf("destination %s: %w", name, err)
	}
	switch d.Connector {
	case "postgres":
		c, err := postgres.New(ctx, postgresConfig(d))
		if err != nil {
			return nil, fmt.Errorf("destination %s: %w", name, err)
		}
		return c, nil
	case "hubspot":
		c, err := hubspot.New(hubspotConfig(d, connected, n.rotated(name)))
		if err != nil {
			return nil, fmt.Errorf("destination %s: %w", name, err)
		}
		return c, nil
	case "salesforce":
		c, err := salesforce.New(salesforceConfig(d, connected))
		if err != nil {
			return nil, fmt.Errorf("destination %s: %w", name, err)
		}
		return c, nil
	case "rest":
		c, err := rest.New(restConfig(d, connected, n.rotated(name)))
		if err != nil {
			return nil, fmt.Errorf("destination %s: %w", name, err)
		}
		return c, nil
	}
	return nil, fmt.Errorf("destination %s: unknown connector %q", name, d.Connector)
}

func postgresConfig(d config.Destination) postgres.Config {
	p := d.Postgres
	c := postgres.Config{
		DSN: p.DSN.Reveal(), Replaced: replaced(p.DSN), Schema: p.Schema, MaxConns: p.MaxConns, Timeout: d.Timeout, Objects: map[string]postgres.Object{},
	}
	for name, o := range p.Objects {
		object := postgres.Object{
			Table: o.Table, ID: o.ID, Owner: o.Owner, External: o.External, State: o.State, Changed: o.Changed,
			Unique: o.Unique, Columns: map[string]postgres.Column{},
		}
		for field, column := range o.Columns {
			object.Columns[field] = postgres.Column(column)
		}
		c.Objects[name] = object
	}
	if p.Owners != nil {
		owners := postgres.Owners(*p.Owners)
		c.Owners = &owners
	}
	return c
}

// replaced is how a secret that may be replaced is looked at again; nil for one that stays as it is.
func replaced(secret config.Secret) func(ctx context.Context, refused bool) string {
	if !secret.Replaceable() {
		return nil
	}
	return func(ctx context.Context, refused bool) string {
		if refused {
			secret.Ask(ctx)
		}
		return secret.Again().Reveal()
	}
}

func hubspotConfig(d config.Destination, connected crm.Credentials, rotated func()) hubspot.Config {
	h := d.HubSpot
	c := hubspot.Config{
		BaseURL: h.BaseURL, Credentials: connection.OfSecret(h.Token, nil), Timeout: d.Timeout, TimeZone: h.Location,
		Objects: map[string]hubspot.Object{},
	}
	if connected != nil {
		c.Credentials = connected
	}
	if h.App != nil {
		c.Credentials = connection.Following(nil, func(secrets []string) crm.Credentials {
			return &hubspot.Refresh{
				BaseURL: h.BaseURL, ClientID: h.App.ClientID, ClientSecret: secrets[0], RefreshToken: secrets[1], Rotated: rotated,
			}
		}, h.App.ClientSecret, h.App.RefreshToken)
	}
	for name, o := range h.Objects {
		object := hubspot.Object{Object: o.Object, Fields: o.Fields, Links: map[string]hubspot.Link{}}
		for field, link := range o.Links {
			object.Links[field] = hubspot.Link(link)
		}
		c.Objects[name] = object
	}
	return c
}

func salesforceConfig(d config.Destination, connected crm.Credentials) salesforce.Config {
	s := d.Salesforce
	c := salesforce.Config{
		InstanceURL: s.InstanceURL, Version: s.Version, Credentials: connection.OfSecret(s.Token, nil), Timeout: d.Timeout, Assign: s.Assign,
		RefuseDuplicates: s.Duplicates == "review", Nobody: s.Nobody, Objects: map[string]salesforce.Object{},
	}
	if s.Bulk != nil {
		c.BulkFrom = s.Bulk.From
	}
	switch {
	case connected != nil:
		c.Credentials = connected
	case s.Client != nil:
		c.Credentials = connection.Following(nil, func(secrets []string) crm.Credentials {
			return salesforce.ClientCredentials(s.InstanceURL, s.Client.ClientID, secrets[0])
		}, s.Client.ClientSecret)
	case s.JWT != nil:
		c.Credentials = connection.Following(nil, func(secrets []string) crm.Credentials {
			return salesforce.JWT(s.InstanceURL, s.JWT.Audience, s.JWT.ClientID, s.JWT.Username, []byte(secrets[0]))
		}, s.JWT.Key)
	}
	for name, o := range s.Objects {
		c.Objects[name] = salesforce.Object(o)
	}
	return c
}

func restConfig(d config.Destination, connected crm.Credentials, rotated func()) rest.Config {
	r, auth := d.Rest, d.Rest.Auth
	c := rest.Config{BaseURL: r.BaseURL, API: r.API, Timeout: d.Timeout, Credentials: connection.OfSecret(auth.Token, nil)}
	if auth.Word != "" {
		c.Authorize = rest.InAuthorization(auth.Word)
	}
	switch {
	case connected != nil:
		c.Credentials = connected
	case auth.Header != nil:
		c.Credentials, c.Authorize = connection.OfSecret(auth.Header.Value, nil), rest.InHeader(auth.Header.Name)
	case auth.Basic != nil:
		c.Credentials, c.Authorize = connection.OfSecret(auth.Basic.Password, nil), rest.Basic(auth.Basic.User)
	case auth.Grant != nil:
		g := auth.Grant
		c.Credentials = connection.Following(nil, func(secrets []string) crm.Credentials {
			return &rest.Grant{
				TokenURL: g.TokenURL, ClientID: g.ClientID, ClientSecret: secrets[0], RefreshToken: secrets[1],
				Scopes: g.Scopes, Params: g.Params, InBody: g.ClientAuth == "body", Rules: r.Errors.Rules, Timeout: d.Timeout,
				Rotated: rotated,
			}
		}, g.ClientSecret, g.RefreshToken)
	}
	return c
}
