package change

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"handoff/internal/mapping"
	"handoff/internal/submission"
)

// outcome is what becomes of a submission in one version.
type outcome struct {
	unserved bool // no mapping serves the form
	mapping  string
	review   bool // a person must look
	problems []submission.Problem
	fields   map[string]any    // by object.field; links by the object that they lead to
	records  map[string]string // destination by object
	owned    bool              // a record takes an owner
	owner    string            // who gets it, in words; "" where that is not known
}

// planned is the outcome of a plan.
func planned(plan mapping.Plan) outcome {
	o := outcome{mapping: plan.Mapping, fields: map[string]any{}, records: map[string]string{}}
	for _, object := range plan.Objects {
		o.records[object.Name] = object.Destination
		if object.Destination == "" {
			o.records[object.Name] = plan.Destination
		}
		o.owned = o.owned || object.OwnerField
		for field, value := range object.Fields {
			o.fields[object.Name+"."+field] = value
		}
		for _, link := range object.Links {
			o.fields[object.Name+"."+link.Field] = linkTo(link.To)
		}
	}
	return o
}

// linkTo is the value of a field that leads to another record.
type linkTo string

// same says whether two values are written alike.
func same(a, b any) bool {
	switch x := a.(type) {
	case []string:
		y, ok := b.([]string)
		return ok && slices.Equal(x, y)
	case json.Number:
		y, ok := b.(json.Number)
		return ok && x == y
	}
	if _, list := b.([]string); list {
		return false
	}
	return a == b
}

// reasons names the problems of a review by answer and code, sorted.
func reasons(problems []submission.Problem) string {
	found := map[string]bool{}
	for _, p := range problems {
		found[strings.TrimSpace(p.Field+" "+p.Code)] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), ", ")
}
