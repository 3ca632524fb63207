package expression

import (
	"fmt"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
)

// Names that every expression knows.
const (
	answersName = "a"
	mappedName  = "v"
	contextName = "context"
)

// names are the single values that every expression knows, with their types.
var names = map[string]*cel.Type{
	"form": cel.StringType, "form.locale": cel.StringType, "source": cel.StringType, "submission.id": cel.StringType,
	"submission.submitted_at": cel.TimestampType, "submission.received_at": cel.TimestampType,
}

// Limits of one expression: a person's fit ten times over.
const (
	maxCost      = 100_000 // roughly operations, of which comparing ten characters is one
	maxRecursion = 50
	maxLength    = 4000 // characters
)

// environment is what all expressions share. There is no has(): what is absent is "", and `in` tells.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.ClearMacros(),
		cel.Macros(cel.AllMacro, cel.ExistsMacro, cel.ExistsOneMacro, cel.MapMacro, cel.MapFilterMacro, cel.FilterMacro),
		cel.Variable(answersName, cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable(mappedName, cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable(contextName, cel.MapType(cel.StringType, cel.StringType)),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.ParserRecursionLimit(maxRecursion),
		cel.ParserExpressionSizeLimit(maxLength),
		ext.Strings(ext.StringsVersion(4)),
		ext.Math(ext.MathVersion(2)),
		cel.Function("number", cel.Overload("number_dyn", []*cel.Type{cel.DynType}, cel.DoubleType, cel.UnaryBinding(toNumber))),
	}
	for name, kind := range names {
		options = append(options, cel.Variable(name, kind))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("prepare the language of expressions: %w", err)
	}
	return env, nil
})

// toNumber reads a number as people write it.
func toNumber(given ref.Val) ref.Val {
	switch v := given.(type) {
	case types.Double:
		return v
	case types.Int:
		return types.Double(v)
	case types.String:
		if number, ok := number(string(v)); ok {
			return types.Double(number)
		}
	}
	return types.NewErr("not a number")
}
