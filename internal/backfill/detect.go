package backfill

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The kinds of files.
const (
	CSV   = "csv"
	JSONL = "jsonl" // an object per line
	JSON  = "json"  // a list of objects
	XLSX  = "xlsx"
)

// Format is how a file is written. Empty fields are to be found out.
type Format struct {
	Kind      string
	Encoding  string // utf-8, utf-16le, utf-16be, windows-1252
	Delimiter rune   // of CSV
	Sheet     string // of a spreadsheet; its first one when empty
	Gzip      bool
}

func (f Format) String() string {
	var parts []string
	switch f.Kind {
	case CSV:
		parts = []string{"CSV with " + delimiterNames[f.Delimiter], f.Encoding}
	case XLSX:
		parts = []string{"a spreadsheet, sheet " + f.Sheet}
	case JSON:
		parts = []string{"a list in JSON", f.Encoding}
	default:
		parts = []string{"JSON Lines", f.Encoding}
	}
	if f.Gzip {
		parts = append(parts, "compressed")
	}
	return strings.Join(parts, ", ")
}

var delimiterNames = map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs", '|': "bars"}

// sampleSize is how much of a file is looked at.
const sampleSize = 64 << 10

// detect finds out from the beginning of a file what format leaves open.
func detect(r *bufio.Reader, f Format) (Format, error) {
	sample, err := r.Peek(sampleSize)
	whole := err != nil
	if len(sample) == 0 {
		return f, fmt.Errorf("the file is empty")
	}
	if f.Kind == XLSX || f.Kind == "" && bytes.HasPrefix(sample, []byte("PK\x03\x04")) {
		f.Kind = XLSX
		return f, nil
	}
	if f.Encoding == "" {
		f.Encoding = detectEncoding(sample, whole)
	}
	decoder, err := decoderOf(f.Encoding)
	if err != nil {
		return f, err
	}
	text, _ := decoder.NewDecoder().Bytes(sample) // what is cut at the end may be wrong
	trimmed := strings.TrimSpace(string(text))
	if f.Kind == "" {
		switch {
		case strings.HasPrefix(trimmed, "{"):
			f.Kind = JSONL
		case strings.HasPrefix(trimmed, "["):
			f.Kind = JSON
		default:
			f.Kind = CSV
		}
	}
	if f.Kind == CSV && f.Delimiter == 0 {
		f.Delimiter = detectDelimiter(string(text))
	}
	return f, nil
}

// detectEncoding looks for a mark, then for the zeros of UTF-16, then for what cannot be UTF-8.
func detectEncoding(sample []byte, whole bool) string {
	switch {
	case bytes.HasPrefix(sample, []byte{0xff, 0xfe}):
		return "utf-16le"
	case bytes.HasPrefix(sample, []byte{0xfe, 0xff}):
		return "utf-16be"
	}
	var even, odd int
	for i, b := range sample {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	switch {
	case odd > len(sample)/4:
		return "utf-16le"
	case even > len(sample)/4:
		return "utf-16be"
	}
	for len(sample) > 0 {
		r, size := utf8.DecodeRune(sample)
		if r == utf8.RuneError && size <= 1 && (whole || utf8.FullRune(sample)) {
			return "windows-1252"
		}
		sample = sample[max(size, 1):]
	}
	return "utf-8"
}

// decoderOf is the decoder of an encoding by its name. Marks at the beginning are taken away.
func decoderOf(name string) (encoding.Encoding, error) {
	switch strings.ToLower(name) {
	case "utf-8", "utf8":
		return unicode.UTF8BOM, nil
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	case "windows-1252", "latin1", "iso-8859-1":
		return charmap.Windows1252, nil
	}
	return nil, fmt.Errorf("unknown encoding %q; want utf-8, utf-16le, utf-16be or windows-1252", name)
}

// detectDelimiter takes the delimiter that divides the first line into most cells, outside of quotes.
func detectDelimiter(text string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, r := range text {
		if r == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if r == '\n' && len(counts) > 0 {
			break
		}
		if _, ok := delimiterNames[r]; ok {
			counts[r]++
		}
	}
	best := ','
	for _, r := range []rune{';', '\t', '|'} {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}
