package hubspot

import (
	"context"
	"net/http"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

var _ crm.Scoped = (*Connector)(nil)

// scopesOf are those that an object takes, beside that of owners. Notes and tasks belong to contacts; leads have no scope for
// their properties.
// See https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/scopes.
func scopesOf(path string) []string {
	switch name := standardName(path); name {
	case "contacts", "notes", "tasks":
		return []string{"crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read"}
	case "companies", "deals":
		return []string{"crm.objects." + name + ".read", "crm.objects." + name + ".write", "crm.schemas." + name + ".read"}
	case "leads":
		return []string{"crm.objects.leads.read", "crm.objects.leads.write"}
	case "tickets":
		return []string{"tickets"}
	case ObjectSubscription:
		return []string{"communication_preferences.read_write"}
	case ObjectListMembership:
		return []string{"crm.lists.read", "crm.lists.write"}
	}
	return []string{"crm.objects.custom.read", "crm.objects.custom.write", "crm.schemas.custom.read"}
}

// MissingScopes asks what the token may do. HubSpot tells it of tokens that people paste, which the request's body repeats; what
// an app that was connected may do was told when it was.
// See https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview.
func (c *Connector) MissingScopes(ctx context.Context, objects []string) (missing []string, known bool, err error) {
	token, err := c.config.Credentials.Token(ctx)
	if err != nil {
		return nil, false, wire.CredentialFailure(ctx, err)
	}
	r, failure := c.wire.Do(ctx, "read scopes", http.MethodPost, tokenInfoPath, map[string]string{"tokenKey": token})
	switch {
	case failure != nil && failure.Kind.Permanent(), failure != nil && failure.Kind == crm.Auth:
		return nil, false, nil // a token of another kind
	case failure != nil:
		return nil, false, failure
	}
	var info struct {
		Scopes []string `json:"scopes"`
	}
	if failure := r.Read(&info); failure != nil {
		return nil, false, failure
	}
	needed := []string{"crm.objects.owners.read"}
	for _, object := range objects {
		needed = append(needed, scopesOf(c.path(object))...)
	}
	slices.Sort(needed)
	for _, scope := range slices.Compact(needed) {
		if !slices.Contains(info.Scopes, scope) {
			missing = append(missing, scope)
		}
	}
	return missing, len(info.Scopes) > 0, nil
}
