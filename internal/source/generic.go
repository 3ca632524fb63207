package source

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
	"time"

	"handoff/internal/config"
)

// generic verifies an HMAC that the configuration describes: algorithm, encoding, headers, and what is signed.
type generic struct {
	secrets         [][]byte
	hash            func() hash.Hash
	decode          func(string) ([]byte, error)
	signatureHeader string
	prefix          string
	timestampHeader string
	unit            time.Duration
	tolerance       time.Duration
	signed          []string // the template, split at its placeholders
	id              config.Place
}

var hashes = map[string]func() hash.Hash{
	"hmac-sha256": sha256.New, "hmac-sha512": sha512.New, "hmac-sha1": sha1.New,
}

// Placeholders of the signed content.
const (
	placeBody      = "{body}"
	placeTimestamp = "{timestamp}"
	placeID        = "{id}"
)

func newGeneric(c config.Source, secrets []string) (*generic, error) {
	g := &generic{
		hash: hashes[c.Algorithm], signatureHeader: c.SignatureHeader, prefix: c.Prefix,
		timestampHeader: c.TimestampHeader, unit: time.Second, tolerance: c.Tolerance, id: c.EventID,
		signed: splitTemplate(c.SignedContent),
	}
	if len(secrets) == 0 {
		return nil, errors.New("no secret is set")
	}
	for i, secret := range secrets {
		if secret == "" {
			return nil, fmt.Errorf("secret %d is empty: anybody could sign with it", i+1)
		}
		g.secrets = append(g.secrets, []byte(secret))
	}
	if g.hash == nil {
		return nil, fmt.Errorf("unknown algorithm %q", c.Algorithm)
	}
	switch c.Encoding {
	case "hex":
		g.decode = hex.DecodeString // takes either case
	case "base64":
		g.decode = base64.StdEncoding.Strict().DecodeString
	default:
		return nil, fmt.Errorf("unknown encoding %q", c.Encoding)
	}
	if c.TimestampUnit == "ms" {
		g.unit = time.Millisecond
	}
	return g, nil
}

// splitTemplate cuts "{timestamp}.{body}" into its placeholders and what stands between them.
func splitTemplate(template string) []string {
	if template == "" {
		template = placeBody
	}
	var parts []string
	for template != "" {
		start := strings.IndexByte(template, '{')
		end := strings.IndexByte(template, '}')
		switch {
		case start < 0 || end < start:
			return append(parts, template)
		case start > 0:
			parts = append(parts, template[:start])
		}
		parts = append(parts, template[start:end+1])
		template = template[end+1:]
	}
	return parts
}

func (g *generic) verify(r Request) error {
	text := r.Header.Get(g.signatureHeader)
	switch {
	case text == "":
		return refuse(SignatureMissing)
	case repeated(r.Header, g.signatureHeader) || repeated(r.Header, g.id.Header):
		return refuse(SignatureMalformed)
	}
	encoded, ok := strings.CutPrefix(text, g.prefix)
	if !ok {
		return refuse(SignatureMalformed)
	}
	signature, err := g.decode(encoded)
	if err != nil || len(signature) != g.hash().Size() { // a shortened signature must never match
		return refuse(SignatureMalformed)
	}
	var stamp string
	if g.timestampHeader != "" {
		if stamp = r.Header.Get(g.timestampHeader); stamp == "" {
			return refuse(TimestampMissing)
		}
		if repeated(r.Header, g.timestampHeader) {
			return refuse(TimestampMalformed)
		}
		if err := checkTimestamp(stamp, g.unit, g.tolerance, r.Received); err != nil {
			return err
		}
	}
	matched := false
	for _, secret := range g.secrets { // all of them, so that the time taken does not tell which one
		mac := hmac.New(g.hash, secret)
		for _, part := range g.signed {
			switch part {
			case placeBody:
				mac.Write(r.Body)
			case placeTimestamp:
				mac.Write([]byte(stamp))
			case placeID:
				mac.Write([]byte(r.Header.Get(g.id.Header)))
			default:
				mac.Write([]byte(part))
			}
		}
		if hmac.Equal(mac.Sum(nil), signature) {
			matched = true
		}
	}
	if !matched {
		return refuse(SignatureMismatch)
	}
	return nil
}
