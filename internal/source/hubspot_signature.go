package source

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"handoff/internal/config"
)

// hubspotSignature verifies HubSpot's three versions: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests.
// v3 counts whenever its header is there: an attacker must not choose a weaker one. v1 and v2 are plain hashes with the
// secret in front, without a time.
type hubspotSignature struct {
	v3       *keyed
	secrets  []string
	versions []string
	url      string
}

const (
	hubspotV3      = "X-HubSpot-Signature-v3"
	hubspotOld     = "X-HubSpot-Signature"
	hubspotVersion = "X-HubSpot-Signature-Version"
)

// hubspotDecoded are the escapes that HubSpot decodes in a URL before it signs it, and no others.
var hubspotDecoded = strings.NewReplacer(
	"%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";",
	"%3a", ":", "%2f", "/", "%3f", "?", "%2a", "*", "%2c", ",", "%3b", ";",
)

func newHubspotSignature(c config.Source, secrets []string) hubspotSignature {
	versions := c.Versions
	if len(versions) == 0 {
		versions = []string{"v1", "v2", "v3"}
	}
	return hubspotSignature{
		v3: newKeyed(keyed{
			header: hubspotV3, encoding: inBase64, timeHeader: "X-HubSpot-Request-Timestamp", unit: time.Millisecond, publicURL: c.PublicURL,
			signed: []string{placeMethod, placeURL, placeBody, placeTimestamp},
		}, secrets),
		secrets: secrets, versions: versions, url: c.PublicURL,
	}
}

func (h hubspotSignature) verify(r Request) error {
	if r.Header.Get(hubspotV3) != "" && slices.Contains(h.versions, "v3") {
		r.URI = hubspotDecoded.Replace(r.URI)
		return h.v3.verify(r)
	}
	text := r.Header.Get(hubspotOld)
	version := r.Header.Get(hubspotVersion)
	if version == "" {
		version = "v1"
	}
	switch {
	case text == "" || version == "v3" || !slices.Contains(h.versions, version):
		return refuse(SignatureMissing) // of a version that is accepted
	case repeated(r.Header, hubspotOld), repeated(r.Header, hubspotVersion):
		return refuse(SignatureMalformed)
	}
	given, err := hex.DecodeString(text)
	if err != nil || len(given) != sha256.Size {
		return refuse(SignatureMalformed)
	}
	matched := false
	for _, secret := range h.secrets {
		if hmac.Equal(h.old(version, secret, r), given) {
			matched = true
		}
	}
	if !matched {
		return refuse(SignatureMismatch)
	}
	return nil
}

// old is the hash of versions 1 and 2.
func (h hubspotSignature) old(version, secret string, r Request) []byte {
	sum := sha256.New()
	sum.Write([]byte(secret))
	if version == "v2" {
		sum.Write([]byte(r.Method + h.url + r.URI))
	}
	sum.Write(r.Body)
	return sum.Sum(nil)
}

func (h hubspotSignature) sign(r *Request, secret string) {
	switch {
	case slices.Contains(h.versions, "v3"):
		h.v3.sign(r, secret)
	default:
		version := h.versions[len(h.versions)-1]
		r.setHeader(hubspotVersion, version)
		r.setHeader(hubspotOld, hex.EncodeToString(h.old(version, secret, *r)))
	}
}
