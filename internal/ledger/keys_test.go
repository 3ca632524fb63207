package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/seal"
)

func newKeyText(t testing.TB) string {
	t.Helper()
	text, err := seal.NewKeys()
	require.NoError(t, err)
	return text
}

func rotate(t testing.TB, text string) string {
	t.Helper()
	rotated, err := seal.Rotate(text)
	require.NoError(t, err)
	return rotated
}

// mix puts a keyset together from the sealing keys of one and the index key of another.
func mix(t testing.TB, sealing, indexing string) string {
	t.Helper()
	var a, b map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(sealing), &a))
	require.NoError(t, json.Unmarshal([]byte(indexing), &b))
	a["index"] = b["index"]
	text, err := json.Marshal(a)
	require.NoError(t, err)
	return string(text)
}

// without is the keyset less the sealing key at the index, its first key being number 0.
func without(t testing.TB, text string, removed int) string {
	t.Helper()
	var parts map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &parts))
	var sealing map[string]any
	require.NoError(t, json.Unmarshal(parts["seal"], &sealing))
	keys := sealing["key"].([]any)
	sealing["key"] = append(keys[:removed:removed], keys[removed+1:]...)
	var err error
	parts["seal"], err = json.Marshal(sealing)
	require.NoError(t, err)
	shorter, err := json.Marshal(parts)
	require.NoError(t, err)
	return string(shorter)
}

func tryOpen(t testing.TB, dsn, keyText string) error {
	t.Helper()
	keys, err := seal.LoadKeys(keyText)
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 2})
	if err == nil {
		require.NoError(t, l.Close())
	}
	return err
}

// I10 has a price: without its keys a ledger is unreadable. That shows when the program starts, not at the first lead.
func TestAWrongKeysetDoesNotOpenTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := newKeyText(t)
	for name, text := range map[string]string{
		"another keyset":            stranger,
		"another index key":         mix(t, w.keys, stranger),
		"another index key rotated": rotate(t, mix(t, w.keys, stranger)),
	} {
		err := tryOpen(t, w.dsn, text)
		require.ErrorContains(t, err, "does not belong to this ledger", name)
		require.ErrorContains(t, err, "HANDOFF_KEYS", name)
		require.False(t, ledger.IsUnavailable(err), "waiting does not help")
	}
	err := tryOpen(t, w.dsn, mix(t, stranger, w.keys))
	require.ErrorContains(t, err, "the keyset lacks key")
	require.NoError(t, tryOpen(t, w.dsn, w.keys), "the refused ones changed nothing")
}

func TestRotatedKeysReadWhatOldOnesSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.accept(t, "first")
	second := rotate(t, w.keys)
	rotated := openLedger(t, w.dsn, second, w.now.Now)
	loaded, err := rotated.Load(t.Context(), first, "")
	require.NoError(t, err)
	require.Equal(t, "ada@example.com", loaded.Payload.Answers["email"])
	require.NoError(t, tryOpen(t, w.dsn, rotate(t, second)))
}

// Each key that ever sealed here is missed at the start, whichever it is: the first, one in the middle or the last.
func TestADroppedKeyIsMissedAtTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := rotate(t, w.keys)
	require.NoError(t, tryOpen(t, w.dsn, second))
	third := rotate(t, second)
	require.NoError(t, tryOpen(t, w.dsn, third))
	require.ErrorContains(t, tryOpen(t, w.dsn, w.keys), "the keyset lacks key", "the keyset before the rotation")
	for removed := range 2 {
		require.ErrorContains(t, tryOpen(t, w.dsn, without(t, third, removed)), "the keyset lacks key", fmt.Sprint(removed))
	}
	require.NoError(t, tryOpen(t, w.dsn, third))
}

// Two programs that start at once on a new ledger with different keysets: one of them seals it, the other one refuses.
func TestANewLedgerIsSealedWithOneKeyset(t *testing.T) {
	t.Parallel()
	dsn := ledgertest.Postgres(t)
	texts := []string{newKeyText(t), newKeyText(t)}
	refused := together(t, 8, func(_ context.Context, i int) (error, error) { return tryOpen(t, dsn, texts[i%2]), nil })
	require.NotEqual(t, refused[0] == nil, refused[1] == nil)
	for i, err := range refused {
		require.Equal(t, refused[i%2] == nil, err == nil)
	}
}
