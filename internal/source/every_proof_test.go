package source_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/config"
	"handoff/internal/source"
)

// signed says whether a source's sender signs the body.
func signed(s *source.Source, r source.Request) bool {
	r.Body = append(bytes.Clone(r.Body), ' ')
	return s.Verify(r) != nil
}

// Ensure no single byte of a signed request can be changed, whatever the characters in it.
func TestNoByteCanBeChanged(t *testing.T) {
	t.Parallel()
	forEverySource(t, func(t *testing.T, _ config.Source, s *source.Source) {
		if !signed(s, s.Sample("/hooks/site", received, true)) {
			return // a token says who sent the request, and no more
		}
		rapid.Check(t, func(t *rapid.T) {
			body := []byte(rapid.StringN(1, 200, -1).Draw(t, "body"))
			r := s.Sign("/hooks/site", source.TypeJSON, "", body, received)
			require.NoError(t, s.Verify(r))
			at := rapid.IntRange(0, len(body)-1).Draw(t, "at")
			r.Body = bytes.Clone(body)
			r.Body[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
			require.Error(t, s.Verify(r))
		})
	})
}

// Ensure a request without its proof, or with an ambiguous one, is refused before anything is parsed.
func TestProofsThatAreMissingOrTwice(t *testing.T) {
	t.Parallel()
	forEverySource(t, func(t *testing.T, c config.Source, s *source.Source) {
		r := s.Sample("/hooks/site", received, true)
		bare := r
		bare.Header = http.Header{"Content-Type": r.Header["Content-Type"]}
		bare.URI = "/hooks/site"
		if c.Adapter == config.GoogleAds || c.Token.Path != "" {
			bare.Body = []byte(`{}`)
		}
		require.True(t, strings.HasSuffix(string(refusal(t, s.Verify(bare))), "_missing"))

		for name := range r.Header {
			if strings.Contains(strings.ToLower(name), "signature") || strings.Contains(strings.ToLower(name), "token") {
				twice := r
				twice.Header = r.Header.Clone()
				twice.Header.Add(name, r.Header.Get(name))
				require.True(t, strings.HasSuffix(string(refusal(t, s.Verify(twice))), "_malformed"), name)
				empty := r
				empty.Header = r.Header.Clone()
				empty.Header.Set(name, "")
				if !strings.EqualFold(name, "X-HubSpot-Signature-Version") {
					require.Error(t, s.Verify(empty), name)
				}
			}
		}
		if _, query, ok := strings.Cut(r.URI, "?"); ok {
			twice := r
			twice.URI += "&" + query
			require.Equal(t, source.SignatureMalformed, refusal(t, s.Verify(twice)))
		}
	})
}

// Ensure hexadecimal digits may be written in either case.
func TestUpperCaseHex(t *testing.T) {
	t.Parallel()
	hex := 0
	for name, c := range everySource() {
		s := newSource(t, c)
		r := s.Sample("/hooks/site", received, true)
		for header, values := range r.Header {
			lower := values[0][strings.LastIndexByte(values[0], '=')+1:]
			if strings.Trim(lower, "0123456789abcdef") != "" || len(lower) < 40 {
				continue
			}
			r.Header.Set(header, strings.TrimSuffix(values[0], lower)+strings.ToUpper(lower))
			require.NoError(t, s.Verify(r), name)
			hex++
		}
	}
	require.GreaterOrEqual(t, hex, 12)
}

// Ensure bodies in every script are verified over their bytes and read as they are.
func TestUnicodeBodies(t *testing.T) {
	t.Parallel()
	s := newSource(t, everySource()["generic, hmac"])
	body := `{"data":{"id":"1","form":"f","answers":{"имя":"Ольга","名前":"\u5c71\u7530","emoji":"👩‍👩‍👧","rtl":"\u202eabc"}}}`
	r := s.Sign("/hooks/site", source.TypeJSON, "", []byte(body), received)
	require.NoError(t, s.Verify(r))
	require.Equal(t, map[string]any{"имя": "Ольга", "名前": "山田", "emoji": "👩‍👩‍👧", "rtl": "\u202eabc"}, s.Read(r).Submissions[0].Payload.Answers)
}
