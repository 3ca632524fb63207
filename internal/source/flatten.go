package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Limits on what a body may hold, whoever signed it.
const (
	maxDepth   = 32
	maxAnswers = 2000
	maxName    = 1000 // bytes of an answer's dotted name
)

func tooMany() error {
	return &Malformed{fmt.Sprintf("there are more than %d answers", maxAnswers)}
}

// flatten turns nested answers into a flat set: objects become dotted keys, arrays stay, empty answers are left out,
// false and 0 stay, numbers are exact. Keys keep what the sender called them.
func flatten(value any) (map[string]any, error) {
	answers := map[string]any{}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, &Malformed{"the answers are no object"}
	}
	if err := flattenInto(answers, "", object, 0); err != nil {
		return nil, err
	}
	return answers, nil
}

func flattenInto(answers map[string]any, prefix string, object map[string]any, depth int) error {
	if depth > maxDepth {
		return &Malformed{fmt.Sprintf("the answers are nested deeper than %d levels", maxDepth)}
	}
	for key, value := range object {
		if prefix != "" {
			key = prefix + "." + key
		}
		if len(key) > maxName {
			return &Malformed{fmt.Sprintf("the name of an answer is longer than %d bytes", maxName)}
		}
		if nested, ok := value.(map[string]any); ok {
			if err := flattenInto(answers, key, nested, depth+1); err != nil {
				return err
			}
			continue
		}
		if empty(value) {
			continue
		}
		if _, taken := answers[key]; taken { // which of the two would win is a matter of chance
			return &Malformed{"two answers have the same name"}
		}
		if answers[key] = value; len(answers) > maxAnswers {
			return tooMany()
		}
	}
	return nil
}

// empty says that a question was not answered.
func empty(value any) bool {
	list, ok := value.([]any)
	return value == nil || value == "" || ok && len(list) == 0
}

// decodeJSON reads one JSON value, exactly and within the limits.
func decodeJSON(body []byte) (any, error) {
	if err := checkDepth(body); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil { // the decoder's own text may quote the body
		return nil, &Malformed{"the body is no JSON"}
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, &Malformed{"the body holds more than one JSON value"}
	}
	return value, nil
}

// checkDepth bounds the nesting before anything is built. Brackets inside strings do not count.
func checkDepth(body []byte) error {
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
			if depth++; depth > maxDepth {
				return &Malformed{fmt.Sprintf("the body is nested deeper than %d levels", maxDepth)}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
