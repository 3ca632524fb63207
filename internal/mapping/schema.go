package mapping

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"handoff/internal/mapping/value"
)

// Schema is the JSON Schema (draft 2020-12) of mapping files, so that editors complete and check them. It is made of the
// structs that the files are decoded into and of the registry of types and transforms. What needs more than one key to
// judge is left to Load.
func Schema() []byte {
	return document("Handoff mapping", "What becomes of the answers of a form.", reflect.TypeFor[spec]())
}

// SharedSchema is that of the files that mappings use.
func SharedSchema() []byte {
	return document("Handoff shared tables and fragments", "What several mappings use.", reflect.TypeFor[sharedSpec]())
}

type schema map[string]any

func document(title, description string, root reflect.Type) []byte {
	s := mapOf(root)
	s["$schema"], s["title"], s["description"] = "https://json-schema.org/draft/2020-12/schema", title, description
	s["$defs"] = schema{"rule": ruleSchema(), "transform": transformSchema(), "table": tableSchema()}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(s); err != nil {
		return nil // made of texts, lists and maps: cannot happen
	}
	return b.Bytes()
}

// mapOf is a map with the keys of a struct.
func mapOf(t reflect.Type) schema {
	properties, needed := schema{}, []string{}
	addProperties(t, properties, &needed)
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(needed) > 0 {
		s["required"] = needed
	}
	return s
}

func addProperties(t reflect.Type, properties schema, needed *[]string) {
	for _, field := range keysIn(t) {
		s := schemaOf(field.of)
		if words := field.tag.Get("choices"); words != "" {
			choose(s, strings.Split(words, "|"))
		}
		if field.tag.Get("kind") == "type" {
			choose(s, value.TypeNames())
			s["enumDescriptions"] = docsOfTypes()
		}
		s["description"] = field.tag.Get("doc")
		properties[field.name] = s
		if field.tag.Get("need") == "true" {
			*needed = append(*needed, field.name)
		}
	}
}

// choose limits a text, or the texts of a map, to some words.
func choose(s schema, words []string) {
	if inner, ok := s["additionalProperties"].(schema); ok {
		inner["enum"] = words
		return
	}
	s["enum"] = words
}

func docsOfTypes() []string {
	var docs []string
	for _, t := range value.Types() {
		docs = append(docs, t.Doc)
	}
	return docs
}

// schemaOf is the schema of a key's values.
func schemaOf(t reflect.Type) schema {
	switch t {
	case reflect.TypeFor[fieldSpec]():
		return schema{"$ref": "#/$defs/rule"}
	case reflect.TypeFor[transformSpec]():
		return schema{"$ref": "#/$defs/transform"}
	case reflect.TypeFor[tableSpec]():
		return schema{"$ref": "#/$defs/table"}
	case reflect.TypeFor[oneOrMore]():
		return words()
	case reflect.TypeFor[keys]():
		return schema{"type": "array", "minItems": 1, "items": words()}
	case reflect.TypeFor[fallbackSpec]():
		inner := schema{"type": "object", "required": []string{"value"}, "additionalProperties": false, "properties": schema{"value": constantSchema()}}
		return schema{"anyOf": []schema{{"enum": []string{"review", "omit"}}, inner}}
	case reflect.TypeFor[time.Duration]():
		return schema{"type": "string", "pattern": `^([0-9.]+(ms|s|m|h))+$`}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Struct:
		return mapOf(t)
	case reflect.Slice:
		return schema{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Interface:
		return constantSchema()
	}
	return schema{"type": "string"}
}

func words() schema {
	return schema{"anyOf": []schema{{"type": "string"}, {"type": "array", "minItems": 1, "items": schema{"type": "string"}}}}
}

func constantSchema() schema { return schema{"type": []string{"string", "boolean", "integer"}} }

func tableSchema() schema {
	return schema{"type": "object", "minProperties": 1, "additionalProperties": constantSchema()}
}

// ruleSchema is a rule with the keys of all types.
func ruleSchema() schema {
	s := mapOf(reflect.TypeFor[fieldSpec]())
	properties, _ := s["properties"].(schema)
	for _, option := range allOptions() {
		properties[option.Name] = optionSchema(option)
	}
	return s
}

// transformSchema is a transform's name, or one with its parameters.
func transformSchema() schema {
	var names, docs []string
	properties := schema{}
	for _, t := range value.Transforms() {
		names, docs = append(names, t.Name), append(docs, t.Doc)
		if len(t.Params) > 0 {
			properties[t.Name] = paramsSchema(t)
		}
	}
	return schema{"anyOf": []schema{
		{"enum": names, "enumDescriptions": docs},
		{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": properties},
	}}
}

// paramsSchema are a transform's parameters by name, or the first one alone.
func paramsSchema(t value.Transform) schema {
	named := schema{}
	for _, param := range t.Params {
		named[param.Name] = optionSchema(param)
	}
	alone := optionSchema(t.Params[0])
	delete(alone, "description")
	all := schema{"type": "object", "additionalProperties": false, "properties": named}
	return schema{"description": t.Doc, "anyOf": []schema{alone, all}}
}

func optionSchema(o value.Option) schema {
	s := schema{}
	switch o.Kind {
	case value.KindNumber:
		s["type"], s["minimum"] = "integer", 1
	case value.KindFlag:
		s["type"] = "boolean"
	case value.KindWords:
		s = words()
	case value.KindTable:
		named := schema{"type": "object", "required": []string{"table"}, "additionalProperties": false, "properties": schema{"table": schema{"type": "string"}}}
		s["anyOf"] = []schema{{"type": "string"}, named, {"$ref": "#/$defs/table"}}
	case value.KindChoice:
		s["enum"] = o.Choices
	default:
		s["type"] = []string{"string", "number", "boolean"}
		if o.Kind == value.KindAnswer || o.Kind == value.KindField {
			s["type"] = "string"
		}
	}
	s["description"] = o.Doc
	return s
}

// allOptions are the keys of all types, each once. Where types give the same key different choices, it has all of them;
// what goes with which type is the compiler's to say.
func allOptions() []value.Option {
	var options []value.Option
	for _, kind := range value.Types() {
		for _, option := range kind.Options {
			i := slices.IndexFunc(options, func(o value.Option) bool { return o.Name == option.Name })
			if i < 0 {
				option.Choices = slices.Clone(option.Choices)
				options = append(options, option)
				continue
			}
			if options[i].Kind != option.Kind {
				options[i].Kind, options[i].Choices = value.KindText, nil
			}
			for _, choice := range option.Choices {
				if options[i].Kind == value.KindChoice && !slices.Contains(options[i].Choices, choice) {
					options[i].Choices = append(options[i].Choices, choice)
				}
			}
			if !strings.Contains(options[i].Doc, option.Doc) {
				options[i].Doc += " For " + kind.Name + ": " + option.Doc
			}
		}
	}
	return options
}
