package source

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"time"
)

// keyed verifies a keyed hash (HMAC) of the request. It serves every sender whose scheme is one: they differ in where
// things stand, how they are written and what exactly is signed, which are its parameters. It is written on crypto/hmac
// rather than on the senders' own libraries: these cover one sender each, read the clock themselves, bring an API client
// along, and two of them compare without constant time.
type keyed struct {
	secrets  [][]byte
	hash     func() hash.Hash
	encoding encoding

	header   string // where the signature stands
	prefix   string // stands before it
	optional bool   // the prefix may be missing
	pairs    bool   // the header is a list t=TIME,v1=SIGNATURE[,v1=…]

	timeHeader string // where the time stands; empty where none is signed, or it stands in the pairs
	unit       time.Duration
	tolerance  time.Duration
	idHeader   string
	publicURL  string

	signed []string // what is signed: text and placeholders
}

// encoding is how a signature is written.
type encoding struct {
	decode func(string) ([]byte, error)
	encode func([]byte) string
}

var (
	inHex    = encoding{hex.DecodeString, hex.EncodeToString} // decoding takes either case
	inBase64 = encoding{base64.StdEncoding.Strict().DecodeString, base64.StdEncoding.EncodeToString}
)

// Placeholders of what is signed.
const (
	placeBody      = "{body}"
	placeTimestamp = "{timestamp}"
	placeID        = "{id}"
	placeMethod    = "{method}"
	placeURL       = "{url}"
)

// hashOf finds an algorithm by its name in the configuration. It never comes from a request.
func hashOf(algorithm string) (func() hash.Hash, error) {
	switch algorithm {
	case "hmac-sha256":
		return sha256.New, nil
	case "hmac-sha512":
		return sha512.New, nil
	case "hmac-sha1":
		return sha1.New, nil
	}
	return nil, fmt.Errorf("unknown algorithm %q", algorithm)
}

// newKeyed completes the parameters: SHA-256 over the body, written in hexadecimal digits, unless they say otherwise.
func newKeyed(k keyed, secrets []string) *keyed {
	for _, secret := range secrets {
		k.secrets = append(k.secrets, []byte(secret))
	}
	if k.hash == nil {
		k.hash = sha256.New
	}
	if k.encoding.decode == nil {
		k.encoding = inHex
	}
	if k.unit == 0 {
		k.unit = time.Second
	}
	if k.tolerance == 0 {
		k.tolerance = defaultTolerance
	}
	if k.signed == nil {
		k.signed = []string{placeBody}
	}
	return &k
}

// splitTemplate cuts "{timestamp}.{body}" into its placeholders and what stands between them.
func splitTemplate(template string) []string {
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

func (k *keyed) verify(r Request) error {
	text := r.Header.Get(k.header)
	switch {
	case text == "":
		return refuse(SignatureMissing)
	case repeated(r.Header, k.header) || repeated(r.Header, k.idHeader):
		return refuse(SignatureMalformed)
	}
	stamp, signatures, err := k.parse(r, text)
	if err != nil {
		return err
	}
	if k.pairs || k.timeHeader != "" {
		if err := checkTimestamp(stamp, k.unit, k.tolerance, r.Received); err != nil {
			return err
		}
	}
	matched := false
	for _, secret := range k.secrets { // all of them, so that the time taken does not tell which one
		sum := k.sum(r, secret, stamp)
		for _, signature := range signatures {
			if hmac.Equal(sum, signature) {
				matched = true
			}
		}
	}
	if !matched {
		return refuse(SignatureMismatch)
	}
	return nil
}

// parse finds the signatures and the signed time in the request.
func (k *keyed) parse(r Request, text string) (stamp string, signatures [][]byte, err error) {
	if k.pairs {
		return k.parsePairs(text)
	}
	encoded, ok := strings.CutPrefix(text, k.prefix)
	if !ok && !k.optional {
		return "", nil, refuse(SignatureMalformed)
	}
	signature, err := k.encoding.decode(encoded)
	if err != nil || len(signature) != k.hash().Size() { // a shortened signature must never match
		return "", nil, refuse(SignatureMalformed)
	}
	if k.timeHeader != "" {
		if stamp = r.Header.Get(k.timeHeader); stamp == "" {
			return "", nil, refuse(TimestampMissing)
		}
		if repeated(r.Header, k.timeHeader) {
			return "", nil, refuse(TimestampMalformed)
		}
	}
	return stamp, [][]byte{signature}, nil
}

// maxSignatures bounds the candidates of one request.
const maxSignatures = 16

// parsePairs reads t=TIME,v1=SIGNATURE[,v1=…]. Other versions are ignored: an attacker must not choose a weaker one. One
// v1 that cannot be decoded does not spoil the others.
func (k *keyed) parsePairs(text string) (stamp string, signatures [][]byte, err error) {
	offered := false
	for _, pair := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		switch {
		case !ok:
			return "", nil, refuse(SignatureMalformed)
		case key == "t" && stamp != "":
			return "", nil, refuse(TimestampMalformed)
		case key == "t":
			stamp = value
		case key == "v1":
			offered = true
			if signature, err := k.encoding.decode(value); err == nil && len(signature) == k.hash().Size() {
				signatures = append(signatures, signature)
			}
		}
	}
	switch {
	case !offered:
		return "", nil, refuse(SignatureMissing)
	case len(signatures) == 0 || len(signatures) > maxSignatures:
		return "", nil, refuse(SignatureMalformed)
	case stamp == "":
		return "", nil, refuse(TimestampMissing)
	}
	return stamp, signatures, nil
}

// sum is the keyed hash of what is signed of a request.
func (k *keyed) sum(r Request, secret []byte, stamp string) []byte {
	mac := hmac.New(k.hash, secret)
	for _, part := range k.signed {
		switch part {
		case placeBody:
			mac.Write(r.Body)
		case placeTimestamp:
			mac.Write([]byte(stamp))
		case placeID:
			mac.Write([]byte(r.Header.Get(k.idHeader)))
		case placeMethod:
			mac.Write([]byte(r.Method))
		case placeURL:
			mac.Write([]byte(k.publicURL + r.URI))
		default:
			mac.Write([]byte(part))
		}
	}
	return mac.Sum(nil)
}

func (k *keyed) sign(r *Request, secret string) {
	stamp := stampOf(r.Received, k.unit)
	if k.timeHeader != "" {
		r.setHeader(k.timeHeader, stamp)
	}
	if k.idHeader != "" && r.Header.Get(k.idHeader) == "" {
		r.setHeader(k.idHeader, messageID(r.Received))
	}
	signature := k.encoding.encode(k.sum(*r, []byte(secret), stamp))
	if k.pairs {
		r.setHeader(k.header, "t="+stamp+",v1="+signature)
		return
	}
	r.setHeader(k.header, k.prefix+signature)
}
