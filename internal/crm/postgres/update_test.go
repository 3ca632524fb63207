package postgres_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/stacktest"
)

// TestAnUpdateNeedsNoMoreThanTheRecordHas: a column that must have a value has one in a record that exists. The database asks for
// it in the row that is offered, before it looks for the record.
func TestAnUpdateNeedsNoMoreThanTheRecordHas(t *testing.T) {
	t.Parallel()
	c, db := ready(t)
	db.MustExec(`ALTER TABLE crm.contacts ALTER company SET NOT NULL, ADD CHECK (employees IS NOT NULL)`)
	ctx := context.Background()
	write := func(submission, email string, at int64, fields crm.Fields) crm.Write {
		w := contact(submission, email, time.Unix(at, 0), fields)
		w.Read = []string{"company", "first_name"}
		return w
	}
	first := c.Upsert(ctx, "contacts", []crm.Write{write("sub_1", "ann@example.test", 10, crm.Fields{"company": "Acme", "employees": "5"})})[0]
	require.Nil(t, first.Err)
	require.Equal(t, crm.Created, first.Outcome)

	results := c.Upsert(ctx, "contacts", []crm.Write{
		write("sub_2", "ann@example.test", 20, crm.Fields{"first_name": "Ann"}), write("sub_3", "bob@example.test", 20, crm.Fields{"first_name": "Bob"}),
	})
	require.Nil(t, results[0].Err)
	require.Equal(t, crm.Updated, results[0].Outcome)
	require.Equal(t, first.RecordID, results[0].RecordID)
	require.Equal(t, crm.Fields{"company": "Acme", "first_name": "Ann"}, results[0].Record)
	require.Equal(t, crm.Error{Kind: crm.Invalid, Code: "23502", Fields: []string{"company"}}, *results[1].Err, "he is not there")

	late := c.Upsert(ctx, "contacts", []crm.Write{write("sub_4", "ann@example.test", 15, crm.Fields{"first_name": "Annie"})})[0]
	require.Nil(t, late.Err)
	require.Equal(t, []string{"first_name"}, late.Kept)
	require.Equal(t, "Ann", late.Record["first_name"])

	moved := write("sub_5", "ann@example.test", 30, crm.Fields{"company": "Globex"})
	moved.UpdateOnly = []string{"company"}
	now := c.Upsert(ctx, "contacts", []crm.Write{moved})[0]
	require.Nil(t, now.Err)
	require.Equal(t, crm.Updated, now.Outcome)
	require.Equal(t, "Globex", now.Record["company"])

	blank := c.Upsert(ctx, "contacts", []crm.Write{write("sub_6", "ann@example.test", 40, crm.Fields{"company": nil})})[0]
	require.Equal(t, crm.Error{Kind: crm.Invalid, Code: "23502", Fields: []string{"company"}}, *blank.Err)

	again := c.Upsert(ctx, "contacts", []crm.Write{write("sub_1", "ann@example.test", 10, crm.Fields{"first_name": "A."})})[0]
	require.Equal(t, crm.Created, again.Outcome, "by an attempt whose reply was lost")
}

// TestAPolicyRefusesOneRecord: the others of its statement are written.
func TestAPolicyRefusesOneRecord(t *testing.T) {
	t.Parallel()
	dsn := stacktest.Postgres(t)
	_, err := connect(t, contacts(dsn)).Setup(t.Context())
	require.NoError(t, err)
	db := open(t, dsn)
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	role := "writer_of_" + strings.Trim(u.Path, "/") // roles are the server's
	db.MustExec(`CREATE ROLE "` + role + `" LOGIN PASSWORD 'secret'`)
	t.Cleanup(func() { db.MustExec(`DROP OWNED BY "` + role + `"; DROP ROLE "` + role + `"`) })
	db.MustExec(`GRANT USAGE ON SCHEMA crm TO "` + role + `"; GRANT SELECT, INSERT, UPDATE ON crm.contacts TO "` + role + `";
ALTER TABLE crm.contacts ENABLE ROW LEVEL SECURITY;
CREATE POLICY looks ON crm.contacts FOR SELECT USING (true);
CREATE POLICY updates ON crm.contacts FOR UPDATE USING (true);
CREATE POLICY inserts ON crm.contacts FOR INSERT WITH CHECK (company <> 'Secret')`)
	u.User = url.UserPassword(role, "secret")
	c := connect(t, contacts(u.String()))
	var writes []crm.Write
	for _, company := range []string{"Acme", "Secret", "Globex"} {
		writes = append(writes, contact("sub_"+company, company+"@example.test", time.Now(), crm.Fields{"company": company}))
	}
	results := c.Upsert(t.Context(), "contacts", writes)
	require.Nil(t, results[0].Err)
	require.Equal(t, crm.Misconfigured, results[1].Err.Kind)
	require.Equal(t, "42501", results[1].Err.Code)
	require.Nil(t, results[2].Err)

	db.MustExec(`INSERT INTO crm.contacts (email) VALUES ('Secret@example.test')`)
	again := c.Upsert(t.Context(), "contacts", writes)[1]
	require.Nil(t, again.Err, "a record that exists may be changed")
	require.Equal(t, crm.Updated, again.Outcome)

	db.MustExec(`REVOKE INSERT ON crm.contacts FROM "` + role + `"`)
	calls := map[*crm.Call]bool{}
	for _, result := range c.Upsert(t.Context(), "contacts", writes) {
		require.Equal(t, "42501", result.Err.Code)
		calls[result.Call] = true
	}
	require.Len(t, calls, 1, "what nobody may is not about one record")
}
