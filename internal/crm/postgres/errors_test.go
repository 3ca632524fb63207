package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/postgres"
	"handoff/internal/stacktest"
)

const secret = "PLANTED-5d1c"

// TestErrorsOfTheServer provokes each failure on a real server. Every error is looked through for the planted value.
func TestErrorsOfTheServer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare string // SQL, after the set-up
		fields  crm.Fields
		want    crm.Error
	}{
		"not null": {
			prepare: `ALTER TABLE crm.contacts ALTER company SET NOT NULL`,
			want:    crm.Error{Kind: crm.Invalid, Code: "23502", Fields: []string{"company"}},
		},
		"not null of a column that is no field": {
			prepare: `ALTER TABLE crm.contacts ADD tenant text NOT NULL`,
			want:    crm.Error{Kind: crm.Misconfigured, Code: "23502", Fields: []string{"tenant"}},
		},
		"not null by a domain of a column that is no field": {
			prepare: `CREATE DOMAIN crm.filled AS text NOT NULL; ALTER TABLE crm.contacts ADD tenant crm.filled DEFAULT 'x'`,
			want:    crm.Error{Kind: crm.Misconfigured, Code: "23502"},
		},
		"no number": {
			fields: crm.Fields{"employees": secret, "last_name": secret},
			want:   crm.Error{Kind: crm.Invalid, Code: "22P02", Fields: []string{"employees"}},
		},
		"several bad values at once": {
			fields: crm.Fields{"employees": secret, "budget": secret, "birthday": "2026-02-30", "asked_at": secret, "first_name": "fine"},
			want:   crm.Error{Kind: crm.Invalid, Code: "22007", Fields: []string{"asked_at", "birthday", "budget", "employees"}},
		},
		"too long": {
			prepare: `ALTER TABLE crm.contacts ALTER "given name" TYPE varchar(5)`,
			fields:  crm.Fields{"first_name": secret},
			want:    crm.Error{Kind: crm.Invalid, Code: "22001", Fields: []string{"first_name"}},
		},
		"out of range": {
			fields: crm.Fields{"employees": "99999999999999999999"},
			want:   crm.Error{Kind: crm.Invalid, Code: "22003", Fields: []string{"employees"}},
		},
		"a zero byte": {
			fields: crm.Fields{"company": secret + "\x00"},
			want:   crm.Error{Kind: crm.Invalid, Code: "22P05", Fields: []string{"company"}},
		},
		"not one of an enum": {
			prepare: `CREATE TYPE crm.size AS ENUM ('small', 'large'); ALTER TABLE crm.contacts ALTER company TYPE crm.size USING NULL`,
			fields:  crm.Fields{"company": secret},
			want:    crm.Error{Kind: crm.Invalid, Code: "22P02", Fields: []string{"company"}},
		},
		"check": {
			prepare: `ALTER TABLE crm.contacts ADD CONSTRAINT sane CHECK (employees < 1000 OR budget > 0)`,
			fields:  crm.Fields{"employees": "5000", "budget": "0"},
			want:    crm.Error{Kind: crm.Invalid, Code: "23514", Fields: []string{"budget", "employees"}},
		},
		"foreign key": {
			prepare: `CREATE TABLE crm.companies (id text PRIMARY KEY); ALTER TABLE crm.contacts ADD FOREIGN KEY (company) REFERENCES crm.companies`,
			fields:  crm.Fields{"company": secret},
			want:    crm.Error{Kind: crm.Invalid, Code: "23503", Fields: []string{"company"}},
		},
		"another unique index": {
			prepare: `CREATE UNIQUE INDEX ON crm.contacts (company, last_name); INSERT INTO crm.contacts (email, company, last_name) VALUES ('other', 'x', 'y')`,
			fields:  crm.Fields{"company": "x", "last_name": "y"},
			want:    crm.Error{Kind: crm.Conflict, Code: "23505", Fields: []string{"company", "last_name"}},
		},
		"exclusion": {
			prepare: `ALTER TABLE crm.contacts ADD EXCLUDE USING btree (company WITH =); INSERT INTO crm.contacts (email, company) VALUES ('other', 'x')`,
			fields:  crm.Fields{"company": "x"},
			want:    crm.Error{Kind: crm.Conflict, Code: "23P01", Fields: []string{"company"}},
		},
		"no such table": {
			prepare: `DROP TABLE crm.contacts`,
			want:    crm.Error{Kind: crm.Misconfigured, Code: "42P01"},
		},
		"no such schema": {
			prepare: `DROP SCHEMA crm CASCADE`,
			want:    crm.Error{Kind: crm.Misconfigured, Code: "3F000"},
		},
		"no such column": {
			prepare: `ALTER TABLE crm.contacts DROP "given name"`,
			fields:  crm.Fields{"first_name": secret},
			want:    crm.Error{Kind: crm.Misconfigured, Code: "42703", Fields: []string{"first_name"}},
		},
		"no state column": {
			prepare: `ALTER TABLE crm.contacts DROP handoff_state`,
			want:    crm.Error{Kind: crm.Misconfigured, Code: "42703", Fields: []string{"handoff_state"}},
		},
		"no unique index for the key": {
			prepare: `DROP INDEX crm.contacts_email_idx`,
			want:    crm.Error{Kind: crm.Misconfigured, Code: "42P10", Fields: []string{"email"}},
		},
		"a trigger refuses": {
			prepare: trigger(`RAISE EXCEPTION 'we do not want %', NEW.email`),
			want:    crm.Error{Kind: crm.Invalid, Code: "P0001"},
		},
		"a trigger drops the record": {
			prepare: trigger(`RETURN NULL`),
			want:    crm.Error{Kind: crm.Invalid, Code: "not_written"},
		},
		"rate limited": {
			prepare: trigger(`RAISE SQLSTATE 'PT429' USING MESSAGE = NEW.email, HINT = 'Retry after 30 seconds'`),
			want:    crm.Error{Kind: crm.RateLimited, Code: "PT429", Status: 429, RetryAfter: 30 * time.Second},
		},
		"rate limited without a hint": {
			prepare: trigger(`RAISE SQLSTATE 'PT429'`),
			want:    crm.Error{Kind: crm.RateLimited, Code: "PT429", Status: 429},
		},
		"overloaded": {
			prepare: trigger(`RAISE SQLSTATE 'PT503'`),
			want:    crm.Error{Kind: crm.Transient, Code: "PT503", Status: 503},
		},
		"serialization": {
			prepare: trigger(`RAISE SQLSTATE '40001'`),
			want:    crm.Error{Kind: crm.Transient, Code: "40001"},
		},
		"read only": {
			prepare: `ALTER DATABASE {database} SET default_transaction_read_only = on`,
			want:    crm.Error{Kind: crm.Transient, Code: "25006"},
		},
		"no permission": {
			prepare: `CREATE ROLE nobody_{database}; GRANT USAGE ON SCHEMA crm TO nobody_{database}; ALTER DATABASE {database} SET role = nobody_{database}`,
			want:    crm.Error{Kind: crm.Misconfigured, Code: "42501"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := stacktest.Postgres(t)
			_, err := connect(t, contacts(dsn)).Setup(context.Background())
			require.NoError(t, err)
			db := open(t, dsn)
			if test.prepare != "" {
				var database string
				require.NoError(t, db.Get(&database, `SELECT current_database()`))
				_, err := db.Exec(strings.ReplaceAll(test.prepare, "{database}", database))
				require.NoError(t, err)
			}
			c := connect(t, contacts(dsn)) // connects after the preparation
			write := crm.Write{
				Submission: "sub_a", Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": secret + "@example.test"},
				SubmittedAt: time.Unix(0, 0),
			}
			for field, value := range test.fields {
				write.Fields[field] = value
			}
			result := c.Upsert(context.Background(), "contacts", []crm.Write{write})[0]
			require.NotNil(t, result.Err)
			require.Equal(t, test.want, *result.Err)
			require.NotContains(t, result.Err.Error(), secret)
			require.Equal(t, result.Err.Code, result.Call.Code)
			require.Contains(t, string(result.Call.Request), secret, "the call keeps what was asked")
			require.NotEmpty(t, result.Call.Response, "the call keeps what was said")
		})
	}
}

