package backfill

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one line of JSON Lines, and one element of a list.
const maxLine = 4 << 20

// lines is JSON Lines: an object per line.
type lines struct {
	reader *bufio.Reader
	line   int
}

func newLines(r io.Reader) *lines { return &lines{reader: bufio.NewReaderSize(r, 256<<10)} }

func (l *lines) header() []string { return nil }
func (l *lines) close() error     { return nil }

func (l *lines) next() (Row, error) {
	for {
		l.line++
		text, tooLong, err := l.text()
		if err != nil {
			return Row{}, err
		}
		switch text = bytes.TrimSpace(text); {
		case tooLong:
			return Row{Line: l.line, Fault: "the line is longer than 4 MiB"}, nil
		case len(text) == 0:
			continue
		}
		return objectRow(l.line, text), nil
	}
}

// text reads a line, or passes over one that is too long.
func (l *lines) text() (text []byte, tooLong bool, err error) {
	for {
		part, err := l.reader.ReadSlice('\n')
		if !tooLong {
			text = append(text, part...)
		}
		if len(text) > maxLine {
			text, tooLong = nil, true
		}
		switch {
		case err == nil:
			return text, tooLong, nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (len(text) > 0 || tooLong):
			return text, tooLong, nil
		case errors.Is(err, io.EOF):
			return nil, false, io.EOF
		default:
			return nil, false, fmt.Errorf("read the file: %w", err)
		}
	}
}

func objectRow(line int, text []byte) Row {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || object == nil {
		return Row{Line: line, Fault: "no object in JSON"}
	}
	if decoder.More() {
		return Row{Line: line, Fault: "more than one object"}
	}
	return Row{Line: line, Object: object}
}

// list is one JSON list of objects, of which one is in memory at a time.
type list struct {
	decoder *json.Decoder
	element int
}

func newList(r io.Reader) (*list, error) {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	if token, err := decoder.Token(); err != nil || token != json.Delim('[') {
		return nil, errors.New("want a list of objects, which begins with [")
	}
	return &list{decoder: decoder}, nil
}

func (l *list) header() []string { return nil }
func (l *list) close() error     { return nil }

func (l *list) next() (Row, error) {
	if !l.decoder.More() {
		if _, err := l.decoder.Token(); err != nil {
			return Row{}, fmt.Errorf("after element %d: the list does not end with ]: %w", l.element, io.ErrUnexpectedEOF)
		}
		return Row{}, io.EOF
	}
	l.element++
	var raw json.RawMessage
	if err := l.decoder.Decode(&raw); err != nil {
		return Row{}, fmt.Errorf("element %d is no JSON: the rest of the file cannot be read", l.element)
	}
	return objectRow(l.element, raw), nil
}
