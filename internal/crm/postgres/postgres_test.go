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
			proxy, via := through(t, dsn)
			var lock *sqlx.Tx
			db := open(t, dsn)
			heal := func() {
				proxy.Heal()
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
			}
		},
	})
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
