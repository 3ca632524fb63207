package mapping

import (
	"errors"
	"time"
)

// spec is the file as it is written. What each key means is told where it is compiled.
type spec struct {
	Mapping     string                `yaml:"mapping"`
	Owner       string                `yaml:"owner"`
	Forms       []string              `yaml:"forms"`
	Sources     []string              `yaml:"sources"`
	Destination string                `yaml:"destination"`
	Dedupe      *dedupeSpec           `yaml:"dedupe"`
	Identity    string                `yaml:"identity"`
	Ignore      []string              `yaml:"ignore"`
	Consent     *consentSpec          `yaml:"consent"`
	Fields      []fieldSpec           `yaml:"fields"`
	Objects     map[string]objectSpec `yaml:"objects"` // written in the order in which they stand in the file
	Customer    *customerSpec         `yaml:"customer"`
	Routing     map[string]string     `yaml:"routing"`
}

type dedupeSpec struct {
	Window time.Duration `yaml:"window"`
}

// consentSpec is what the person was asked, where the answer is and where it goes.
type consentSpec struct {
	Basis       string            `yaml:"basis"`
	From        oneOrMore         `yaml:"from"`
	Text        string            `yaml:"text"`
	TextVersion string            `yaml:"text_version"`
	TrueWords   []string          `yaml:"true_words"`
	FalseWords  []string          `yaml:"false_words"`
	Unanswered  string            `yaml:"unanswered"`
	To          map[string]string `yaml:"to"` // target: answer, text, text_version or timestamp
}

// fieldSpec is one rule: what is read, how it is understood, where it goes, and what happens when there is nothing or
// nothing sensible to read.
type fieldSpec struct {
	From    oneOrMore `yaml:"from"`
	Value   any       `yaml:"value"`
	Collect []string  `yaml:"collect"`

	To    oneOrMore  `yaml:"to"`
	Split *splitSpec `yaml:"split"`

	Type       string         `yaml:"type"`
	Transform  []string       `yaml:"transform"`
	Max        int            `yaml:"max"`
	Enum       map[string]any `yaml:"enum"`
	TrueWords  []string       `yaml:"true_words"`
	FalseWords []string       `yaml:"false_words"`
	Region     string         `yaml:"region"`
	RegionFrom string         `yaml:"region_from"`
	Order      string         `yaml:"order"`

	Required  bool          `yaml:"required"`
	Otherwise bool          `yaml:"otherwise"`
	Fallback  *fallbackSpec `yaml:"fallback"`
	Owner     string        `yaml:"owner"`
}

type splitSpec struct {
	First string `yaml:"first"`
	Last  string `yaml:"last"`
}

type objectSpec struct {
	Object     string            `yaml:"object"`
	Key        keys              `yaml:"key"`
	Links      map[string]string `yaml:"links"`
	WithoutKey string            `yaml:"without_key"`
	CreateOnly []string          `yaml:"create_only"`
	UpdateOnly []string          `yaml:"update_only"`
	FillBlanks []string          `yaml:"fill_blanks"`
	Owned      bool              `yaml:"owned"`
}

type customerSpec struct {
	Object string              `yaml:"object"`
	When   map[string][]string `yaml:"when"`
	Skip   []string            `yaml:"skip"`
	Route  string              `yaml:"route"`
}

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
