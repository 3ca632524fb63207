package source

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/tidwall/gjson"

	"handoff/internal/config"
)

// token verifies a secret that travels with the request, for senders that sign nothing. It proves who sent the request,
// not that nobody changed it, and whoever sees one can send others: so it is taken out of every copy that is kept.
type token struct {
	place   config.Place
	secrets []string
	limits  config.SourceLimits
}

// tokenOf is where the configuration says that the token travels, else where the sender usually puts it.
func tokenOf(c config.Source, usual config.Place, secrets []string) token {
	if !c.Token.IsZero() {
		usual = c.Token
	}
	return token{usual, secrets, c.Limits.OrDefault()}
}

func (t token) verify(r Request) error {
	given, ok := t.given(r)
	switch {
	case !ok:
		return refuse(SignatureMalformed)
	case given == "":
		return refuse(TokenMissing)
	case !sameToken(given, t.secrets):
		return refuse(TokenMismatch)
	}
	return nil
}

// given finds the token in the request. Two of them are none: which one counts would be a matter of who reads them.
func (t token) given(r Request) (string, bool) {
	switch {
	case t.place.Header != "":
		return r.Header.Get(t.place.Header), !repeated(r.Header, t.place.Header)
	case t.place.Query != "":
		values := r.query()[t.place.Query]
		if len(values) == 0 {
			return "", true
		}
		return values[0], len(values) == 1
	}
	// A key in the body is all the proof that some senders give, so the body must be read first, within the limits.
	d, err := parse(r, t.limits)
	if err != nil {
		return "", true
	}
	found := gjson.GetBytes(d.json, t.place.Path)
	return found.Str, true
}

// sameToken compares digests, so that neither the comparison nor the length tells anything about a token.
func sameToken(given string, secrets []string) bool {
	sum, matched := sha256.Sum256([]byte(given)), 0
	for _, secret := range secrets {
		wanted := sha256.Sum256([]byte(secret))
		matched |= subtle.ConstantTimeCompare(sum[:], wanted[:])
	}
	return matched == 1
}

func (t token) sign(r *Request, secret string) {
	switch {
	case t.place.Header != "":
		r.setHeader(t.place.Header, secret)
	case t.place.Query != "":
		r.URI = withQuery(r.URI, t.place.Query, secret)
	default:
		r.Body = withKey(*r, t.place.Path, secret)
	}
}
