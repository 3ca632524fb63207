package value

import (
	"sync"
	"time"
)

// Fault is why an answer cannot be used: a code for programs and what would do, for people. It never repeats the
// answer. The zero Fault is none.
type Fault struct{ Code, Expect string }

// Found says that there is a fault.
func (f Fault) Found() bool { return f.Code != "" }

// Single is the fault of several answers where one is wanted.
var Single = Fault{"type.single", "one answer"}

// Env is what a conversion may know besides the text. A nil Env knows nothing.
type Env struct {
	// Submitted is when the answers were given: the "now" of relative dates such as "tomorrow".
	Submitted time.Time
	// Answer returns the cleaned text of another answer, or "" where there is none. Nil is no other answers.
	Answer func(name string) string
}

// answer is the text of another answer, or "".
func (e *Env) answer(name string) string {
	if e == nil || e.Answer == nil || name == "" {
		return ""
	}
	return e.Answer(name)
}

func (e *Env) submitted() time.Time {
	if e == nil {
		return time.Time{}
	}
	return e.Submitted
}

// Converter understands a text, which is clean and not empty.
type Converter func(text string, env *Env) (any, Fault)

// Reader is a type with its options: how answers are understood.
type Reader struct {
	// Text reads one text. It is never nil.
	Text Converter
	// Number reads a JSON number where it means something else than the same text would: 1.234 is a fraction as a
	// number, and a thousand or so as the text of a German. Nil: a number is read as its text.
	Number Converter
	// List reads several texts, of which none is empty. Nil: an answer is one text.
	List func(texts []string, env *Env) (any, Fault)
	// Currency is the ISO 4217 code of what Text reads as an amount of money. Only money has it.
	Currency Converter
}

// Class is how closely a value concerns a person.
type Class = string

// The classes of values, in the words of the mapping language.
const (
	None      Class = "none"
	Contact   Class = "contact"   // reaches a person
	Identity  Class = "identity"  // tells who a person is
	Sensitive Class = "sensitive" // needs special care
)

// Type is what an answer can be read as.
type Type struct {
	Name string
	Doc  string // one or two plain sentences
	// PII is the class of values of this type where the rule says nothing.
	PII      Class
	Options  []Option
	Examples []Example
	// Multi types take several answers at once.
	Multi bool
	// Multiline types keep the line breaks of a text: it is cleaned by Paragraphs instead of Line.
	Multiline bool
	// New compiles the type with its options. The Reader is usable also where there are problems.
	New func(o Options) (Reader, []OptionProblem)
}

// Example is shown in the reference and run by the tests.
type Example struct {
	In      any               // a text, a json.Number, or a list of texts
	Options map[string]any    // of the type, or the parameters of the transform
	Answers map[string]string // other answers that options name
	Out     any               // what is written; nil is nothing
	Fault   string            // the code of the fault, instead of Out
	Why     string            // what the example shows, where it is not plain
}

// Types are all types, in the order of the reference.
func Types() []Type { return types() }

// TypeNamed finds a type.
func TypeNamed(name string) (Type, bool) {
	for _, t := range types() {
		if t.Name == name {
			return t, true
		}
	}
	return Type{}, false
}

// TypeNames are the names of all types, in the order of the reference.
func TypeNames() []string {
	var names []string
	for _, t := range types() {
		names = append(names, t.Name)
	}
	return names
}

var types = sync.OnceValue(func() []Type {
	return []Type{stringType(), textType(), emailType(), phoneType(), urlType(), domainType(), integerType(), decimalType(), moneyType(), booleanType(), dateType(), datetimeType(), enumType(), multiEnumType(), countryType(), stateType(), languageType()}
})
