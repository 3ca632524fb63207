package mapping_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
	"handoff/internal/mapping/value"
	"handoff/internal/yamlfile"
)

// schemas are the committed files, beside what they are for.
var schemas = []struct {
	file, globs string
	made        func() []byte
}{
	{"schema.json", "*.yaml", mapping.Schema},
	{"shared/schema.json", "shared/*.yaml", mapping.SharedSchema},
}

func compiled(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	require.NoError(t, c.AddResource("schema.json", document))
	s, err := c.Compile("schema.json")
	require.NoError(t, err)
	return s
}

// asJSON is a YAML file as a JSON Schema sees it.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	file, problems := yamlfile.Parse("m.yaml", text)
	require.NoError(t, problems.Err())
	var decoded any
	require.NoError(t, file.Decode(&decoded).Err())
	encoded, err := json.Marshal(decoded)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	require.NoError(t, err)
	return document
}

func TestTheCommittedSchemasAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	for _, s := range schemas {
		file := path.Join(shipped, s.file)
		if *update {
			require.NoError(t, os.WriteFile(file, s.made(), 0o644))
		}
		committed, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(s.made()), string(committed), "run the tests of this package with -update")
	}
}

func TestShippedFilesFollowTheirSchema(t *testing.T) {
	t.Parallel()
	for _, s := range schemas {
		schema := compiled(t, s.made())
		files, err := fs.Glob(os.DirFS(shipped), s.globs)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			if file == mapping.RoutingFile {
				continue
			}
			text, err := os.ReadFile(path.Join(shipped, file))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(asJSON(t, text)), file)
			require.True(t, strings.HasPrefix(string(text), "# yaml-language-server: $schema=schema.json\n"), "%s names no schema for editors", file)
		}
	}
}

// What editors underline is wrong: the schema refuses nothing that Load takes, and finds the mistakes of one key.
func TestTheSchemaFindsTheMistakesOfOneKey(t *testing.T) {
	t.Parallel()
	schema := compiled(t, mapping.Schema())
	require.NoError(t, schema.Validate(asJSON(t, []byte(smallest))))
	for _, change := range [][2]string{
		{"owner: revenue-operations\n", ""},
		{"owner: revenue-operations", "ownr: revenue-operations"},
		{"window: 10m", "window: 10"},
		{"unanswered: declined", "unanswered: no"},
		{"contact.opt_in: answer", "contact.opt_in: yes"},
		{"type: phone", "type: phon"},
		{"region: NL", "regoin: NL"},
		{"[domain_of]", "[domainof]"},
		{"[domain_of]", "[{truncate: 0}]"},
		{"[domain_of]", "[{truncate: 5, lower: {}}]"},
		{"without_key: skip, owned: true", "without_key: skp, owned: true"},
		{"to: contact.phone", "to: 5"},
		{"big: 51", "big: [51]"},
		{"type: phone", "type: phone, fallback: skip"},
		{"type: phone", "type: phone, required: yes"},
	} {
		text := changed(t, change[0], change[1])
		require.Error(t, schema.Validate(asJSON(t, []byte(text))), change[1])
		_, problems := mapping.Parse("m.yaml", []byte(text))
		require.NotEmpty(t, problems, "%s: what the schema refuses, the compiler refuses", change[1])
	}
	for _, rule := range []string{
		"{from: x, to: contact.x, transform: [collapse, {truncate: 120}, {table: {a: b}}]}",
		"{from: [a, b], to: [contact.a], template: '{a} {b}'}", "{from: a, to: contact.a, type: enum, enum: sizes}",
		"{from: a, to: contact.a, type: enum, enum: {table: sizes}}", "{value: true, to: contact.a}",
		"{from: a, to: contact.a, fallback: {value: 5}}", "{cel: 'a[\"x\"]', to: contact.a, when: source == 'x'}",
		"{from: a, to: contact.a, type: date, order: dmy}", "{fragment: x, with: {a: b}}",
	} {
		text := changed(t, "objects:\n", "  - "+rule+"\nobjects:\n")
		require.NoError(t, schema.Validate(asJSON(t, []byte(text))), rule)
	}
}

func TestEverythingInTheLanguageIsDocumented(t *testing.T) {
	t.Parallel()
	reference := mapping.Documentation()
	seen := map[string]bool{}
	for _, key := range append(reference.Keys, reference.Shared...) {
		require.Regexp(t, `^[A-Z].*\.$`, key.Doc, key.Path)
		require.NotEmpty(t, key.Kind, key.Path)
		seen[key.Path] = true
	}
	for _, path := range []string{
		"mapping", "fields[].to", "fields[].split.first", "objects.<name>.key", "consent.purposes.<name>.from", "region.rules[].in", "fragments",
	} {
		require.True(t, seen[path], path)
	}
	for _, named := range [][]mapping.NameInfo{reference.Facts, reference.Names, reference.Codes} {
		require.NotEmpty(t, named)
		for _, each := range named {
			require.Regexp(t, `^[A-Z"].*\.$|^What.*`, each.Doc, each.Name)
		}
	}
	require.Len(t, reference.Types, len(value.Types()))
	require.NotEmpty(t, reference.Groups["EU"])
}
