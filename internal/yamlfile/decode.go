package yamlfile

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Decode fills the struct, map or slice that into points to, by `yaml` tags, and returns every unknown key and every
// value of a wrong type. What is right is filled in even when something else is wrong, so that the caller can go on
// checking and report everything at once.
//
// A type decodes itself as an encoding.TextUnmarshaler (single values) or as a yaml.InterfaceUnmarshaler
// (UnmarshalYAML(func(any) error) error); its error becomes a problem at its place. A value of type any becomes string,
// bool, int64, float64, []any or map[string]any. Null leaves a field as it is. A field of type map[string]any with the
// tag ",rest" takes the keys that no other field has; without one they are unknown.
func (f *File) Decode(into any) Problems {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return Problems{f.Problem(Root, "cannot be decoded into %T, which is no pointer", into)}
	}
	d := &decoder{file: f}
	if f.body != nil {
		d.value(Root, f.body, target.Elem())
	}
	return d.problems.Sorted()
}

type decoder struct {
	file     *File
	problems Problems
}

func (d *decoder) add(path string, at position, format string, args ...any) {
	d.problems = append(d.problems, Problem{
		File: d.file.name, Line: at.line, Column: at.column, Path: path, Message: fmt.Sprintf(format, args...),
	})
}

func (d *decoder) value(path string, node ast.Node, into reflect.Value) {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return
	case *ast.AnchorNode, *ast.AliasNode:
		d.add(path, start(node), "anchors and aliases are not supported; write the value out")
		return
	case *ast.TagNode:
		d.add(path, start(n), "tags are not supported; write the plain value")
		return
	}
	if into.Kind() == reflect.Pointer {
		if into.IsNil() {
			into.Set(reflect.New(into.Type().Elem()))
		}
		d.value(path, node, into.Elem())
		return
	}
	if d.bySelf(path, node, into) {
		return
	}
	switch {
	case into.Kind() == reflect.Struct:
		d.structure(path, node, into)
	case into.Kind() == reflect.Map && into.Type().Key().Kind() == reflect.String:
		d.table(path, node, into)
	case into.Kind() == reflect.Slice:
		d.list(path, node, into)
	case into.Kind() == reflect.Interface && into.NumMethod() == 0:
		d.anything(path, node, into)
	default:
		if err := scalar(node, into); err != nil {
			d.add(path, start(node), "%s", err)
		}
	}
}

// bySelf lets a type decode itself, if it can.
func (d *decoder) bySelf(path string, node ast.Node, into reflect.Value) bool {
	if !into.CanAddr() {
		return false
	}
	switch self := into.Addr().Interface().(type) {
	case yaml.InterfaceUnmarshaler:
		err := self.UnmarshalYAML(func(inner any) error {
			target := reflect.ValueOf(inner)
			if target.Kind() != reflect.Pointer || target.IsNil() {
				return fmt.Errorf("cannot be decoded into %T, which is no pointer", inner)
			}
			nested := &decoder{file: d.file}
			nested.value(path, node, target.Elem())
			return nested.problems.Err()
		})
		var problems Problems
		if errors.As(err, &problems) {
			d.problems = append(d.problems, problems...)
		} else if err != nil {
			d.add(path, start(node), "%s", err)
		}
		return true
	case encoding.TextUnmarshaler:
		text, ok := plainText(node)
		if !ok {
			d.add(path, start(node), "want a single value, got %s", kindOf(node))
		} else if err := self.UnmarshalText([]byte(text)); err != nil {
			d.add(path, start(node), "%s", err)
		}
		return true
	}
	return false
}

func (d *decoder) structure(path string, node ast.Node, into reflect.Value) {
	known := fields(into)
	others, open := rest(into)
	d.entries(path, node, func(below, key string, at position, value ast.Node) {
		field, ok := known[key]
		if !ok && open {
			d.other(below, key, value, others)
			return
		}
		if !ok {
			d.add(below, at, "%s", Unknown("key", key, slices.Collect(maps.Keys(known))))
			return
		}
		d.value(below, value, field)
	})
}

// other keeps a key that the struct does not know, for its owner to judge.
func (d *decoder) other(path, key string, node ast.Node, into reflect.Value) {
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	element := reflect.New(into.Type().Elem()).Elem()
	d.value(path, node, element)
	into.SetMapIndex(reflect.ValueOf(key), element)
}

func (d *decoder) table(path string, node ast.Node, into reflect.Value) {
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	d.entries(path, node, func(below, key string, _ position, value ast.Node) {
		element := reflect.New(into.Type().Elem()).Elem()
		d.value(below, value, element)
		into.SetMapIndex(reflect.ValueOf(key).Convert(into.Type().Key()), element)
	})
}

// entries walks a map's entries, each key once.
func (d *decoder) entries(path string, node ast.Node, each func(below, key string, at position, value ast.Node)) {
	m, ok := node.(ast.MapNode)
	if !ok {
		d.add(path, start(node), "want a map of keys and values, got %s", kindOf(node))
		return
	}
	seen := map[string]int{}
	for entries := m.MapRange(); entries.Next(); {
		key, at := keyText(entries.Key()), start(entries.Key())
		below := Key(path, key)
		if _, single := entries.Key().(ast.ScalarNode); !single || entries.Key().IsMergeKey() {
			d.add(path, at, "want a plain key; merge keys and keys made of several values are not supported")
			continue
		}
		if first, twice := seen[key]; twice {
			d.add(below, at, "set twice; first on line %d", first)
			continue
		}
		seen[key] = at.line
		each(below, key, at, entries.Value())
	}
}

func (d *decoder) list(path string, node ast.Node, into reflect.Value) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.add(path, start(node), "want a list, got %s", kindOf(node))
		return
	}
	values := reflect.MakeSlice(into.Type(), len(sequence.Values), len(sequence.Values))
	for i, value := range sequence.Values {
		d.value(Index(path, i), value, values.Index(i))
	}
	into.Set(values)
}

func (d *decoder) anything(path string, node ast.Node, into reflect.Value) {
	switch node.(type) {
	case ast.MapNode:
		values := map[string]any{}
		d.table(path, node, reflect.ValueOf(values))
		into.Set(reflect.ValueOf(values))
	case *ast.SequenceNode:
		var values []any
		d.list(path, node, reflect.ValueOf(&values).Elem())
		into.Set(reflect.ValueOf(values))
	default:
		value, err := plainValue(node)
		if err != nil {
			d.add(path, start(node), "%s", err)
			return
		}
		into.Set(reflect.ValueOf(value))
	}
}
