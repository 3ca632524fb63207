package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"handoff/internal/mapping"
	"handoff/internal/submission"
)

// Outcome is what a case expects, and what a mapping makes of it.
type Outcome struct {
	// Person and Answers are by whom duplicates are recognized.
	Person   string               `json:"person,omitempty"`
	Answers  json.RawMessage      `json:"answers,omitempty"`
	Problems []submission.Problem `json:"problems,omitempty"`
	Plan     *mapping.Plan        `json:"plan,omitempty"`
}

// Run makes an outcome. The mapping's version is left out: it changes with every edit of a file, also of a comment.
func Run(m *mapping.Mapping, in mapping.Input) Outcome {
	plan, problems := m.Apply(in)
	if len(problems) > 0 {
		return Outcome{Problems: problems}
	}
	plan.Version = ""
	person, canonical := m.Identity(in)
	return Outcome{Person: person, Answers: canonical, Plan: &plan}
}

// Encode writes an outcome as its file holds it.
func (o Outcome) Encode() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(o); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decodeAnswers reads answers as the sources do: numbers stay as they are written.
func decodeAnswers(text string) (map[string]any, error) {
	var answers map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&answers); err != nil || answers == nil {
		return nil, errors.New(`want a JSON object, such as '{"email": "ana@example.com"}'`)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("want one JSON object, and nothing after it")
	}
	return answers, nil
}
