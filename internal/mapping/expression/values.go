package expression

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"handoff/internal/mapping/value"
)

// errNoAnswer ends an expression that needs a number which was not given.
var errNoAnswer = errors.New("no answer")

// errUnusable ends an expression that needs a number where something else was answered.
var errUnusable = errors.New("not what the expression takes the answer for")

// native is a value of the submission as expressions see it. What is absent is an empty text.
func native(given any) ref.Val {
	switch v := given.(type) {
	case nil:
		return types.String("")
	case string:
		return types.String(value.Paragraphs(v))
	case bool:
		return types.Bool(v)
	case json.Number:
		if whole, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return types.Int(whole)
		}
		if float, err := v.Float64(); err == nil {
			return types.Double(float)
		}
		return types.String(v.String())
	case []string:
		return types.NewStringList(types.DefaultTypeAdapter, v)
	case []any:
		list := make([]ref.Val, len(v))
		for i, each := range v {
			list[i] = native(each)
		}
		return types.NewRefValList(types.DefaultTypeAdapter, list)
	case map[string]any:
		entries := make(map[ref.Val]ref.Val, len(v))
		for name, each := range v {
			entries[types.String(name)] = native(each)
		}
		return types.NewRefValMap(types.DefaultTypeAdapter, entries)
	}
	return types.String("")
}

// as is an answer as the kind that the expression takes it for.
func (k kind) as(given any) ref.Val {
	if list, ok := given.([]any); ok && len(list) == 1 && k != kindList {
		given = list[0]
	}
	if given == nil && (k == kindDecimal || k == kindInteger) {
		return types.WrapErr(errNoAnswer)
	}
	if k == kindList {
		return listOf(given)
	}
	text, ok := textOf(given)
	if !ok {
		return types.WrapErr(errUnusable)
	}
	if k == kindText {
		return types.String(text)
	}
	if text == "" {
		if k == kindBoolean {
			return types.False
		}
		return types.WrapErr(errNoAnswer)
	}
	switch k {
	case kindBoolean:
		if yes, ok := read(booleans(), given, text).(bool); ok {
			return types.Bool(yes)
		}
	case kindInteger:
		if number, ok := read(integers(), given, text).(json.Number); ok {
			if whole, err := number.Int64(); err == nil {
				return types.Int(whole)
			}
		}
	case kindDecimal:
		if _, ok := given.(json.Number); ok {
			if float, err := strconv.ParseFloat(text, 64); err == nil {
				return types.Double(float)
			}
		} else if float, ok := number(text); ok {
			return types.Double(float)
		}
	}
	return types.WrapErr(errUnusable)
}

func listOf(given any) ref.Val {
	list, ok := given.([]any)
	if !ok && given != nil {
		list = []any{given}
	}
	texts := make([]string, 0, len(list))
	for _, each := range list {
		text, ok := textOf(each)
		if !ok {
			return types.WrapErr(errUnusable)
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	return types.NewStringList(types.DefaultTypeAdapter, texts)
}

func textOf(given any) (string, bool) {
	switch v := given.(type) {
	case nil:
		return "", true
	case string:
		return value.Paragraphs(v), true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// reader is a type of the language without options.
func reader(name string) func() value.Reader {
	return sync.OnceValue(func() value.Reader {
		kind, ok := value.TypeNamed(name)
		if !ok {
			return value.Reader{}
		}
		r, _ := kind.New(nil)
		return r
	})
}

var booleans, integers, decimals = reader("boolean"), reader("integer"), reader("decimal")

func read(r value.Reader, given any, text string) any {
	convert := r.Text
	if _, ok := given.(json.Number); ok && r.Number != nil {
		convert = r.Number
	}
	if convert == nil || text == "" {
		return nil
	}
	result, fault := convert(text, nil)
	if fault.Found() {
		return nil
	}
	return result
}

// number reads a number as people write it: a whole one in groups of three digits, or one with a fraction.
func number(text string) (float64, bool) {
	text = value.Line(text)
	for _, r := range []value.Reader{integers(), decimals()} {
		if exact, ok := read(r, nil, text).(json.Number); ok {
			float, err := exact.Float64()
			return float, err == nil
		}
	}
	return 0, false
}

// result is a value as a record can hold it: nil, string, bool, json.Number or []string.
func result(out ref.Val) (any, bool) {
	switch v := out.(type) {
	case types.Null:
		return nil, true
	case types.String:
		return string(v), true
	case types.Bool:
		return bool(v), true
	case types.Int:
		return json.Number(strconv.FormatInt(int64(v), 10)), true
	case types.Uint:
		return json.Number(strconv.FormatUint(uint64(v), 10)), true
	case types.Double:
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, false
		}
		return json.Number(strconv.FormatFloat(float64(v), 'f', -1, 64)), true
	case types.Timestamp:
		return v.UTC().Format(time.RFC3339Nano), true
	case traits.Lister:
		size, _ := v.Size().(types.Int)
		texts := make([]string, 0, size)
		for i := range size {
			text, ok := v.Get(i).(types.String)
			if !ok {
				return nil, false
			}
			texts = append(texts, string(text))
		}
		return texts, true
	}
	return nil, false
}
