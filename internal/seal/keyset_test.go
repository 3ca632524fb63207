package seal_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"handoff/internal/seal"
)

// text puts a keyset text together from a sealing and an index key template.
func text(t testing.TB, sealing, indexing *tinkpb.KeyTemplate) string {
	t.Helper()
	parts := map[string]json.RawMessage{}
	for name, template := range map[string]*tinkpb.KeyTemplate{"seal": sealing, "index": indexing} {
		handle, err := keyset.NewHandle(template)
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)))
		parts[name] = b.Bytes()
	}
	joined, err := json.Marshal(parts)
	require.NoError(t, err)
	return string(joined)
}

// An index key whose output is too short is found when the keyset is read, not when the first person submits a form.
func TestIndexKeysOfOtherKindsAreRefusedOrWork(t *testing.T) {
	t.Parallel()
	_, err := seal.LoadKeys(text(t, aead.AES256GCMKeyTemplate(), prf.AESCMACPRFKeyTemplate()))
	require.ErrorContains(t, err, "`index` part")

	keys, err := seal.LoadKeys(text(t, aead.XChaCha20Poly1305KeyTemplate(), prf.HMACSHA512PRFKeyTemplate()))
	require.NoError(t, err)
	require.Len(t, keys.Index("person", "ada@example.com"), 32)
}

func TestTwoRotationsKeepEverythingReadable(t *testing.T) {
	t.Parallel()
	first, _ := newKeys(t)
	second, err := seal.Rotate(first)
	require.NoError(t, err)
	third, err := seal.Rotate(second)
	require.NoError(t, err)
	newest := load(t, third)
	for _, older := range []string{first, second, third} {
		sealed, err := load(t, older).Seal([]byte("answer"), "sub_a")
		require.NoError(t, err)
		opened, err := newest.Open(sealed, "sub_a")
		require.NoError(t, err)
		require.Equal(t, "answer", string(opened))
	}
}

func TestEqualAnswersSealDifferently(t *testing.T) {
	t.Parallel()
	_, keys := newKeys(t)
	one, err := keys.Seal([]byte("ada@example.com"), "sub_a")
	require.NoError(t, err)
	two, err := keys.Seal([]byte("ada@example.com"), "sub_a")
	require.NoError(t, err)
	require.NotEqual(t, one, two, "a dump must not tell who answered the same")
}

func TestNothingAndGarbageDoNotOpen(t *testing.T) {
	t.Parallel()
	_, keys := newKeys(t)
	for _, sealed := range [][]byte{nil, {}, {1}, bytes.Repeat([]byte{0}, 64)} {
		_, err := keys.Open(sealed, "sub_a")
		require.ErrorIs(t, err, seal.ErrSealed)
	}
	sealed, err := keys.Seal(nil, "sub_a")
	require.NoError(t, err)
	opened, err := keys.Open(sealed, "sub_a")
	require.NoError(t, err)
	require.Empty(t, opened)
}

// Whatever is configured as the keyset, reading it ends in usable keys or in an error that repeats none of it.
func FuzzLoadKeys(f *testing.F) {
	good, err := seal.NewKeys()
	require.NoError(f, err)
	rotated, err := seal.Rotate(good)
	require.NoError(f, err)
	for _, s := range []string{
		"", "{}", "null", "[]", good, rotated, good[:len(good)-1], strings.Replace(good, `"value":"`, `"value":"A`, 1),
		strings.Replace(good, "ENABLED", "DISABLED", 1), strings.Replace(good, "TINK", "RAW", 1),
		strings.Replace(good, `"primaryKeyId":`, `"primaryKeyId":1`, 1), `{"seal":{"key":[{}]},"index":{"key":[{}]}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		keys, err := seal.LoadKeys(s)
		if err != nil {
			require.Nil(t, keys)
			if len(s) > 40 {
				require.NotContains(t, err.Error(), s)
			}
			return
		}
		require.Len(t, keys.Index("person", s), 32)
		sealed, err := keys.Seal([]byte(s), "sub_a")
		require.NoError(t, err)
		opened, err := keys.Open(sealed, "sub_a")
		require.NoError(t, err)
		require.Equal(t, s, string(opened))
	})
}
