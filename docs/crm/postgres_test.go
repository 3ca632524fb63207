package crm_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver of the test's own look into the tables
	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/stacktest"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// TestPostgresPage follows the page as a new user would, with a database: make the role, configure, set up, check, take the right
// to create away, and send a submission.
func TestPostgresPage(t *testing.T) {
	t.Parallel()
	examples, commands, statements := blocks(t, "postgres.md", "yaml"), blocks(t, "postgres.md", "sh"), blocks(t, "postgres.md", "sql")
	require.Len(t, examples, 2)
	require.Len(t, statements, 2)
	dsn := stacktest.Postgres(t)
	db := sqlx.MustConnect("postgres", dsn)
	t.Cleanup(func() {
		db.MustExec("DROP OWNED BY handoff_crm")
		db.MustExec("DROP ROLE handoff_crm")
		require.NoError(t, db.Close())
	})
	db.MustExec(statements[0])
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	u.User = url.UserPassword("handoff_crm", "choose-one")
	secret := "HANDOFF_CRM_DSN=" + u.String()
	someone := follow(t, examples[0], examples[1], secret)
	lines := strings.Split(strings.TrimSpace(commands[0]), "\n")
	require.Len(t, lines, 2)
	_, err = someone.run(t, lines[1])
	require.Error(t, err, "nothing is set up")
	said, err := someone.run(t, lines[0])
	require.NoError(t, err, "%s", said)
	require.Contains(t, said, "crm: created table crm.contacts\n")
	require.Contains(t, said, "crm: created column crm.contacts.given_name\n")
	require.NotContains(t, said, "staff", "what is there is left alone")
	said, err = someone.run(t, lines[0])
	require.NoError(t, err)
	require.Equal(t, "crm: everything is there\n", said)
	said, err = someone.run(t, lines[1])
	require.NoError(t, err, "%s", said)
	db.MustExec(statements[1])
	var creates bool
	require.NoError(t, db.Get(&creates, "SELECT has_schema_privilege('handoff_crm', 'crm', 'CREATE')"))
	require.False(t, creates)

	connector := connected(t, examples[0], secret)
	for range 2 { // the second time is after a lost reply
		for object, result := range someone.submit(t, connector, "sub_page", map[string]any{
			"email": "Ann@Example.com", "firstname": "Ann", "lastname": "Lee", "company": "Example", "message": "Hello", "interests": []any{"hosting", "support"}, "marketing_opt_in": "yes",
		}) {
			require.Equal(t, crm.Created, result.Outcome, object)
		}
	}
	for _, table := range []string{"companies", "contacts", "leads"} {
		var count int
		require.NoError(t, db.Get(&count, "SELECT count(*) FROM crm."+table))
		require.Equal(t, 1, count, table)
	}
	var lead struct {
		Email, Given, Company, Message, Interests, Consent string
		Opted                                              bool
	}
	require.NoError(t, db.Get(&lead, `SELECT c.email, c.given_name AS given, o.name AS company, l.message, c.interests::text, c.consent_text AS consent, c.marketing_opt_in AS opted
FROM crm.leads l JOIN crm.contacts c ON c.id = l.contact_id JOIN crm.companies o ON o.id = c.company_id`))
	require.Equal(t, "ann@example.com", lead.Email)
	require.Equal(t, "Ann", lead.Given)
	require.Equal(t, "Example", lead.Company)
	require.Equal(t, "Hello", lead.Message)
	require.Equal(t, "{hosting,support}", lead.Interests)
	require.Contains(t, lead.Consent, "I would like to receive news")
	require.True(t, lead.Opted)
	owners, err := connector.Owners(t.Context())
	require.NoError(t, err)
	require.Equal(t, []crm.Owner{{ID: "olga", Email: "olga@example.com", Active: true}, {ID: "otto", Email: "otto@example.com", Active: true}}, owners)
}
