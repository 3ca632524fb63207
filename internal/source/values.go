package source

import "encoding/json"

// textOf is a value that is text or a number, and "" for everything else.
func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// firstOf is the first value that is not empty.
func firstOf(values ...any) any {
	for _, value := range values {
		if !empty(value) {
			return value
		}
	}
	return nil
}
