package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"handoff/internal/source"
)

// mediaType says what a body is, from itself.
func mediaType(data []byte) (string, error) {
	const want = `want the body of a submission, such as {"email": "ana@example.com"}`
	text := strings.TrimSpace(string(data))
	switch {
	case text == "":
		return "", errors.New("the sample is empty; " + want)
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		return source.TypeJSON, checkJSON(data)
	case strings.Contains(text, "=") && !strings.ContainsAny(text, " \n\t"):
		return source.TypeForm, nil
	}
	return "", errors.New("the sample is neither JSON nor a form; " + want)
}

// checkJSON says where a body stops being JSON: people write samples by hand.
func checkJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	var value any
	err := decoder.Decode(&value)
	if err == nil {
		return nil
	}
	at := decoder.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the sample is not JSON: it ends too early; a bracket or a quote is not closed")
	}
	before := data[:max(0, min(int(at)-1, len(data)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:]))) + 1
	return fmt.Errorf("the sample is not JSON: line %d, column %d: %s", line, column, strings.TrimPrefix(err.Error(), "json: "))
}
