package yamlfile

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// scalar sets a single value. Its errors name what was wanted and what kind of thing was found, never the value.
func scalar(node ast.Node, into reflect.Value) error {
	if into.Type() == reflect.TypeFor[time.Duration]() {
		return duration(node, into)
	}
	switch into.Kind() {
	case reflect.String:
		text, ok := stringText(node)
		if !ok && isSingle(node) {
			return fmt.Errorf("want a text, got %s; put it in quotes", kindOf(node))
		}
		if !ok {
			return fmt.Errorf("want a text, got %s", kindOf(node))
		}
		into.SetString(text)
	case reflect.Bool:
		value, ok := node.(*ast.BoolNode)
		if !ok {
			return fmt.Errorf("want true or false, got %s", kindOf(node))
		}
		into.SetBool(value.Value)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		value, err := whole(node)
		if err != nil {
			return err
		}
		if into.OverflowInt(value) {
			return errors.New("a number out of range")
		}
		into.SetInt(value)
	case reflect.Float32, reflect.Float64:
		value, err := number(node)
		if err != nil {
			return err
		}
		into.SetFloat(value)
	default:
		return fmt.Errorf("cannot be decoded into %s", into.Type())
	}
	return nil
}

// duration wants a unit: a bare number of what would be a guess.
func duration(node ast.Node, into reflect.Value) error {
	const want = "want a duration with its unit, such as 500ms, 5s or 10m"
	text, ok := stringText(node)
	if !ok {
		return fmt.Errorf("%s; got %s", want, kindOf(node))
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		return errors.New(want)
	}
	into.SetInt(int64(value))
	return nil
}

func whole(node ast.Node) (int64, error) {
	integer, ok := node.(*ast.IntegerNode)
	if !ok {
		return 0, fmt.Errorf("want a whole number, got %s", kindOf(node))
	}
	switch value := integer.Value.(type) {
	case int64:
		return value, nil
	case uint64:
		if value <= math.MaxInt64 {
			return int64(value), nil
		}
	}
	return 0, errors.New("a number out of range")
}

func number(node ast.Node) (float64, error) {
	switch n := node.(type) {
	case *ast.FloatNode:
		return n.Value, nil
	case *ast.IntegerNode:
		value, err := whole(n)
		return float64(value), err
	}
	return 0, fmt.Errorf("want a number, got %s", kindOf(node))
}

// plainValue is a single value in the type that YAML gives it.
func plainValue(node ast.Node) (any, error) {
	if text, ok := stringText(node); ok {
		return text, nil
	}
	switch n := node.(type) {
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return whole(n)
	case *ast.FloatNode:
		return n.Value, nil
	}
	return nil, fmt.Errorf("want a plain value, got %s", kindOf(node))
}

// stringText is the text of a node that YAML holds to be a text.
func stringText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}

// plainText is any single value as it was written.
func plainText(node ast.Node) (string, bool) {
	if text, ok := stringText(node); ok {
		return text, true
	}
	if !isSingle(node) {
		return "", false
	}
	return node.GetToken().Value, true
}

func isSingle(node ast.Node) bool {
	_, ok := node.(ast.ScalarNode)
	return ok
}

// kindOf names a node as its author would.
func kindOf(node ast.Node) string {
	switch node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "a map"
	}
	return "something else"
}
