package postgres_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

// TestErase: every row that a key has goes, in one statement; a table that refers to one keeps all of them, and its own values
// out of the error.
func TestErase(t *testing.T) {
	t.Parallel()
	c, db := ready(t)
	for i := range 150 {
		db.MustExec(`INSERT INTO crm.contacts (email, company) VALUES ($1, $2)`, fmt.Sprintf("p%d@example.com", i), []string{"Acme", "Other"}[i%2])
	}
	key := crm.Fields{"company": "Acme", "email": "p0@example.com"}
	found, err := c.Erasable(t.Context(), "contacts", key)
	require.NoError(t, err)
	require.Equal(t, 1, found)
	erased, err := c.Erase(t.Context(), "contacts", crm.Fields{"company": "Acme"})
	require.NoError(t, err)
	require.Equal(t, 75, erased, "more than one Find shows would not be told apart from all of them")

	db.MustExec(`CREATE TABLE crm.orders (contact bigint REFERENCES crm.contacts); INSERT INTO crm.orders SELECT max(id) FROM crm.contacts`)
	erased, err = c.Erase(t.Context(), "contacts", crm.Fields{"company": "Other"})
	failure, _ := crm.AsError(err)
	require.Equal(t, crm.Invalid, failure.Kind)
	require.NotContains(t, err.Error(), "@")
	require.Zero(t, erased)
	var left int
	require.NoError(t, db.Get(&left, `SELECT count(*) FROM crm.contacts`))
	require.Equal(t, 75, left, "all or none")
	_, err = c.Erase(t.Context(), "robots", crm.Fields{"company": "Other"})
	require.ErrorContains(t, err, "unknown_object")
}
