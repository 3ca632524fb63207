package mapping_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
)

func folder(files map[string]string) fstest.MapFS {
	dir := fstest.MapFS{}
	for name, text := range files {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return dir
}

func TestLoadFindsTheMappingOfASourcesForm(t *testing.T) {
	t.Parallel()
	set, err := mapping.Load(folder(map[string]string{
		"b.yaml": smallest, "a.yml": strings.NewReplacer("mapping: contact-us", "mapping: a", "forms: [contact-us]", "forms: [x, y]").Replace(smallest),
		"routing.yaml": "not a mapping", "notes.txt": "nor this", "cases/c.yaml": "nor that",
	}))
	require.NoError(t, err)
	m, ok := set.For("website", "y")
	require.True(t, ok)
	require.Equal(t, "a", m.Name())
	_, ok = set.For("elsewhere", "y")
	require.False(t, ok)
	all := set.All()
	require.Equal(t, []string{"a", "contact-us"}, []string{all[0].Name(), all[1].Name()})
}

func TestLoadSaysEverythingThatIsWrongInAnyFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"two files": {map[string]string{
			"a.yaml": strings.Replace(smallest, "type: phone", "type: phon", 1), "b.yaml": "a: [1", "c.yaml": smallest,
		}, "a.yaml:19:44: $.fields[3].type: unknown type \"phon\"; did you mean \"phone\"?\n" +
			"b.yaml:1:4: not valid YAML: sequence end token ']' not found"},
		"same name, same form": {map[string]string{"a.yaml": smallest, "b.yaml": smallest},
			"b.yaml:1:10: $.mapping: \"contact-us\" is already the name of a.yaml\n" +
				"b.yaml:3:9: $.forms[0]: \"contact-us\" of source \"website\" is already served by a.yaml"},
		"nothing": {map[string]string{"routing.yaml": ""}, "the folder holds no mapping; want at least one .yaml file beside routing.yaml"},
		"empty file": {map[string]string{"a.yaml": ""}, strings.Join([]string{
			"a.yaml:1:1: $.destination: want the destination that the records go to",
			"a.yaml:1:1: $.fields: want at least one rule, such as {from: email, to: contact.email, type: email}",
			"a.yaml:1:1: $.forms: want the forms that this mapping serves",
			"a.yaml:1:1: $.mapping: want the mapping's name, made of a-z, 0-9, dash and underscore",
			"a.yaml:1:1: $.objects: want the records to write, in order, such as contact: {object: contact, key: [email]}",
			"a.yaml:1:1: $.owner: want the team that owns this mapping",
			"a.yaml:1:1: $.sources: want the sources whose forms this mapping serves",
		}, "\n")},
	} {
		set, err := mapping.Load(folder(c.files))
		require.Nil(t, set)
		require.EqualError(t, err, c.want, name)
	}
}

func TestAMappingOfContactDataSaysWhatWasConsented(t *testing.T) {
	t.Parallel()
	const text = `mapping: m
owner: us
forms: [f]
sources: [s]
destination: d
fields: [{from: x, to: thing.x, required: true%s}]
objects: {thing: {object: %s, key: [x]}}
`
	for what, c := range map[string][2]string{
		"$.fields[0]":     {", type: email", "company"},
		"$.objects.thing": {"", "Contacts"},
		"":                {", transform: [domain_of]", "company"},
	} {
		_, problems := mapping.Parse("m.yaml", []byte(strings.Replace(strings.Replace(text, "%s", c[0], 1), "%s", c[1], 1)))
		if what == "" {
			require.NoError(t, problems.Err(), "a company is no person")
			continue
		}
		require.EqualError(t, problems.Err(), "m.yaml:1:1: $.consent: "+what+" is contact data, so want what the person was asked "+
			"and where the answer goes; write `basis: not-collected` if nothing was asked")
	}
}

func TestEveryObjectMayNotBeSkipped(t *testing.T) {
	t.Parallel()
	_, problems := mapping.Parse("m.yaml", []byte(`{mapping: m, owner: us, forms: [f], sources: [s], destination: d, fields: [{from: x, to: thing.x}],
  objects: {thing: {object: thing, key: [x], without_key: skip}}}`))
	require.EqualError(t, problems.Err(), "m.yaml:2:3: $.objects: every object may be left out, and then nothing is written; "+
		"want one without `without_key: skip` and without `when`")
}

func TestMappingsAreCheckedAgainstTheConfiguration(t *testing.T) {
	t.Parallel()
	set, err := mapping.Load(folder(map[string]string{"m.yaml": smallest}))
	require.NoError(t, err)
	require.NoError(t, set.Check([]string{"website"}, []string{"crm"}))
	require.EqualError(t, set.Check([]string{"web-site"}, nil), "m.yaml:4:11: $.sources[0]: unknown source \"website\"; did you mean \"web-site\"?\n"+
		"m.yaml:5:14: $.destination: unknown destination \"crm\"; there are none")
}
