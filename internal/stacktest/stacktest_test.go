package stacktest_test

import (
	"database/sql"
	"net"
	"testing"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"handoff/internal/stacktest"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

func TestEveryTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for range 2 { // the second would fail, were it the first one's database
		db, err := sql.Open("postgres", stacktest.Postgres(t))
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		_, err = db.ExecContext(t.Context(), "CREATE TABLE mine (n int)")
		require.NoError(t, err)
	}
}

func TestServersOfATestEndWithIt(t *testing.T) {
	t.Parallel()
	var address string
	t.Run("uses one", func(t *testing.T) {
		server := stacktest.TemporalServer(t)
		address = server.Address
		require.True(t, server.Process().Running())
		require.NotEqual(t, stacktest.Temporal(t).Address, address)
	})
	_, err := net.Dial("tcp", address)
	require.Error(t, err)
}
