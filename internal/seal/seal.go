// Package seal is the encryption of what people answered: authenticated encryption bound to the submission's id, and a
// blind index by which the ledger recognizes a person without knowing one. The primitives are Tink's.
package seal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keys seal, open and index. They are safe for concurrent use.
type Keys struct {
	aead        tink.AEAD
	index       *prf.Set
	fingerprint string
	keyID       string
}

// stored is the text form of the keys: two Tink keysets. The sealing keyset may hold several keys: the primary seals,
// all of them open. The index keyset keeps its one key, because an index made with another key would find nobody.
type stored struct {
	Seal  json.RawMessage `json:"seal"`
	Index json.RawMessage `json:"index"`
}

// indexLength is the length of a blind index in bytes.
const indexLength = 32

// LoadKeys reads keys from their text form, as NewKeys and Rotate write it.
func LoadKeys(text string) (*Keys, error) {
	sealing, indexing, err := handles(text)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(sealing)
	if err != nil {
		return nil, errors.New("the keyset's `seal` part is no AEAD keyset: make one with `handoff keys new`")
	}
	index, err := prf.NewPRFSet(indexing)
	if err != nil {
		return nil, errors.New("the keyset's `index` part is no PRF keyset: make one with `handoff keys new`")
	}
	// At full length, so that a key that cannot fill an index is refused here and not by the first person's answers.
	fingerprint, err := index.ComputePrimaryPRF([]byte("handoff keyset fingerprint"), indexLength)
	if err != nil {
		return nil, fmt.Errorf("the keyset's `index` part cannot give %d bytes: make one with `handoff keys new`", indexLength)
	}
	primary, err := sealing.Primary()
	if err != nil {
		return nil, errors.New("the keyset's `seal` part has no primary key: make one with `handoff keys new`")
	}
	return &Keys{
		aead: primitive, index: index, fingerprint: hex.EncodeToString(fingerprint[:8]), keyID: fmt.Sprintf("%08x", primary.KeyID()),
	}, nil
}

// NewKeys makes fresh keys and returns their text form.
func NewKeys() (string, error) {
	sealing, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return "", fmt.Errorf("make a sealing key: %w", err)
	}
	indexing, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return "", fmt.Errorf("make an index key: %w", err)
	}
	return encode(sealing, indexing)
}

// Rotate adds a new sealing key, which seals from then on; what the old ones sealed stays readable.
func Rotate(text string) (string, error) {
	sealing, indexing, err := handles(text)
	if err != nil {
		return "", err
	}
	manager := keyset.NewManagerFromHandle(sealing)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return "", fmt.Errorf("add a sealing key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return "", fmt.Errorf("make the new sealing key the primary: %w", err)
	}
	rotated, err := manager.Handle()
	if err != nil {
		return "", fmt.Errorf("rotate the keyset: %w", err)
	}
	return encode(rotated, indexing)
}

func handles(text string) (sealing, indexing *keyset.Handle, err error) {
	if text == "" {
		return nil, nil, errors.New("there is no keyset: set HANDOFF_KEYS or HANDOFF_KEYS_FILE; `handoff keys new` makes one")
	}
	var s stored
	if err := json.Unmarshal([]byte(text), &s); err != nil || s.Seal == nil || s.Index == nil {
		return nil, nil, errors.New("the keyset is malformed: want JSON with `seal` and `index`, as `handoff keys new` prints it")
	}
	// Tink's own errors could quote key material, so they are not passed on.
	if sealing, err = insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(s.Seal))); err != nil {
		return nil, nil, errors.New("the keyset's `seal` part is malformed: want a Tink keyset in JSON")
	}
	if indexing, err = insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(s.Index))); err != nil {
		return nil, nil, errors.New("the keyset's `index` part is malformed: want a Tink keyset in JSON")
	}
	return sealing, indexing, nil
}

func encode(sealing, indexing *keyset.Handle) (string, error) {
	var s stored
	for _, part := range []struct {
		handle *keyset.Handle
		into   *json.RawMessage
	}{{sealing, &s.Seal}, {indexing, &s.Index}} {
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(part.handle, keyset.NewJSONWriter(&b)); err != nil {
			return "", fmt.Errorf("encode the keyset: %w", err)
		}
		*part.into = b.Bytes()
	}
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encode the keyset: %w", err)
	}
	return string(text), nil
}

// Seal encrypts plain and binds it to id: it opens under that id only, so sealed values cannot be swapped between rows.
func (k *Keys) Seal(plain []byte, id string) ([]byte, error) {
	sealed, err := k.aead.Encrypt(plain, []byte(id))
	if err != nil {
		return nil, fmt.Errorf("seal for %s: %w", id, err)
	}
	return sealed, nil
}

// ErrSealed says that a value was altered, belongs to another id, or was sealed with a key that the keyset lacks.
var ErrSealed = errors.New("cannot be opened with this keyset and id")

// Open decrypts what Seal sealed for id, or fails with ErrSealed.
func (k *Keys) Open(sealed []byte, id string) ([]byte, error) {
	plain, err := k.aead.Decrypt(sealed, []byte(id))
	if err != nil {
		return nil, fmt.Errorf("open for %s: %w", id, ErrSealed)
	}
	return plain, nil
}

// Index is the blind index of a value: equal for equal values of one kind, and without the key as good as random.
func (k *Keys) Index(kind, value string) []byte {
	index, err := k.index.ComputePrimaryPRF([]byte(kind+"\x00"+value), indexLength)
	if err != nil {
		// HMAC-SHA256 gives 32 bytes of any input; only a keyset that LoadKeys refused could fail here.
		panic("seal: blind index: " + err.Error())
	}
	return index
}

// Fingerprint names the keyset without revealing it, and survives rotation.
func (k *Keys) Fingerprint() string { return k.fingerprint }

// KeyID names the key that seals without revealing it; rotation changes it.
func (k *Keys) KeyID() string { return k.keyID }
