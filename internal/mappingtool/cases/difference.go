package cases

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// Difference is one place at which an outcome is not what is expected.
type Difference struct {
	Path string `json:"path"` // such as plan.objects.contact.fields.email
	Want string `json:"want,omitempty"`
	Got  string `json:"got,omitempty"` // empty where there is nothing
}

// Compare finds the differences between two outcomes as they are written in files, in the order in which they stand.
// Expected may be nil: then everything is one difference. Objects of a plan and problems are compared by their names, so
// that one more of them is one difference and not many.
func Compare(expected, got []byte) ([]Difference, error) {
	if bytes.Equal(expected, got) {
		return nil, nil
	}
	want, err := decode(expected)
	if err != nil {
		return nil, fmt.Errorf("read what is expected: %w", err)
	}
	have, err := decode(got)
	if err != nil {
		return nil, fmt.Errorf("read what was made: %w", err)
	}
	r := &reporter{}
	cmp.Equal(want, have, cmp.Reporter(r))
	return r.found, nil
}

// decode reads JSON and names what it lists.
func decode(text []byte) (any, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return named(value), nil
}

// named turns lists of objects that have names into objects, as far down as there are any.
func named(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, each := range v {
			v[key] = named(each)
		}
	case []any:
		byName := make(map[string]any, len(v))
		for i, each := range v {
			each = named(each)
			if object, ok := each.(map[string]any); ok {
				byName[nameOf(object, i)] = object
			}
			v[i] = each
		}
		if len(v) > 0 && len(byName) == len(v) {
			return byName
		}
	}
	return value
}

func nameOf(object map[string]any, i int) string {
	for _, key := range []string{"name", "field", "code"} {
		if name, ok := object[key].(string); ok {
			if code, ok := object["code"].(string); ok && key == "field" {
				return name + " " + code
			}
			return name
		}
	}
	return "[" + strconv.Itoa(i) + "]"
}

// everything is the place of a difference in the whole.
const everything = "everything"

// reporter notes the places at which two values differ.
type reporter struct {
	path  cmp.Path
	found []Difference
}

func (r *reporter) PushStep(step cmp.PathStep) { r.path = append(r.path, step) }
func (r *reporter) PopStep()                   { r.path = r.path[:len(r.path)-1] }

func (r *reporter) Report(result cmp.Result) {
	if result.Equal() {
		return
	}
	want, got := r.path.Last().Values()
	d := Difference{Path: r.place()}
	if want.IsValid() {
		d.Want = encoded(want.Interface())
	}
	if got.IsValid() {
		d.Got = encoded(got.Interface())
	}
	r.found = append(r.found, d)
}

func (r *reporter) place() string {
	var place strings.Builder
	for _, step := range r.path {
		switch s := step.(type) {
		case cmp.MapIndex:
			if place.Len() > 0 {
				place.WriteByte('.')
			}
			place.WriteString(s.Key().String())
		case cmp.SliceIndex:
			i, j := s.SplitKeys()
			fmt.Fprintf(&place, "[%d]", max(i, j))
		}
	}
	if place.Len() == 0 {
		return everything
	}
	return place.String()
}

func encoded(value any) string {
	if value == nil {
		return ""
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSpace(b.String())
}
