package postgres_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/postgres"
	"handoff/internal/stacktest"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// contacts is a CRM of one table with a column of every type.
func contacts(dsn string) postgres.Config {
	return postgres.Config{
		DSN: dsn, Schema: "crm", MaxConns: 8, Timeout: 20 * time.Second,
		Objects: map[string]postgres.Object{"contacts": {
			Table: "contacts", Owner: "owner", External: "external_id",
			Columns: map[string]postgres.Column{
				"email": {}, "phone": {}, "first_name": {Column: "given name"}, "last_name": {}, "company": {},
				"employees": {Type: "integer"}, "budget": {Type: "decimal"}, "consent": {Type: "boolean"},
				"birthday": {Type: "date"}, "asked_at": {Type: "datetime"}, "interests": {Type: "multi-enum"},
				"extra": {Type: "json"}, "stage": {Type: "enum"},
			},
			Unique: [][]string{{"email"}, {"phone"}},
		}},
	}
}

// connect makes a connector; the database is set up when asked for.
func connect(t testing.TB, config postgres.Config) *postgres.Connector {
	t.Helper()
	c, err := postgres.New(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// ready is a connector to a database of the test's own that is set up, and a way to look at it.
func ready(t testing.TB) (*postgres.Connector, *sqlx.DB) {
	t.Helper()
	dsn := stacktest.Postgres(t)
	c := connect(t, contacts(dsn))
	_, err := c.Setup(context.Background())
	require.NoError(t, err)
	return c, open(t, dsn)
}

func open(t testing.TB, dsn string) *sqlx.DB {
	t.Helper()
	db, err := sqlx.Open("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// through rewrites a DSN so that it goes through a proxy.
func through(t testing.TB, dsn string) (*crmtest.Proxy, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	proxy := crmtest.NewProxy(t, u.Host)
	u.Host = proxy.Addr().String()
	return proxy, u.String()
}

func TestConformance(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	c := connect(t, contacts(dsn))
	_, err := c.Setup(context.Background())
	require.NoError(t, err)
	open(t, dsn).MustExec(`ALTER TABLE crm.contacts ADD CONSTRAINT stages CHECK (stage IN ('new', 'open'))`)
	crmtest.Run(t, crmtest.Harness{
		Connector: c, Object: "contacts", Key: "email", Other: "phone",
		Texts: [3]string{"first_name", "last_name", "company"}, Number: "employees", Picklist: "stage", Choice: "open",
		Owner: "olga", Another: "otto", Patience: 30 * time.Second,
		Faulty: func(t testing.TB) crmtest.Faulty {
			db := open(t, dsn)
			account, dsn := account(t, db, dsn)
			proxy, via := through(t, dsn)
			var lock *sqlx.Tx
			heal := func() {
				proxy.Heal()
				account("LOGIN CONNECTION LIMIT -1")
				if lock != nil {
					require.NoError(t, lock.Rollback())
					lock = nil
				}
			}
			t.Cleanup(heal)
			return crmtest.Faulty{
				Connector: connect(t, contacts(via)), LoseReplies: proxy.LoseReplies, Heal: heal,
				Stall: func() {
					lock = db.MustBegin()
					lock.MustExec(`LOCK TABLE crm.contacts IN ACCESS EXCLUSIVE MODE`)
				},
				Limit:   func() { account("CONNECTION LIMIT 0") },
				Revoke:  func() { account("NOLOGIN") },
				Without: map[string]string{"Expire": "a password is asked for once for each connection, and has nothing that could renew it"},
			}
		},
	})
}

// account makes a role of its own for a connector, as docs/crm/postgres.md says. What it is altered to ends its connections.
func account(t testing.TB, db *sqlx.DB, dsn string) (alter func(to string), as string) {
	t.Helper()
	var role string
	require.NoError(t, db.Get(&role, `SELECT 'crm_' || current_database() || '_' || floor(random() * 1e9)::bigint`)) // roles are shared by all databases
	db.MustExec(`CREATE ROLE ` + role + ` LOGIN PASSWORD 'wrong'`)
	db.MustExec(`GRANT USAGE ON SCHEMA crm TO ` + role)
	db.MustExec(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA crm TO ` + role)
	t.Cleanup(func() {
		db.MustExec(`DROP OWNED BY ` + role)
		db.MustExec(`DROP ROLE ` + role)
	})
	return func(to string) {
		db.MustExec(`ALTER ROLE ` + role + ` ` + to)
		db.MustExec(`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '` + role + `'`)
	}, withUser(t, dsn, role)
}

func withUser(t testing.TB, dsn, user string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	u.User = url.UserPassword(user, "wrong")
	return u.String()
}

func withDatabase(t testing.TB, dsn, database string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	u.Path = "/" + database
	return u.String()
}

func withParameter(t testing.TB, dsn, name, value string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}
