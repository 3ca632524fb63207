package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/postgres"
	"handoff/internal/stacktest"
)

func contact(submission, email string, at time.Time, fields crm.Fields) crm.Write {
	write := crm.Write{Submission: submission, Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": email}, SubmittedAt: at}
	for field, value := range fields {
		write.Fields[field] = value
	}
	return write
}

func TestEveryTypeRoundTrips(t *testing.T) {
	t.Parallel()
	c, _ := ready(t)
	fields := crm.Fields{
		"email": "a@example.test", "employees": json.Number("9007199254740993"), "budget": json.Number("12345678901234567890.10"),
		"consent": false, "birthday": "1984-02-29", "asked_at": "2026-03-14T12:00:00.123456Z",
		"interests": []string{"a, b", `c "d"`, ""}, "extra": `{"a":[1,2.50]}`, "last_name": nil, "phone": "+44 1",
	}
	var read []string
	for field := range fields {
		read = append(read, field)
	}
	write := crm.Write{Submission: "sub_a", Keys: [][]string{{"email"}}, Fields: fields, Read: read}
	result := c.Upsert(context.Background(), "contacts", []crm.Write{write})[0]
	require.Nil(t, result.Err)
	require.Equal(t, fields, result.Record)

	records, err := c.Find(context.Background(), "contacts", crm.Fields{"budget": "12345678901234567890.1", "consent": false}, read)
	require.NoError(t, err)
	require.Len(t, records, 1, "the key is compared as the column's type")
	require.Equal(t, fields, records[0].Fields)
}

func TestChoicesInATextColumnAreJoined(t *testing.T) {
	t.Parallel()
	c, _ := ready(t)
	write := contact("sub_a", "a@example.test", time.Now(), crm.Fields{"company": []string{"one", "two"}})
	write.Read = []string{"company"}
	result := c.Upsert(context.Background(), "contacts", []crm.Write{write})[0]
	require.Nil(t, result.Err)
	require.Equal(t, crm.Fields{"company": "one;two"}, result.Record)
}

func TestValuesThatAreNotOnesOfThePort(t *testing.T) {
	t.Parallel()
	c, _ := ready(t)
	writes := []crm.Write{
		contact("sub_a", "a@example.test", time.Now(), crm.Fields{"employees": json.Number("1e"), "budget": 1.5}),
		contact("sub_b", "b@example.test", time.Now(), nil),
	}
	results := c.Upsert(context.Background(), "contacts", writes)
	require.Equal(t, crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"budget", "employees"}}, *results[0].Err)
	require.Nil(t, results[1].Err)
}

func TestNothingToWriteIsNothing(t *testing.T) {
	t.Parallel()
	c := connect(t, contacts("postgres://nobody@127.0.0.1:1/none"))
	require.Empty(t, c.Upsert(context.Background(), "contacts", nil))
}

// TestOneStatementPerShape counts the statements: a batch of one shape is one call.
func TestOneStatementPerShape(t *testing.T) {
	t.Parallel()
	c, _ := ready(t)
	var writes []crm.Write
	for i := range 30 {
		fields := crm.Fields{"last_name": "x"}
		if i%3 == 0 {
			fields = crm.Fields{"company": "y"}
		}
		writes = append(writes, contact(fmt.Sprintf("sub_%d", i), fmt.Sprintf("p%d@example.test", i), time.Now(), fields))
	}
	calls := map[*crm.Call]int{}
	for _, result := range c.Upsert(context.Background(), "contacts", writes) {
		require.Nil(t, result.Err)
		calls[result.Call]++
	}
	require.Len(t, calls, 2)
	for call, writes := range calls {
		require.Equal(t, call.Batch, writes)
		require.Equal(t, "upsert contacts", call.Operation)
		require.True(t, json.Valid(call.Request))
		require.True(t, json.Valid(call.Response))
	}
}

// TestWritesOfOneRecordGoInRounds: a statement cannot touch a record twice.
func TestWritesOfOneRecordGoInRounds(t *testing.T) {
	t.Parallel()
	c, _ := ready(t)
	var writes []crm.Write
	for i, email := range []string{"a@example.test", "b@example.test", "a@example.test", "a@example.test"} {
		writes = append(writes, contact(fmt.Sprintf("sub_%d", i), email, time.Unix(int64(i), 0), crm.Fields{"last_name": "x"}))
	}
	results := c.Upsert(context.Background(), "contacts", writes)
	for i, batch := range []int{2, 2, 1, 1} {
		require.Nil(t, results[i].Err)
		require.Equal(t, batch, results[i].Call.Batch)
	}
	require.NotSame(t, results[2].Call, results[3].Call)
}

