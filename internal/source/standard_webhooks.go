package source

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// standardTolerance is how far a message's time may be from ours, either way.
const standardTolerance = 5 * time.Minute

// standardWebhooks verifies https://www.standardwebhooks.com signatures: v1 (HMAC) by the scheme's own library, v1a
// (Ed25519), which that library lacks, by the standard library. Any of the secrets and any of the signatures may match,
// so that both sides can rotate.
type standardWebhooks struct {
	symmetric  []*standardwebhooks.Webhook
	asymmetric []ed25519.PublicKey
}

func newStandardWebhooks(secrets []string) (*standardWebhooks, error) {
	v := &standardWebhooks{}
	for i, secret := range secrets {
		if key, ok := strings.CutPrefix(secret, "whpk_"); ok {
			public, err := base64.StdEncoding.DecodeString(key)
			if err != nil || len(public) != ed25519.PublicKeySize {
				return nil, fmt.Errorf("secret %d is no Ed25519 public key: want whpk_ and 32 bytes in base64", i+1)
			}
			v.asymmetric = append(v.asymmetric, public)
			continue
		}
		if strings.TrimPrefix(secret, "whsec_") == "" {
			return nil, fmt.Errorf("secret %d is empty: anybody could sign with it", i+1)
		}
		webhook, err := standardwebhooks.NewWebhook(secret)
		if err != nil { // the library's error quotes a part of the secret
			return nil, fmt.Errorf("secret %d is not of the Standard Webhooks form: want whsec_ and base64", i+1)
		}
		v.symmetric = append(v.symmetric, webhook)
	}
	if len(secrets) == 0 {
		return nil, errors.New("no secret is set")
	}
	return v, nil
}

func (v *standardWebhooks) verify(r Request) error {
	id := r.Header.Get(standardwebhooks.HeaderWebhookID)
	stamp := r.Header.Get(standardwebhooks.HeaderWebhookTimestamp)
	signatures := r.Header.Get(standardwebhooks.HeaderWebhookSignature)
	switch {
	case signatures == "" || id == "":
		return refuse(SignatureMissing)
	case stamp == "":
		return refuse(TimestampMissing)
	case repeated(r.Header, standardwebhooks.HeaderWebhookID), repeated(r.Header, standardwebhooks.HeaderWebhookSignature),
		strings.Contains(id, "."): // signed is ID.TIME.BODY: a dot in the id would make one signature fit two requests
		return refuse(SignatureMalformed)
	case repeated(r.Header, standardwebhooks.HeaderWebhookTimestamp):
		return refuse(TimestampMalformed)
	}
	// The library reads the clock itself, so the time is checked here and the signature there.
	if err := checkTimestamp(stamp, time.Second, standardTolerance, r.Received); err != nil {
		return err
	}
	for _, webhook := range v.symmetric {
		if webhook.VerifyIgnoringTimestamp(r.Body, r.Header) == nil {
			return nil
		}
	}
	signed := append([]byte(id+"."+stamp+"."), r.Body...)
	for _, signature := range strings.Fields(signatures) {
		encoded, ok := strings.CutPrefix(signature, "v1a,")
		if !ok {
			continue
		}
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(decoded) != ed25519.SignatureSize {
			continue
		}
		for _, key := range v.asymmetric {
			if ed25519.Verify(key, signed, decoded) {
				return nil
			}
		}
	}
	return refuse(SignatureMismatch)
}

// repeated says that a header has several lines: which of them counts is then a matter of who reads it.
func repeated(header http.Header, name string) bool { return len(header.Values(name)) > 1 }

// checkTimestamp refuses a time that is further from now than the tolerance, in either direction.
func checkTimestamp(text string, unit, tolerance time.Duration, now time.Time) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > int64(1<<62)/int64(unit) {
		return refuse(TimestampMalformed)
	}
	stamp := time.Unix(0, n*int64(unit))
	switch age := now.Sub(stamp); {
	case age > tolerance:
		return refuse(TimestampExpired)
	case age < -tolerance:
		return refuse(TimestampFuture)
	}
	return nil
}
