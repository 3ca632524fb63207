// Package ledgertest gives tests databases with the ledger's schema.
package ledgertest

import (
	"testing"

	"handoff/internal/ledger"
	"handoff/internal/stacktest"
)

// Postgres returns the DSN of a fresh ledger in a database of the test's own. Its schema is a copy: migrations run once in
// a test process.
func Postgres(t testing.TB) string {
	t.Helper()
	return stacktest.PostgresCopy(t, "ledger", ledger.Migrate)
}
