package expression

import (
	"errors"
	"reflect"
	"slices"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// table is a map of an expression whose missing entries are empty texts.
type table struct {
	get   func(name string) any
	has   func(name string) bool
	names func() []string
}

var _ traits.Mapper = table{}

func (t table) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	return native(t.get(string(name))), true
}

func (t table) Get(key ref.Val) ref.Val {
	found, _ := t.Find(key)
	return found
}

func (t table) Contains(key ref.Val) ref.Val {
	name, ok := key.(types.String)
	return types.Bool(ok && t.has(string(name)))
}

// Iterator goes through the names in order: the same submission gives the same value.
func (t table) Iterator() traits.Iterator {
	names := t.names()
	slices.Sort(names)
	return types.NewStringList(types.DefaultTypeAdapter, names).Iterator()
}

func (t table) Size() ref.Val { return types.Int(len(t.names())) }

func (t table) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("a map of answers is no value")
}

func (t table) ConvertToType(to ref.Type) ref.Val {
	if to == types.TypeType {
		return types.MapType
	}
	return types.NewErr("a map of answers is no value")
}

func (t table) Equal(ref.Val) ref.Val { return types.False }
func (t table) Type() ref.Type        { return types.MapType }
func (t table) Value() any            { return t }
