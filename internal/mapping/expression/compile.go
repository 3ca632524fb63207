package expression

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"

	"handoff/internal/yamlfile"
)

// Scope is what an expression may name beside what all of them may.
type Scope struct {
	// Answers are the answers that can be named as they are.
	Answers []string
	// Mapped are the fields that earlier rules fill.
	Mapped []string
	// Rename is what a field is called here that the expression calls otherwise; nil is the same.
	Rename func(field string) string
	// Condition wants yes or no.
	Condition bool
}

func (s Scope) rename(field string) string {
	if s.Rename == nil {
		return field
	}
	return s.Rename(field)
}

// Problem is what is wrong in an expression. Line and Column count from 0, -1 where the place is not known.
type Problem struct {
	Line, Column int
	Text         string
}

// Expression is compiled, immutable and safe for concurrent use.
type Expression struct {
	program cel.Program
	answers map[string]kind // those that are named as they are
	rename  func(string) string
	reads   []string
	all     bool
	result  string
}

// Reads are the answers that the expression names, sorted.
func (x *Expression) Reads() []string { return x.reads }

// ReadsAll says that it goes through all answers, or computes the name of one.
func (x *Expression) ReadsAll() bool { return x.all }

// Result is the type of its values: string, boolean, integer, decimal, datetime, strings, or any.
func (x *Expression) Result() string { return x.result }

// Compile checks an expression. With problems there is none.
func Compile(text string, scope Scope) (*Expression, []Problem) {
	env, err := environment()
	if err != nil {
		return nil, []Problem{{-1, -1, err.Error()}}
	}
	if strings.TrimSpace(text) == "" {
		return nil, []Problem{{-1, -1, "want an expression, got an empty text"}}
	}
	parsed, issues := env.Parse(text)
	if problems := plainly(issues, scope, nil); len(problems) > 0 {
		return nil, problems
	}
	seen := look(parsed.NativeRep(), scope)
	if len(seen.problems) > 0 {
		return nil, seen.problems
	}
	checked, kinds, issues := infer(env, parsed, seen.bare)
	if problems := plainly(issues, scope, seen.bare); len(problems) > 0 {
		return nil, problems
	}
	x := &Expression{answers: kinds, rename: scope.rename, all: seen.all, reads: slices.Sorted(slices.Values(seen.reads))}
	x.reads = slices.Compact(x.reads)
	result, ok := resultOf(checked.OutputType())
	switch {
	case scope.Condition && result != "boolean":
		return nil, []Problem{{0, 0, "want a condition that is true or false, such as a[\"country\"] == \"NL\"; this is " + nameOf(checked.OutputType())}}
	case !ok:
		return nil, []Problem{{0, 0, "want a text, a number, true or false, a moment or a list of texts; this is " + nameOf(checked.OutputType())}}
	}
	x.result = result
	if checked.NativeRep().Expr().Kind() == ast.LiteralKind && scope.Condition {
		return nil, []Problem{{0, 0, "always the same; want a condition that depends on the submission"}}
	}
	// The limit on the cost also turns on its tracking.
	x.program, err = env.Program(checked, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, []Problem{{0, 0, "cannot be run: " + firstLine(err.Error())}}
	}
	return x, nil
}

// resultOf names the type of an expression's values.
func resultOf(t *cel.Type) (string, bool) {
	switch {
	case t.IsExactType(cel.BoolType):
		return "boolean", true
	case t.IsExactType(cel.StringType):
		return "string", true
	case t.IsExactType(cel.IntType), t.IsExactType(cel.UintType):
		return "integer", true
	case t.IsExactType(cel.DoubleType):
		return "decimal", true
	case t.IsExactType(cel.TimestampType):
		return "datetime", true
	case t.IsExactType(cel.NullType), t.Kind() == cel.DynKind:
		return "any", true
	case t.Kind() == cel.ListKind && len(t.Parameters()) == 1:
		of := t.Parameters()[0]
		return "strings", of.IsExactType(cel.StringType) || of.Kind() == cel.DynKind || of.Kind() == cel.TypeParamKind
	}
	return "", false
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// seen is what an expression names.
type seen struct {
	reads    []string // answers
	bare     []string // answers that are named as they are
	all      bool
	problems []Problem
}

// look walks a parsed expression for the answers and fields that it names.
func look(parsed *ast.AST, scope Scope) seen {
	var s seen
	local := map[string]bool{} // the variables of exists, all, filter and map
	constant := map[int64]bool{}
	visit := func(e ast.Expr) {
		switch e.Kind() {
		case ast.ComprehensionKind:
			c := e.AsComprehension()
			local[c.IterVar()], local[c.IterVar2()], local[c.AccuVar()] = true, true, true
		case ast.SelectKind:
			if of := e.AsSelect().Operand(); of.Kind() == ast.IdentKind {
				s.named(parsed, e, of, e.AsSelect().FieldName(), scope, constant)
			}
		case ast.CallKind:
			s.indexed(parsed, e, scope, constant)
		}
	}
	ast.PreOrderVisit(parsed.Expr(), ast.NewExprVisitor(visit))
	ast.PreOrderVisit(parsed.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		name := chain(e)
		if name == "" || local[first(name)] {
			return
		}
		if slices.Contains(scope.Answers, name) && !known(name) && !slices.Contains(s.bare, name) {
			s.bare, s.reads = append(s.bare, name), append(s.reads, name)
		}
		if name == answersName && !constant[e.ID()] {
			s.all = true
		}
	}))
	return s
}

// indexed looks at a["x"], v["x"] and "x" in a.
func (s *seen) indexed(parsed *ast.AST, e ast.Expr, scope Scope, constant map[int64]bool) {
	call := e.AsCall()
	args := call.Args()
	if len(args) != 2 {
		return
	}
	of, name := args[0], args[1]
	switch call.FunctionName() {
	case "_[_]":
	case "@in":
		of, name = args[1], args[0]
	default:
		return
	}
	if text, ok := literalText(name); ok && of.Kind() == ast.IdentKind {
		s.named(parsed, name, of, text, scope, constant)
	}
}

// named notes an entry of a or v that is named by a fixed text.
func (s *seen) named(parsed *ast.AST, at, of ast.Expr, name string, scope Scope, constant map[int64]bool) {
	switch of.AsIdent() {
	case answersName:
		constant[of.ID()] = true
		s.reads = append(s.reads, name)
	case mappedName:
		if !slices.Contains(scope.Mapped, scope.rename(name)) {
			location := parsed.SourceInfo().GetStartLocation(at.ID())
			s.problems = append(s.problems, Problem{location.Line() - 1, location.Column(),
				"no rule before this one fills it: " + yamlfile.Unknown("field", name, scope.Mapped)})
		}
	}
}

func literalText(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().Value().(string)
	return text, ok
}

// chain is the dotted name that an expression is, or "".
func chain(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		if of := chain(e.AsSelect().Operand()); of != "" && !e.AsSelect().IsTestOnly() {
			return of + "." + e.AsSelect().FieldName()
		}
	}
	return ""
}

func first(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}

// known says that a name has a meaning in every expression.
func known(name string) bool {
	return name == answersName || name == mappedName || name == contextName || names[name] != nil
}