// TestAConcurrentWriterNoticedByAnotherIndex: the record appears after its key was looked for and before the new row is
// in all indexes, so that the database complains about another index than the key's. An index that waits, first in line,
// opens that window.
func TestAConcurrentWriterNoticedByAnotherIndex(t *testing.T) {
	t.Parallel()
	c, db := ready(t)
	db.MustExec(`CREATE FUNCTION crm.wait(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
$$BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN $1; END$$;
DROP INDEX crm.contacts_email_idx, crm.contacts_phone_idx;
CREATE INDEX ON crm.contacts (crm.wait(last_name));
CREATE UNIQUE INDEX ON crm.contacts (phone);
CREATE UNIQUE INDEX ON crm.contacts (email)`)
	other := db.MustBegin()
	other.MustExec(`SELECT pg_advisory_xact_lock(1)`)
	done := make(chan crm.Result)
	go func() {
		write := contact("sub_a", "a@example.test", time.Now(), crm.Fields{"phone": "+1"})
		done <- c.Upsert(context.Background(), "contacts", []crm.Write{write})[0]
	}()
	require.Eventually(t, func() bool {
		var waiting bool
		err := db.Get(&waiting, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`)
		return err == nil && waiting
	}, 10*time.Second, 5*time.Millisecond)
	other.MustExec(`INSERT INTO crm.contacts (email, phone) VALUES ('a@example.test', '+1')`)
	require.NoError(t, other.Commit())
	result := <-done
	require.Nil(t, result.Err)
	require.Equal(t, crm.Updated, result.Outcome)
}

func TestADeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	c, db := ready(t)
	db.MustExec(`CREATE SEQUENCE crm.tries`)
	db.MustExec(trigger(`IF nextval('crm.tries') = 1 THEN RAISE SQLSTATE '40P01'; END IF; RETURN NEW`))
	result := c.Upsert(context.Background(), "contacts", []crm.Write{contact("sub_a", "a@example.test", time.Now(), nil)})[0]
	require.Nil(t, result.Err)
	require.Equal(t, crm.Created, result.Outcome)
}

// TestBatchesInAnyOrderDoNotDeadlock: were the records locked in the order given, the two would block each other, and
// one of them would be told so.
func TestBatchesInAnyOrderDoNotDeadlock(t *testing.T) {
	t.Parallel()
	c, _ := ready(t)
	var writes []crm.Write
	for i := range 30 {
		writes = append(writes, contact("sub_a", fmt.Sprintf("p%d@example.test", i), time.Now(), crm.Fields{"last_name": "x"}))
	}
	reversed := slices.Clone(writes)
	slices.Reverse(reversed)
	var wg sync.WaitGroup
	for _, batch := range [][]crm.Write{writes, reversed, writes, reversed} {
		wg.Go(func() {
			for range 20 {
				for _, result := range c.Upsert(context.Background(), "contacts", batch) {
					if result.Err != nil || result.Call.Batch != len(batch) {
						t.Errorf("written in %d at a time, error %v", result.Call.Batch, result.Err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestKeysThatAreOneToTheDatabase: citext-like keys differ to us and meet in one record there.
func TestKeysThatAreOneToTheDatabase(t *testing.T) {
	t.Parallel()
	c, db := ready(t)
	db.MustExec(`CREATE COLLATION crm.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
ALTER TABLE crm.contacts ALTER email TYPE text COLLATE crm.nocase`)
	results := c.Upsert(context.Background(), "contacts", []crm.Write{
		contact("sub_a", "Ann@example.test", time.Unix(1, 0), crm.Fields{"last_name": "first"}),
		contact("sub_b", "ann@EXAMPLE.test", time.Unix(2, 0), crm.Fields{"last_name": "second"}),
		contact("sub_c", "other@example.test", time.Unix(2, 0), crm.Fields{"last_name": "third"}),
	})
	for _, result := range results {
		require.Nil(t, result.Err)
	}
	require.Equal(t, results[0].RecordID, results[1].RecordID)
	require.NotEqual(t, results[0].RecordID, results[2].RecordID)
}

// TestTriggersThatChangeKeys: the answer of the database does not show whose it is; each write still gets its own.
func TestTriggersThatChangeKeys(t *testing.T) {
	t.Parallel()
	c, db := ready(t)
	db.MustExec(trigger(`NEW.email = lower(NEW.email); RETURN NEW`))
	results := c.Upsert(context.Background(), "contacts", []crm.Write{
		contact("sub_a", "Ann@example.test", time.Now(), nil), contact("sub_b", "Bob@example.test", time.Now(), nil),
	})
	for i, email := range []string{"ann@example.test", "bob@example.test"} {
		require.Nil(t, results[i].Err)
		require.Equal(t, crm.Created, results[i].Outcome)
		records, err := c.Find(context.Background(), "contacts", crm.Fields{"email": email}, nil)
		require.NoError(t, err)
		require.Len(t, records, 1)
		require.Equal(t, records[0].ID, results[i].RecordID)
	}
}

func TestRecordsWithoutANaturalKeyHaveTheExternalOne(t *testing.T) {
	t.Parallel()
	c, _ := ready(t)
	ctx := context.Background()
	answer := func(submission string, at int64, fields crm.Fields) crm.Result {
		fields["external_id"] = "rec_1"
		write := crm.Write{Submission: submission, Keys: [][]string{{"email"}}, Fields: fields, SubmittedAt: time.Unix(at, 0)}
		return c.Upsert(ctx, "contacts", []crm.Write{write})[0]
	}
	first := answer("sub_1", 1, crm.Fields{"last_name": "One"})
	require.Nil(t, first.Err)
	require.Equal(t, crm.Created, first.Outcome)
	again := answer("sub_1", 1, crm.Fields{"last_name": "One"})
	require.Equal(t, first.RecordID, again.RecordID)

	// An edit of the answer that adds the e-mail address is still about the same record.
	edited := answer("sub_2", 2, crm.Fields{"last_name": "One", "email": "one@example.test"})
	require.Nil(t, edited.Err)
	require.Equal(t, first.RecordID, edited.RecordID)
	require.Equal(t, crm.Updated, edited.Outcome)

	// Another answer of the same person keeps the record's external id.
	write := contact("sub_3", "one@example.test", time.Unix(3, 0), crm.Fields{"external_id": "rec_2"})
	write.Read = []string{"external_id"}
	other := c.Upsert(ctx, "contacts", []crm.Write{write})[0]
	require.Nil(t, other.Err)
	require.Equal(t, first.RecordID, other.RecordID)
	require.Equal(t, crm.Fields{"external_id": "rec_1"}, other.Record)
}

func TestTwoRecordsInTheWayAreAConflict(t *testing.T) {
	t.Parallel()
	c, _ := ready(t)
	ctx := context.Background()
	for _, fields := range []crm.Fields{{"email": "a@example.test"}, {"phone": "+1"}} {
		write := crm.Write{Submission: "sub_a", Keys: [][]string{{"email"}, {"phone"}}, Fields: fields}
		require.Nil(t, c.Upsert(ctx, "contacts", []crm.Write{write})[0].Err)
	}
	both := crm.Write{
		Submission: "sub_b", Keys: [][]string{{"email"}, {"phone"}}, Fields: crm.Fields{"email": "a@example.test", "phone": "+1"},
		SubmittedAt: time.Now(),
	}
	failure := c.Upsert(ctx, "contacts", []crm.Write{both})[0].Err
	require.NotNil(t, failure)
	require.Equal(t, crm.Error{Kind: crm.Conflict, Code: "23505", Fields: []string{"email"}}, *failure)
}

func TestCompositeKeys(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	c := connect(t, postgres.Config{DSN: dsn, Objects: map[string]postgres.Object{"companies": {
		Table: "companies", Columns: map[string]postgres.Column{"name": {}, "country": {}, "city": {}},
		Unique: [][]string{{"name", "country"}},
	}}})
	ctx := context.Background()
	_, err := c.Setup(ctx)
	require.NoError(t, err)
	write := func(name, country, city string) crm.Result {
		return c.Upsert(ctx, "companies", []crm.Write{{
			Submission: "sub_" + city, Keys: [][]string{{"name", "country"}}, SubmittedAt: time.Now(),
			Fields: crm.Fields{"name": name, "country": country, "city": city},
		}})[0]
	}
	hull, york, paris := write("Acme", "GB", "Hull"), write("Acme", "GB", "York"), write("Acme", "FR", "Paris")
	require.Nil(t, paris.Err)
	require.Equal(t, hull.RecordID, york.RecordID)
	require.NotEqual(t, hull.RecordID, paris.RecordID)
	half := write("Acme", "", "Rome")
	require.Equal(t, crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: []string{"name", "country"}}, *half.Err)
}

// TestManyFields goes past the number of arguments that a function of the database takes.
func TestManyFields(t *testing.T) {
	t.Parallel()
	columns := map[string]postgres.Column{}
	fields := crm.Fields{}
	for i := range 150 {
		columns[fmt.Sprintf("field_%d", i)] = postgres.Column{}
		fields[fmt.Sprintf("field_%d", i)] = strings.Repeat("x", i+1)
	}
	c := connect(t, postgres.Config{DSN: stacktest.Postgres(t), Objects: map[string]postgres.Object{
		"wide": {Table: "wide", Columns: columns, Unique: [][]string{{"field_0"}}},
	}})
	ctx := context.Background()
	_, err := c.Setup(ctx)
	require.NoError(t, err)
	for _, outcome := range []crm.Outcome{crm.Created, crm.Updated} {
		write := crm.Write{Submission: string(outcome), Keys: [][]string{{"field_0"}}, Fields: fields}
		result := c.Upsert(ctx, "wide", []crm.Write{write})[0]
		require.Nil(t, result.Err)
		require.Equal(t, outcome, result.Outcome)
	}
	records, err := c.Find(ctx, "wide", crm.Fields{"field_0": "x"}, nil)
	require.NoError(t, err)
	require.Equal(t, fields, records[0].Fields)
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	open(t, dsn).MustExec(`CREATE TYPE size AS ENUM ('small', 'it''s large');
CREATE TABLE things (id bigserial PRIMARY KEY, email varchar(80) NOT NULL UNIQUE, size size, color text CHECK (color IN ('red', 'blue')),
  shade varchar(9) CHECK (shade IN ('dark', 'light')), stock int NOT NULL DEFAULT 0 CHECK (stock >= 0), price numeric(10,2), tags text[], doc jsonb, seen timestamp,
  upper_email text GENERATED ALWAYS AS (upper(email)) STORED, b boolean, d date)`)
	columns := map[string]postgres.Column{"not_there": {}}
	for _, name := range []string{"email", "size", "color", "shade", "stock", "price", "tags", "doc", "seen", "upper_email", "b", "d"} {
		columns[name] = postgres.Column{}
	}
	c := connect(t, postgres.Config{DSN: dsn, Objects: map[string]postgres.Object{
		"things": {Table: "things", Columns: columns}, "ghosts": {Table: "ghosts"},
	}})
	properties, err := c.Describe(context.Background(), "things")
	require.NoError(t, err)
	require.Equal(t, []crm.Property{
		{Name: "b", Type: "boolean"},
		{Name: "color", Type: "enum", Options: []string{"red", "blue"}},
		{Name: "d", Type: "date"},
		{Name: "doc", Type: "json"},
		{Name: "email", Type: "string", Required: true, Unique: true, MaxLength: 80},
		{Name: "price", Type: "decimal"},
		{Name: "seen", Type: "datetime"},
		{Name: "shade", Type: "enum", MaxLength: 9, Options: []string{"dark", "light"}},
		{Name: "size", Type: "enum", Options: []string{"small", "it's large"}},
		{Name: "stock", Type: "integer"},
		{Name: "tags", Type: "multi-enum"},
		{Name: "upper_email", Type: "string", ReadOnly: true},
	}, properties)
	_, err = c.Describe(context.Background(), "ghosts")
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, crm.Error{Kind: crm.Misconfigured, Code: "42P01"}, *failure)
}

func TestSetOwnerOfARecordThatIsGone(t *testing.T) {
	t.Parallel()
	c, _ := ready(t)
	_, _, err := c.SetOwner(context.Background(), "contacts", "4711", "olga")
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, crm.Error{Kind: crm.Conflict, Code: "record_not_found"}, *failure)
}

func BenchmarkUpsert(b *testing.B) {
	for _, size := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			c, _ := ready(b)
			n := 0
			for b.Loop() {
				writes := make([]crm.Write, size)
				for i := range writes {
					n++
					// Two of three are new.
					writes[i] = contact(fmt.Sprintf("sub_%d", n), fmt.Sprintf("p%d@example.test", n*2/3), time.Unix(int64(n), 0), crm.Fields{
						"first_name": "Ann", "last_name": "Example", "company": "Acme", "employees": "12", "consent": true,
						"asked_at": "2026-03-14T12:00:00Z",
					})
				}
				for _, result := range c.Upsert(context.Background(), "contacts", writes) {
					if result.Err != nil {
						b.Fatal(result.Err)
					}
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}
