package ledger_test

import (
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

// dumpDatabase returns everything in the database as text, bytea both as hex and as the bytes themselves.
func dumpDatabase(t *testing.T, dsn string) string {
	t.Helper()
	db, err := sqlx.Connect("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	var tables []string
	require.NoError(t, db.Select(&tables, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`))
	require.NotEmpty(t, tables)
	var dump strings.Builder
	for _, table := range tables {
		var rows []string
		require.NoError(t, db.Select(&rows, `SELECT t::text FROM `+table+` t`))
		dump.WriteString(strings.Join(rows, "\n"))
	}
	for _, column := range []string{
		"payload FROM submissions", "raw FROM submissions", "plan FROM submissions", "context FROM crm_calls", "answers FROM corrections",
	} {
		var values [][]byte
		require.NoError(t, db.Select(&values, `SELECT `+column))
		for _, value := range values {
			dump.Write(value)
		}
	}
	return dump.String()
}
