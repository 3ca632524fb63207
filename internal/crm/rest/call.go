package rest

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
	"handoff/internal/restapi"
)

// call is a request that is filled in.
type call struct {
	method, target string
	headers        map[string]string
	body           any
	class          string
	astray         bool // a value leads to another path
}

// send fills in a request and makes the call.
func (c *Connector) send(ctx context.Context, operation string, r restapi.Request, values map[string]any) (*wire.Reply, *crm.Error) {
	return c.do(ctx, operation, c.fill(r, values))
}

func (c *Connector) fill(r restapi.Request, values map[string]any) call {
	method, path := r.Target()
	target, empty := restapi.FillText(path, values, url.PathEscape)
	filled := call{method: method, headers: make(map[string]string, len(r.Headers)), class: r.Class, astray: empty || leavesItsPlace(target)}
	query := url.Values{}
	for name, text := range r.Query {
		value, empty := restapi.FillText(text, values, nil)
		if !empty {
			query.Set(name, value)
		}
	}
	filled.target = c.prefix + target
	if len(query) > 0 {
		filled.target += "?" + query.Encode()
	}
	if r.Body != nil {
		filled.body = restapi.Fill(r.Body, values)
	}
	for name, text := range r.Headers {
		filled.headers[name], _ = restapi.FillText(text, values, oneLine)
	}
	return filled
}

// follow is the call that a link in the answer to another one leads to, where that is the same CRM: the token goes with it.
func (c *Connector) follow(from call, link string) (call, bool) {
	base, err := url.Parse(c.config.BaseURL)
	if err != nil {
		return call{}, false
	}
	asked, err := base.Parse(from.target)
	if err != nil {
		return call{}, false
	}
	next, err := asked.Parse(link)
	if err != nil || next.Scheme != base.Scheme || next.Host != base.Host {
		return call{}, false
	}
	from.method, from.target, from.body = http.MethodGet, next.RequestURI(), nil
	return from, true
}

// oneLine keeps a value from becoming headers of its own.
func oneLine(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, value)
}

func (c *Connector) do(ctx context.Context, operation string, made call) (*wire.Reply, *crm.Error) {
	if made.astray {
		none := &crm.Call{Operation: operation, Started: c.config.Now(), Took: 1, Code: "bad_value"}
		return &wire.Reply{Call: none}, &crm.Error{Kind: crm.Invalid, Code: "bad_value"}
	}
	var headers []string
	for _, set := range []map[string]string{c.config.API.Headers, made.headers} {
		for _, name := range slices.Sorted(maps.Keys(set)) {
			headers = append(headers, name, set[name])
		}
	}
	client := c.calls
	if made.class == string(crm.Searches) {
		client = c.searches
	}
	return client.Do(ctx, operation, made.method, made.target, made.body, headers...)
}

// leavesItsPlace says that a path means another one: a value is nothing but dots.
func leavesItsPlace(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool { return part == "." || part == ".." })
}
