package crm

import "context"

// Scoped is a connector whose CRM tells what the credentials may do.
type Scoped interface {
	// MissingScopes names, in the vendor's words, the permissions that writing these objects takes and that the credentials do
	// not have. It is known only where the CRM tells. It writes nothing.
	MissingScopes(ctx context.Context, objects []string) (missing []string, known bool, err error)
}
