package backfill_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/backfill"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/mapping"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

const contact = `
mapping: contact
owner: marketing
forms: [contact, short]
sources: [website]
destination: crm
identity: email
consent: {basis: not-collected}
fields:
  - {from: email, to: contact.email, type: email, required: true}
  - {from: firstname, to: contact.firstname, type: string, max: 20}
  - {from: phone, to: contact.phone, type: phone, region: DE}
objects:
  contact: {object: contact, key: [email]}
`

// now is when the tests' files are read.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func mappings(t testing.TB) *mapping.Set {
	t.Helper()
	set, err := mapping.Load(fstest.MapFS{"contact.yaml": {Data: []byte(contact)}})
	require.NoError(t, err)
	return set
}

func openLedger(t testing.TB) *ledger.Ledger {
	t.Helper()
	dsn := ledgertest.Postgres(t)
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// write writes a file that was changed a day ago.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	require.NoError(t, os.Chtimes(path, now, now.Add(-24*time.Hour)))
	return path
}

func options(t testing.TB, file string) backfill.Options {
	t.Helper()
	return backfill.Options{
		File: file, Source: "website", Form: "contact", Mappings: mappings(t), Dry: true, Now: func() time.Time { return now },
		Columns: backfill.Columns{Answers: map[string]string{}},
	}
}

// stored are the answers of all submissions that wait, by the senders' ids.
func stored(t testing.TB, l *ledger.Ledger) map[string]ledger.Loaded {
	t.Helper()
	found, err := l.StartableBackground(context.Background(), 1_000_000, 1_000_000)
	require.NoError(t, err)
	all := map[string]ledger.Loaded{}
	for _, s := range found {
		loaded, err := l.Load(context.Background(), s.ID, "")
		require.NoError(t, err)
		require.Equal(t, submission.NewID("website", s.SenderID, ""), s.ID)
		all[s.SenderID] = loaded
	}
	return all
}
