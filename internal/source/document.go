package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"handoff/internal/config"
)

// document is a verified request whose body has been parsed. The JSON is made from the value, so that whatever is looked
// up in it and the answers are read from the same of several equal keys.
type document struct {
	Request
	limits config.SourceLimits
	value  any
	json   []byte
}

// parse reads a body as its content type says. Its error is an *Unreadable.
func parse(r Request, limits config.SourceLimits) (*document, error) {
	var value any
	var err error
	switch r.ContentType {
	case TypeForm:
		value, err = decodeForm(r.Body, limits)
	case TypeMultipart:
		value, err = decodeMultipart(r.Body, r.Boundary, limits)
	default:
		value, err = decodeJSON(r.Body, limits)
	}
	if err != nil {
		return nil, err
	}
	return newDocument(r, value, limits)
}

func newDocument(r Request, value any, limits config.SourceLimits) (*document, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, unreadable("the body cannot be read")
	}
	return &document{Request: r, limits: limits, value: value, json: encoded}, nil
}

// decode fills a struct. Its error is an *Unreadable that names the field, which is the sender's word and not a person's.
func (d *document) decode(into any) error {
	decoder := json.NewDecoder(bytes.NewReader(d.json))
	decoder.UseNumber()
	err := decoder.Decode(into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return unreadable("the body's " + wrong.Field + " is not of the kind that this sender documents")
	case err != nil:
		return unreadable("the body does not have the shape that this sender documents")
	}
	return nil
}

// decodeJSON reads one JSON value, exactly and within the limits.
func decodeJSON(body []byte, limits config.SourceLimits) (any, error) {
	if err := checkDepth(body, limits.Depth); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil { // the decoder's own text may quote the body
		return nil, unreadable("the body is no JSON")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, unreadable("the body holds more than one JSON value")
	}
	return value, nil
}

// checkDepth bounds the nesting before anything is built. Brackets inside strings do not count.
func checkDepth(body []byte, most int) error {
	depth, quoted, escaped := 0, false, false
	for _, c := range body {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > most {
				return unreadable(fmt.Sprintf("the body is nested deeper than %d levels", most))
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// decodeForm reads a form. A key that is repeated, or ends in [], is an array.
func decodeForm(body []byte, limits config.SourceLimits) (any, error) {
	if bytes.Count(body, []byte("&")) >= 2*limits.Answers {
		return nil, tooMany(limits)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, unreadable("the body is no form: a key or value is not URL-encoded")
	}
	if len(values) > limits.Answers {
		return nil, tooMany(limits)
	}
	return gather(values), nil
}

// gather makes an object of keys with several values.
func gather(values map[string][]string) map[string]any {
	object := make(map[string]any, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		name, list := strings.CutSuffix(key, "[]")
		before, repeated := object[name]
		if !list && len(values[key]) == 1 {
			object[name] = values[key][0]
			continue
		}
		array, _ := before.([]any)
		if single, ok := before.(string); repeated && ok {
			array = []any{single}
		}
		for _, value := range values[key] {
			array = append(array, value)
		}
		object[name] = array
	}
	return object
}

func tooMany(limits config.SourceLimits) error {
	return unreadable(fmt.Sprintf("there are more than %d answers", limits.Answers))
}