// trigger is SQL that makes a trigger run a statement before each insert.
func trigger(statement string) string {
	return "CREATE FUNCTION crm.guard() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN " + statement + "; END$$;" +
		"CREATE TRIGGER guard BEFORE INSERT ON crm.contacts FOR EACH ROW EXECUTE FUNCTION crm.guard()"
}

// TestKindOfEveryState lets the server raise states that are hard to provoke.
func TestKindOfEveryState(t *testing.T) {
	t.Parallel()
	c, db := ready(t)
	db.MustExec(trigger(`RAISE EXCEPTION USING ERRCODE = NEW.last_name, MESSAGE = NEW.email, DETAIL = NEW.email`))
	for kind, states := range map[crm.Kind][]string{
		crm.Invalid:       {"22000", "22012", "23000", "23503", "23514", "44000", "54000", "P0001", "PT400", "PT422"},
		crm.Misconfigured: {"0A000", "3D000", "3F000", "42501", "42601", "42703", "42804", "42883", "42P01", "42P10", "55000", "PT403", "PT404"},
		crm.Auth:          {"28000", "28P01", "PT401"},
		crm.RateLimited:   {"53300", "PT429"},
		crm.Conflict:      {"23505", "23P01", "PT409"},
		crm.Transient: {
			"08000", "08003", "08006", "21000", "25006", "40001", "40P01", "53100", "53200", "55006", "55P03", "57014", "57P01",
			"57P02", "57P03", "58030", "XX000", "ZZ999", "PT408", "PT500", "PT503",
		},
	} {
		for _, state := range states {
			write := crm.Write{
				Keys:   [][]string{{"email"}},
				Fields: crm.Fields{"email": secret, "last_name": state},
			}
			failure := c.Upsert(context.Background(), "contacts", []crm.Write{write})[0].Err
			require.NotNil(t, failure, state)
			require.Equal(t, kind, failure.Kind, state)
			require.Equal(t, state, failure.Code)
			require.NotContains(t, failure.Error(), secret)
		}
	}
}

