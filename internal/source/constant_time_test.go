package source_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ensure nothing in this package compares a signature or a token in a time that depends on it: what compares them is in one
// of the standard library's functions for that, and the ones that stop at the first difference are not used at all.
func TestProofsAreComparedInConstantTime(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	packages, err := parser.ParseDir(files, ".", func(file fs.FileInfo) bool { return !strings.HasSuffix(file.Name(), "_test.go") }, 0)
	require.NoError(t, err)
	constant := 0
	for _, pkg := range packages {
		ast.Inspect(pkg, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, _ := call.X.(*ast.Ident)
			if from == nil {
				return true
			}
			switch from.Name + "." + call.Sel.Name {
			case "bytes.Equal", "bytes.Compare", "bytes.HasPrefix", "reflect.DeepEqual":
				t.Errorf("%s: %s.%s stops at the first difference", files.Position(call.Pos()), from.Name, call.Sel.Name)
			case "hmac.Equal", "subtle.ConstantTimeCompare", "ed25519.Verify":
				constant++
			}
			return true
		})
	}
	require.Equal(t, 4, constant, "keyed hashes, HubSpot's older ones, tokens, Ed25519; Standard Webhooks' library has its own")
}

// Ensure no branch is taken on a secret: the verifiers never compare one with an operator.
func TestSecretsAreNotComparedWithOperators(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	packages, err := parser.ParseDir(files, ".", func(file fs.FileInfo) bool { return !strings.HasSuffix(file.Name(), "_test.go") }, 0)
	require.NoError(t, err)
	secretly := func(e ast.Expr) bool {
		name := ""
		switch x := e.(type) {
		case *ast.Ident:
			name = x.Name
		case *ast.SelectorExpr:
			name = x.Sel.Name
		}
		return name == "secret" || name == "signature" || name == "given" || name == "sum" || name == "wanted"
	}
	for _, pkg := range packages {
		ast.Inspect(pkg, func(n ast.Node) bool {
			operation, ok := n.(*ast.BinaryExpr)
			if !ok || operation.Op != token.EQL && operation.Op != token.NEQ {
				return true
			}
			if empty, ok := operation.Y.(*ast.BasicLit); ok && empty.Value == `""` {
				return true // whether there is one at all
			}
			if secretly(operation.X) || secretly(operation.Y) {
				t.Errorf("%s: compared with an operator", files.Position(operation.Pos()))
			}
			return true
		})
	}
}
