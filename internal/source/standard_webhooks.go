package source

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

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
	return v, nil
}

// svix are the names that Svix gives to the headers of the same scheme.
var svix = [...][2]string{
	{"svix-id", standardwebhooks.HeaderWebhookID},
	{"svix-timestamp", standardwebhooks.HeaderWebhookTimestamp},
	{"svix-signature", standardwebhooks.HeaderWebhookSignature},
}

// standardNames gives Svix's headers their standard names. All three are of one family: those of Svix count only where
// there is none of the standard's.
func standardNames(header http.Header) http.Header {
	renamed := http.Header{}
	for _, name := range svix {
		for _, value := range header.Values(name[1]) {
			renamed.Add(name[1], value)
		}
	}
	if len(renamed) > 0 {
		return renamed
	}
	for _, name := range svix {
		for _, value := range header.Values(name[0]) {
			renamed.Add(name[1], value)
		}
	}
	return renamed
}

func (v *standardWebhooks) verify(r Request) error {
	r.Header = standardNames(r.Header)
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
	if err := checkTimestamp(stamp, time.Second, defaultTolerance, r.Received); err != nil {
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

// sign signs with a symmetric secret. A public key signs nothing: the request then has no signature.
func (v *standardWebhooks) sign(r *Request, secret string) {
	id := r.Header.Get(standardwebhooks.HeaderWebhookID)
	if id == "" {
		id = messageID(r.Received)
	}
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil || strings.HasPrefix(secret, "whpk_") {
		return
	}
	signature, err := webhook.Sign(id, r.Received, r.Body)
	if err != nil {
		return
	}
	r.setHeader(standardwebhooks.HeaderWebhookID, id)
	r.setHeader(standardwebhooks.HeaderWebhookTimestamp, stampOf(r.Received, time.Second))
	r.setHeader(standardwebhooks.HeaderWebhookSignature, signature)
}
