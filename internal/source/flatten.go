package source

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Limits on what a body may hold, whoever signed it.
const (
	maxDepth   = 32
	maxAnswers = 2000
)

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
		switch value := value.(type) {
		case nil:
		case map[string]any:
			if err := flattenInto(answers, key, value, depth+1); err != nil {
				return err
			}
		case []any:
			if len(value) > 0 {
				answers[key] = value
			}
		case string:
			if value != "" {
				answers[key] = value
			}
		default:
			answers[key] = value
		}
		if len(answers) > maxAnswers {
			return &Malformed{fmt.Sprintf("there are more than %d answers", maxAnswers)}
		}
	}
	return nil
}

// decodeJSON reads one JSON value, exactly and within the limits.
func decodeJSON(body []byte) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if err := checkDepth(body); err != nil {
		return nil, err
	}
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, &Malformed{fmt.Sprintf("the body is no JSON: error at byte %d", decoder.InputOffset())}
	}
	if decoder.More() {
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
