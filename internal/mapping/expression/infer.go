package expression

import (
	"github.com/google/cel-go/cel"
)

// kind is what an expression takes an answer for.
type kind int

const (
	kindText kind = iota
	kindDecimal
	kindInteger
	kindBoolean
	kindList
)

// kinds are tried in this order: what can be a text is one.
var kinds = []kind{kindText, kindDecimal, kindInteger, kindBoolean, kindList}

func (k kind) celType() *cel.Type {
	switch k {
	case kindDecimal:
		return cel.DoubleType
	case kindInteger:
		return cel.IntType
	case kindBoolean:
		return cel.BoolType
	case kindList:
		return cel.ListType(cel.StringType)
	}
	return cel.StringType
}

// infer finds what the expression takes each answer for: the first kind with which it makes sense, while the others may
// be anything. What makes no sense with any kind is reported for texts.
func infer(env *cel.Env, parsed *cel.Ast, answers []string) (*cel.Ast, map[string]kind, *cel.Issues) {
	found := make(map[string]kind, len(answers))
	for _, name := range answers {
		for _, k := range kinds {
			if _, issues := check(env, parsed, answers, map[string]kind{name: k}); issues.Err() == nil {
				found[name] = k
				break
			}
		}
	}
	all := make(map[string]kind, len(answers))
	for _, name := range answers {
		all[name] = found[name] // a text where nothing fits
	}
	checked, issues := check(env, parsed, answers, all)
	return checked, all, issues
}

// check checks the expression with what is known of the answers; the others may be anything.
func check(env *cel.Env, parsed *cel.Ast, answers []string, of map[string]kind) (*cel.Ast, *cel.Issues) {
	var variables []cel.EnvOption
	for _, name := range answers {
		t := cel.DynType
		if k, ok := of[name]; ok {
			t = k.celType()
		}
		variables = append(variables, cel.Variable(name, t))
	}
	if len(variables) > 0 {
		extended, err := env.Extend(variables...)
		if err != nil {
			return nil, cel.ErrorAsIssues(err)
		}
		env = extended
	}
	return env.Check(parsed)
}
