package seal_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/seal"
)

func load(t require.TestingT, text string) *seal.Keys {
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	return keys
}

func newKeys(t require.TestingT) (string, *seal.Keys) {
	text, err := seal.NewKeys()
	require.NoError(t, err)
	return text, load(t, text)
}

// Ensure a sealed value opens under its own id only, and shows nothing of itself.
func TestSealIsBoundToTheID(t *testing.T) {
	t.Parallel()
	_, keys := newKeys(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 16, 200).Draw(t, "plain")
		sealed, err := keys.Seal(plain, "sub_a")
		require.NoError(t, err)
		require.False(t, bytes.Contains(sealed, plain))
		opened, err := keys.Open(sealed, "sub_a")
		require.NoError(t, err)
		require.Equal(t, plain, opened)

		_, err = keys.Open(sealed, "sub_b")
		require.ErrorIs(t, err, seal.ErrSealed)
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(t, "altered")] ^= 1
		_, err = keys.Open(sealed, "sub_a")
		require.ErrorIs(t, err, seal.ErrSealed)
	})
}

func TestRotationKeepsOldValuesReadable(t *testing.T) {
	t.Parallel()
	text, old := newKeys(t)
	sealed, err := old.Seal([]byte("answer"), "sub_a")
	require.NoError(t, err)

	rotatedText, err := seal.Rotate(text)
	require.NoError(t, err)
	rotated := load(t, rotatedText)
	opened, err := rotated.Open(sealed, "sub_a")
	require.NoError(t, err)
	require.Equal(t, "answer", string(opened))
	require.Equal(t, old.Fingerprint(), rotated.Fingerprint())
	require.Equal(t, old.Index("person", "a@b.example"), rotated.Index("person", "a@b.example"), "a person is still recognized")

	fresh, err := rotated.Seal([]byte("answer"), "sub_a")
	require.NoError(t, err)
	_, err = old.Open(fresh, "sub_a")
	require.ErrorIs(t, err, seal.ErrSealed, "the new key seals")
}

func TestIndexSeparatesKindsAndKeys(t *testing.T) {
	t.Parallel()
	_, a := newKeys(t)
	_, b := newKeys(t)
	require.Equal(t, a.Index("person", "x"), a.Index("person", "x"))
	require.NotEqual(t, a.Index("person", "x"), a.Index("answers", "x"))
	require.NotEqual(t, a.Index("person", "x"), b.Index("person", "x"))
	require.NotEqual(t, a.Fingerprint(), b.Fingerprint())
}

func TestUnusableKeysetsSayWhatToDo(t *testing.T) {
	t.Parallel()
	text, _ := newKeys(t)
	cases := map[string]struct{ text, want string }{
		"missing":       {"", "there is no keyset: set HANDOFF_KEYS or HANDOFF_KEYS_FILE; `handoff keys new` makes one"},
		"not JSON":      {"secret", "the keyset is malformed: want JSON with `seal` and `index`, as `handoff keys new` prints it"},
		"one part":      {`{"seal":{}}`, "the keyset is malformed: want JSON with `seal` and `index`, as `handoff keys new` prints it"},
		"empty keyset":  {`{"seal":{},"index":{}}`, "the keyset's `seal` part is malformed: want a Tink keyset in JSON"},
		"parts swapped": {swap(text), "the keyset's `seal` part is no AEAD keyset: make one with `handoff keys new`"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := seal.LoadKeys(tc.text)
			require.EqualError(t, err, tc.want)
		})
	}
}

func swap(text string) string {
	return strings.NewReplacer(`"seal"`, `"index"`, `"index"`, `"seal"`).Replace(text)
}
