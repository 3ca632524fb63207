package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/postgres"
	"handoff/internal/stacktest"
)

func TestSetupCreatesWhatIsMissingAndSaysSo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := stacktest.Postgres(t)
	db := open(t, dsn)
	config := postgres.Config{
		DSN: dsn, Schema: `my "crm"`,
		Objects: map[string]postgres.Object{"people": {
			Table: "People", External: "external_id", Owner: "owner",
			Columns: map[string]postgres.Column{"mail": {Column: `e-mail "x"`}, "age": {Type: "integer"}},
			Unique:  [][]string{{"mail"}},
		}},
		Owners: &postgres.Owners{Table: "staff", Active: "works_here"},
	}
	c := connect(t, config)
	created, err := c.Setup(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{
		`schema my "crm"`,
		`table my "crm".People`,
		`column my "crm".People.age`,
		`column my "crm".People.external_id`,
		`column my "crm".People.e-mail "x"`,
		`column my "crm".People.owner`,
		`column my "crm".People.updated_at`,
		`column my "crm".People.handoff_state`,
		`unique index on my "crm".People (e-mail "x")`,
		`unique index on my "crm".People (external_id)`,
		`table my "crm".staff`,
		`column my "crm".staff.email`,
		`column my "crm".staff.works_here`,
	}, created)

	created, err = c.Setup(ctx)
	require.NoError(t, err)
	require.Empty(t, created, "a second set-up has nothing to do")

	// Quoted names work everywhere else too.
	result := c.Upsert(ctx, "people", []crm.Write{{
		Submission: "sub_a", Keys: [][]string{{"mail"}}, Fields: crm.Fields{"mail": "a@example.test", "age": "7"}, Read: []string{"mail"},
	}})[0]
	require.Nil(t, result.Err)
	db.MustExec(`INSERT INTO "my ""crm""".staff (id, email) VALUES ('olga', 'olga@example.test'), ('otto', NULL)`)
	db.MustExec(`UPDATE "my ""crm""".staff SET works_here = id = 'olga'`)
	owners, err := c.Owners(ctx)
	require.NoError(t, err)
	require.Equal(t, []crm.Owner{{ID: "olga", Email: "olga@example.test", Active: true}, {ID: "otto"}}, owners)
	owner, _, err := c.SetOwner(ctx, "people", result.RecordID, "olga")
	require.NoError(t, err)
	require.Equal(t, "olga", owner)

	// A new field of an existing object only adds its column.
	people := config.Objects["people"]
	people.Columns = map[string]postgres.Column{"mail": people.Columns["mail"], "nick": {}}
	config.Objects = map[string]postgres.Object{"people": people}
	created, err = connect(t, config).Setup(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{`column my "crm".People.nick`}, created)
	records, err := c.Find(ctx, "people", crm.Fields{"mail": "a@example.test"}, nil)
	require.NoError(t, err)
	require.Len(t, records, 1, "nothing is lost")
}

func TestSetupKeepsTablesOfYourOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := stacktest.Postgres(t)
	db := open(t, dsn)
	db.MustExec(`CREATE TABLE leads (lead_id uuid PRIMARY KEY DEFAULT gen_random_uuid(), mail varchar(50) UNIQUE, modified timestamp)`)
	db.MustExec(`INSERT INTO leads (mail) VALUES ('old@example.test')`)
	config := postgres.Config{DSN: dsn, Objects: map[string]postgres.Object{"leads": {
		Table: "leads", ID: "lead_id", Changed: "modified", Columns: map[string]postgres.Column{"email": {Column: "mail"}},
		Unique: [][]string{{"email"}},
	}}}
	c := connect(t, config)
	created, err := c.Setup(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"column public.leads.handoff_state"}, created)

	// A record that was there before is updated, and is not taken for one of ours.
	result := c.Upsert(ctx, "leads", []crm.Write{{
		Submission: "sub_a", Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": "old@example.test"}, SubmittedAt: time.Now(),
	}})[0]
	require.Nil(t, result.Err)
	require.Equal(t, crm.Updated, result.Outcome)
	require.Len(t, result.RecordID, 36, "the id is the table's own")
}

func TestSetupNamesTheKeyThatIsNotUnique(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	db := open(t, dsn)
	db.MustExec(`CREATE SCHEMA crm; CREATE TABLE crm.contacts (id bigserial, email text); INSERT INTO crm.contacts (email) VALUES ('twice'), ('twice')`)
	created, err := connect(t, contacts(dsn)).Setup(context.Background())
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, crm.Error{Kind: crm.Conflict, Code: "23505", Fields: []string{"email"}}, *failure)
	require.Empty(t, created)
	var columns int
	require.NoError(t, db.Get(&columns, `SELECT count(*) FROM information_schema.columns WHERE table_schema = 'crm'`))
	require.Equal(t, 2, columns, "a set-up that fails creates nothing")
}

func TestSetupAtOnce(t *testing.T) {
	t.Parallel()
	c := connect(t, contacts(stacktest.Postgres(t)))
	errs := make([]error, 5)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = c.Setup(context.Background()) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

func TestNewTellsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := postgres.New(context.Background(), postgres.Config{
		DSN: "postgres://u:hunter2@localhost/x", Timeout: -1, MaxConns: -1,
		Objects: map[string]postgres.Object{
			"a": {Table: "t", Columns: map[string]postgres.Column{"x": {Column: "same"}, "y": {Column: "same"}, "z": {Type: "blob"}}, Unique: [][]string{{"w"}, {}}},
			"b": {Table: "t", Columns: map[string]postgres.Column{"i": {Column: "id"}}},
			"c": {},
		},
	})
	for _, want := range []string{
		"max connections", "timeout", `table of b: also the table of a`, "column of a.y: also the column of x", "type of a.z",
		`unique of a: no field "w"`, "unique of a: want at least one field", "column of b.i: also the column of the id", "table of c",
	} {
		require.ErrorContains(t, err, want)
	}
	for _, dsn := range []string{"postgres://u:hunter2@[", "host=x password=hunter2 sslmode=nonsense"} {
		config := contacts(dsn)
		_, err = postgres.New(context.Background(), config)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// TestADeferrableKey is no unique index for a key: the database makes no record of two writers by it.
func TestADeferrableKey(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	db := open(t, dsn)
	db.MustExec(`CREATE TABLE people (id bigserial PRIMARY KEY, email text UNIQUE DEFERRABLE, updated_at timestamptz, handoff_state jsonb)`)
	c := connect(t, postgres.Config{DSN: dsn, Objects: map[string]postgres.Object{
		"people": {Table: "people", Columns: map[string]postgres.Column{"email": {}}, Unique: [][]string{{"email"}}},
	}})
	result := c.Upsert(t.Context(), "people", []crm.Write{contact("sub_a", "a@example.test", time.Now(), nil)})[0]
	require.Equal(t, crm.Error{Kind: crm.Misconfigured, Code: "55000", Fields: []string{"email"}}, *result.Err)
	_, err := c.Setup(t.Context())
	failure, _ := crm.AsError(err)
	require.Equal(t, crm.Error{Kind: crm.Misconfigured, Code: "55000", Fields: []string{"email"}}, *failure)
	db.MustExec(`ALTER TABLE people DROP CONSTRAINT people_email_key`)
	_, err = c.Setup(t.Context())
	require.NoError(t, err)
	require.Nil(t, c.Upsert(t.Context(), "people", []crm.Write{contact("sub_a", "a@example.test", time.Now(), nil)})[0].Err)
}
