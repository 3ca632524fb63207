package value_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping/value"
)

var monday = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// env is what examples and tables know besides the answer.
func env(answers map[string]string) *value.Env {
	return &value.Env{Submitted: monday, Answer: func(name string) string { return answers[name] }}
}

// read is what a type makes of an answer, as the engine asks for it.
func read(kind value.Type, reader value.Reader, answer any, env *value.Env) (any, value.Fault) {
	clean := value.Line
	if kind.Multiline {
		clean = value.Paragraphs
	}
	switch v := answer.(type) {
	case json.Number:
		if reader.Number != nil {
			return reader.Number(v.String(), env)
		}
		return reader.Text(v.String(), env)
	case string:
		if text := clean(v); text != "" {
			return reader.Text(text, env)
		}
		return nil, value.Fault{}
	case []string:
		var texts []string
		for _, text := range v {
			if text = clean(text); text != "" {
				texts = append(texts, text)
			}
		}
		return reader.List(texts, env)
	}
	return nil, value.Fault{Code: "unreadable"}
}

// changed is what a step makes of an answer: nil, a text, or several.
func changed(step value.Step, answer any) any {
	texts, ok := answer.([]string)
	if ok {
		texts = value.Run([]value.Step{step}, texts)
	} else if one, list := value.RunText([]value.Step{step}, answer.(string)); list != nil {
		texts = list
	} else if one != "" {
		texts = []string{one}
	}
	switch len(texts) {
	case 0:
		return nil
	case 1:
		return texts[0]
	}
	return texts
}

// The reference shows these examples: every one must be true, and everything in the registry documented.
func TestExamplesOfTypes(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, kind := range value.Types() {
		require.False(t, names[kind.Name], kind.Name)
		names[kind.Name] = true
		documented(t, kind.Name, kind.Doc, kind.Options, kind.Examples)
		require.Contains(t, []string{"none", "contact", "identity", "sensitive"}, kind.PII)
		found, ok := value.TypeNamed(kind.Name)
		require.True(t, ok)
		require.Equal(t, kind.Doc, found.Doc)
		for i, example := range kind.Examples {
			t.Run(fmt.Sprintf("%s/%d", kind.Name, i), func(t *testing.T) {
				t.Parallel()
				reader, problems := kind.New(example.Options)
				require.Empty(t, problems)
				got, fault := read(kind, reader, example.In, env(example.Answers))
				require.Equal(t, example.Fault, fault.Code)
				require.Equal(t, example.Out, got)
			})
		}
	}
	_, ok := value.TypeNamed("no such type")
	require.False(t, ok)
	require.Len(t, value.TypeNames(), len(names))
}

func TestExamplesOfTransforms(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, transform := range value.Transforms() {
		require.False(t, names[transform.Name], transform.Name)
		names[transform.Name] = true
		documented(t, transform.Name, transform.Doc, transform.Params, transform.Examples)
		_, ok := value.TransformNamed(transform.Name)
		require.True(t, ok)
		for i, example := range transform.Examples {
			t.Run(fmt.Sprintf("%s/%d", transform.Name, i), func(t *testing.T) {
				t.Parallel()
				step, problems := transform.New(example.Options)
				require.Empty(t, problems)
				require.True(t, (step.Text == nil) != (step.List == nil), "one of Text and List")
				require.Equal(t, example.Out, changed(step, example.In))
			})
		}
	}
	_, ok := value.TransformNamed("no such transform")
	require.False(t, ok)
	require.Len(t, value.TransformNames(), len(names))
}

func documented(t *testing.T, name, doc string, options []value.Option, examples []value.Example) {
	require.NotEmpty(t, examples, name)
	require.Regexp(t, `^[A-Z].*\.$`, doc, name)
	for _, option := range options {
		require.Regexp(t, `^[A-Z].*\.$`, option.Doc, "%s.%s", name, option.Name)
		require.NotEmpty(t, option.Kind, "%s.%s", name, option.Name)
		require.Equal(t, option.Kind == value.KindChoice, len(option.Choices) > 0, "%s.%s", name, option.Name)
	}
}
