package source

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
)

// inflate decompresses a verified body, up to the limit: a small body may inflate to one that fills the memory. What is
// signed is the body as it came, so this follows the verification.
func (s *Source) inflate(r Request) (Request, error) {
	if !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		return r, nil
	}
	most := s.config.Limits.Inflated
	reader, err := gzip.NewReader(bytes.NewReader(r.Body))
	if err != nil {
		return r, unreadable("the body is not compressed with gzip, as its header says")
	}
	body, err := io.ReadAll(io.LimitReader(reader, most+1))
	switch {
	case err != nil:
		return r, unreadable("the compressed body is damaged")
	case int64(len(body)) > most:
		return r, unreadable(fmt.Sprintf("the compressed body holds more than %d bytes", most))
	}
	r.Body = body
	return r, nil
}