func TestErrorsOfTheConnection(t *testing.T) {
	t.Parallel()
	write := []crm.Write{{Submission: "sub_a", Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": secret}}}
	upsert := func(t *testing.T, config postgres.Config) *crm.Error {
		t.Helper()
		result := connect(t, config).Upsert(context.Background(), "contacts", write)[0]
		require.NotNil(t, result.Err)
		require.NotContains(t, result.Err.Error(), secret)
		return result.Err
	}

	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		proxy, dsn := through(t, stacktest.Postgres(t))
		proxy.LoseReplies()
		require.Equal(t, crm.Error{Kind: crm.Transient, Code: "connection"}, *upsert(t, contacts(dsn)))
	})
	t.Run("no such role", func(t *testing.T) {
		t.Parallel()
		failure := upsert(t, contacts(withUser(t, stacktest.Postgres(t), "nobody_at_all")))
		require.Equal(t, crm.Auth, failure.Kind)
		require.Equal(t, "28", failure.Code[:2])
	})
	t.Run("no such database", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, crm.Error{Kind: crm.Misconfigured, Code: "3D000"}, *upsert(t, contacts(withDatabase(t, stacktest.Postgres(t), "nowhere"))))
	})
	t.Run("too many connections", func(t *testing.T) {
		t.Parallel()
		dsn := stacktest.Postgres(t)
		db := open(t, dsn)
		var role string
		require.NoError(t, db.Get(&role, `SELECT 'crowd_' || current_database()`)) // roles are shared by all databases
		db.MustExec(`CREATE ROLE ` + role + ` LOGIN CONNECTION LIMIT 0 PASSWORD 'wrong'`)
		require.Equal(t, crm.Error{Kind: crm.RateLimited, Code: "53300", RetryAfter: 2 * time.Second}, *upsert(t, contacts(withUser(t, dsn, role))))
	})
	t.Run("a server without ssl", func(t *testing.T) {
		t.Parallel()
		failure := upsert(t, contacts(withParameter(t, stacktest.Postgres(t), "sslmode", "require")))
		require.Equal(t, crm.Error{Kind: crm.Misconfigured, Code: "ssl_not_supported"}, *failure)
	})
	t.Run("a locked table", func(t *testing.T) {
		t.Parallel()
		dsn := stacktest.Postgres(t)
		config := contacts(dsn)
		_, err := connect(t, config).Setup(context.Background())
		require.NoError(t, err)
		lock := open(t, dsn).MustBegin()
		defer func() { require.NoError(t, lock.Rollback()) }()
		lock.MustExec(`LOCK TABLE crm.contacts`)
		config.Timeout = 2 * time.Second
		require.Equal(t, crm.Error{Kind: crm.Transient, Code: "55P03"}, *upsert(t, config))
	})
	t.Run("a slow statement", func(t *testing.T) {
		t.Parallel()
		dsn := stacktest.Postgres(t)
		config := contacts(dsn)
		_, err := connect(t, config).Setup(context.Background())
		require.NoError(t, err)
		open(t, dsn).MustExec(trigger(`PERFORM pg_sleep(60)`))
		config.Timeout = 2 * time.Second
		require.Equal(t, crm.Error{Kind: crm.Transient, Code: "57014"}, *upsert(t, config))
	})
	t.Run("a network that falls silent", func(t *testing.T) {
		t.Parallel()
		dsn := stacktest.Postgres(t)
		proxy, via := through(t, dsn)
		config := contacts(via)
		config.Timeout = 5 * time.Second
		c := connect(t, config)
		_, err := c.Setup(context.Background())
		require.NoError(t, err)
		proxy.Silence()
		started := time.Now()
		result := c.Upsert(context.Background(), "contacts", write)[0]
		require.NotNil(t, result.Err)
		require.Equal(t, crm.Transient, result.Err.Kind)
		require.Less(t, time.Since(started), time.Minute)
		proxy.Heal()
		require.Nil(t, c.Upsert(context.Background(), "contacts", write)[0].Err, "the connector recovers")
	})
	t.Run("a server that restarts", func(t *testing.T) {
		t.Parallel()
		server := stacktest.PostgresServer(t)
		ctx := context.Background()
		require.NoError(t, server.CreateDatabase(ctx, "crm"))
		c := connect(t, contacts(server.DSN("crm")))
		_, err := c.Setup(ctx)
		require.NoError(t, err)
		require.Nil(t, c.Upsert(ctx, "contacts", write)[0].Err)
		require.NoError(t, server.Stop(ctx))
		failure := c.Upsert(ctx, "contacts", write)[0].Err
		require.NotNil(t, failure)
		require.Equal(t, crm.Transient, failure.Kind)
		require.NoError(t, server.Start(ctx))
		require.Nil(t, c.Upsert(ctx, "contacts", write)[0].Err)
	})
}
