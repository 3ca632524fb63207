package mapping

import "errors"

// oneOrMore is a text or a list of texts.
type oneOrMore []string

func (o *oneOrMore) UnmarshalYAML(decode func(any) error) error {
	var value any
	if err := decode(&value); err != nil {
		return err
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, each := range list {
		text, ok := each.(string)
		if !ok {
			return errors.New("want a text or a list of texts")
		}
		*o = append(*o, text)
	}
	return nil
}

// keys are alternatives in order of preference; each is one field or, as a list, several fields together.
type keys [][]string

func (k *keys) UnmarshalYAML(decode func(any) error) error {
	want := errors.New("want a list of fields, in order of preference; a list within it is a key of several fields")
	var values []any
	if err := decode(&values); err != nil {
		return want
	}
	for _, value := range values {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		var key []string
		for _, each := range list {
			field, ok := each.(string)
			if !ok || field == "" {
				return want
			}
			key = append(key, field)
		}
		if len(key) == 0 {
			return want
		}
		*k = append(*k, key)
	}
	return nil
}

// transformSpec is a transform by its name, or with its parameters as {truncate: 120}.
type transformSpec struct {
	name  string
	given any // nil where there are no parameters
}

func (t *transformSpec) UnmarshalYAML(decode func(any) error) error {
	want := errors.New("want a transform's name, or one with its parameters, such as {truncate: 120}")
	var value any
	if err := decode(&value); err != nil {
		return err
	}
	switch v := value.(type) {
	case string:
		t.name = v
	case map[string]any:
		if len(v) != 1 {
			return want
		}
		for name, given := range v {
			t.name, t.given = name, given
		}
	default:
		return want
	}
	return nil
}

// fallbackSpec is what happens to an answer that makes no sense: a person looks at it (review, as without a fallback),
// it is left out (omit), or a value stands in, also where there is no answer at all.
type fallbackSpec struct {
	omit  bool
	value any
}

func (f *fallbackSpec) UnmarshalYAML(decode func(any) error) error {
	want := errors.New("want review, omit or {value: …}")
	var value any
	if err := decode(&value); err != nil {
		return err
	}
	switch v := value.(type) {
	case string:
		if v != "review" && v != "omit" {
			return want
		}
		f.omit = v == "omit"
	case map[string]any:
		if f.value = v["value"]; f.value == nil || len(v) != 1 {
			return want
		}
	default:
		return want
	}
	return nil
}
