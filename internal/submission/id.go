package submission

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
)

// ID identifies one submission: (source, the sender's submission id, revision). It is also the id of the workflow that
// carries the submission, so a webhook, its retry and a pull of the same answers can never start two.
type ID string

// idLength is how many base32 characters of the SHA-256 an id keeps: 26 characters are 130 bits, beyond collision.
const idLength = 26

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewID derives the id of a submission. The parts are hashed, never shown: what a sender puts into its ids may name a
// person, and a workflow id is readable by everyone who may see the Temporal UI.
func NewID(source, senderID, revision string) ID {
	return ID("sub_" + digest(source, senderID, revision))
}

// RecordKey is the external id of CRM objects without a natural key. It leaves the revision out, so that an edited
// answer updates the record of the answer that it edits.
func RecordKey(source, senderID string) string {
	return "rec_" + digest(source, senderID)
}

// ParseID checks that text has the form of an id, so that nothing else is ever used as one.
func ParseID(text string) (ID, error) {
	hash, ok := strings.CutPrefix(text, "sub_")
	if !ok || len(hash) != idLength || strings.Trim(hash, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return "", fmt.Errorf("not a submission id: want sub_ and %d characters of a-z and 2-7", idLength)
	}
	return ID(text), nil
}

// digest hashes the parts with their lengths, so that ("ab", "c") and ("a", "bc") differ.
func digest(parts ...string) string {
	h := sha256.New()
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return idEncoding.EncodeToString(h.Sum(nil))[:idLength]
}
