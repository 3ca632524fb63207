package cases_test

import (
	"os"
	"path"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/cases"
)

const small = `mapping: contact-us
owner: us
forms: [contact-us]
sources: [website]
destination: crm
identity: email
consent: {basis: not-collected}
fields:
  - {from: email, to: contact.email, type: email, required: true}
  - {from: name, to: contact.name}
objects: {contact: {object: contact, key: [email]}}
`

func set(t *testing.T) *mapping.Set {
	t.Helper()
	loaded, err := mapping.Load(fstest.MapFS{"contact-us.yaml": {Data: []byte(small)}})
	require.NoError(t, err)
	return loaded
}

func caseFile(answers string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("source: website\nform: contact-us\nsubmitted_at: \"2026-03-02T09:30:00Z\"\nanswers: '" + answers + "'\n")}
}

// beside is a folder of cases that --update can write to.
func beside(files fstest.MapFS) (fstest.MapFS, func(string, []byte) error) {
	return files, func(file string, data []byte) error {
		files[file] = &fstest.MapFile{Data: data}
		return nil
	}
}

func TestTheShippedCasesAreAsExpected(t *testing.T) {
	t.Parallel()
	dir := os.DirFS("../../../mappings")
	loaded, err := mapping.Load(dir)
	require.NoError(t, err)
	report, err := cases.Test(dir, loaded, nil, nil)
	require.NoError(t, err)
	require.NotEmpty(t, report.Results)
	require.True(t, report.OK(), "%+v", report)
}

func TestUpdateWritesWhatIsExpected(t *testing.T) {
	t.Parallel()
	files, write := beside(fstest.MapFS{
		"cases/contact-us/ann.yaml":   caseFile(`{"email": "Ann@Example.com", "name": "Ann"}`),
		"cases/contact-us/wrong.yaml": caseFile(`{"email": "ann"}`),
	})
	report, err := cases.Test(files, set(t), nil, nil)
	require.NoError(t, err)
	require.False(t, report.OK())
	require.Equal(t, "nothing is expected of it yet; --update writes what the mapping makes of it", report.Results[0].Problem)

	report, err = cases.Test(files, set(t), nil, write)
	require.NoError(t, err)
	require.True(t, report.OK())
	require.Contains(t, string(files["cases/contact-us/ann.json"].Data), `"email": "ann@example.com"`)
	require.Contains(t, string(files["cases/contact-us/wrong.json"].Data), `"code": "type.email"`)
	require.NotContains(t, string(files["cases/contact-us/ann.json"].Data), set(t).All()[0].Version())

	written := files["cases/contact-us/ann.json"]
	report, err = cases.Test(files, set(t), []string{"contact-us"}, write)
	require.NoError(t, err)
	require.False(t, report.Results[0].Updated)
	require.Same(t, written, files["cases/contact-us/ann.json"], "what is as expected is not written again")

	files["cases/contact-us/ann.json"] = &fstest.MapFile{Data: []byte("{")}
	report, err = cases.Test(files, set(t), nil, nil)
	require.NoError(t, err)
	require.Equal(t, "cases/contact-us/ann.json is not JSON; --update writes it anew", report.Results[0].Problem)
}

func TestAMappingWithoutCasesIsAFinding(t *testing.T) {
	t.Parallel()
	report, err := cases.Test(fstest.MapFS{}, set(t), nil, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"contact-us"}, report.Without)
	require.False(t, report.OK())
	_, err = cases.Test(fstest.MapFS{}, set(t), []string{"contact"}, nil)
	require.EqualError(t, err, `unknown mapping "contact"; did you mean "contact-us"?`)
}

func TestWhatIsWrongWithACase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"nothing": {"# empty\n", []string{
			"x.yaml:1:1: $.answers: missing; want the answers as JSON, such as '{\"email\": \"ana@example.com\"}'",
			"x.yaml:1:1: $.form: missing; want the form's name", "x.yaml:1:1: $.source: missing; want the source that sends the form",
			"x.yaml:1:1: $.submitted_at: want when it was submitted, such as \"2026-03-02T09:30:00Z\"",
		}},
		"no JSON": {"source: s\nform: f\nsubmitted_at: \"2026-03-02T09:30:00Z\"\nanswers: email\n", []string{
			"x.yaml:4:10: $.answers: want a JSON object, such as '{\"email\": \"ana@example.com\"}'",
		}},
		"two objects": {"source: s\nform: f\nsubmitted_at: yesterday\nanswers: '{} {}'\n", []string{
			"x.yaml:3:15: $.submitted_at: want when it was submitted, such as \"2026-03-02T09:30:00Z\"",
			"x.yaml:4:10: $.answers: want one JSON object, and nothing after it",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := cases.Read("x.yaml", []byte(c.file))
			var got []string
			for _, p := range problems {
				got = append(got, p.Error())
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestACaseInTheWrongFolderSaysWhereItBelongs(t *testing.T) {
	t.Parallel()
	elsewhere := caseFile(`{"email": "a@b.example"}`)
	unserved := &fstest.MapFile{Data: []byte("source: website\nform: other\nsubmitted_at: \"2026-03-02T09:30:00Z\"\nanswers: '{}'\n")}
	report, err := cases.Test(fstest.MapFS{"cases/a/one.yaml": elsewhere, "cases/contact-us/two.yaml": unserved}, set(t), nil, nil)
	require.NoError(t, err)
	require.Equal(t, "form contact-us of source website is served by contact-us; want the case in the folder of that mapping", report.Results[0].Problem)
	require.Equal(t, "no mapping serves form other of source website", report.Results[1].Problem)
}

func TestDifferencesAreNamedAndFew(t *testing.T) {
	t.Parallel()
	const expected = `{"plan": {"objects": [{"name": "company", "fields": {"domain": "a.example"}},
		{"name": "contact", "fields": {"email": "a@a.example", "age": 1.0, "tags": ["x", "y"]}}]}}`
	const got = `{"plan": {"objects": [{"name": "contact", "fields": {"email": "A@a.example", "age": 1, "tags": ["x", "z"], "new": false}}]}}`
	differences, err := cases.Compare([]byte(expected), []byte(got))
	require.NoError(t, err)
	require.Equal(t, []cases.Difference{
		{Path: "plan.objects.company", Want: `{"fields":{"domain":"a.example"},"name":"company"}`},
		{Path: "plan.objects.contact.fields.age", Want: "1.0", Got: "1"},
		{Path: "plan.objects.contact.fields.email", Want: `"a@a.example"`, Got: `"A@a.example"`},
		{Path: "plan.objects.contact.fields.new", Got: "false"},
		{Path: "plan.objects.contact.fields.tags[1]", Want: `"y"`, Got: `"z"`},
	}, differences)

	differences, err = cases.Compare([]byte(`{"problems": [{"field": "email", "code": "required"}]}`),
		[]byte(`{"problems": [{"field": "a", "code": "type.date"}, {"field": "email", "code": "required"}]}`))
	require.NoError(t, err)
	require.Equal(t, []cases.Difference{{Path: "problems.a type.date", Got: `{"code":"type.date","field":"a"}`}}, differences)

	differences, err = cases.Compare(nil, []byte(`{"a": 1}`))
	require.NoError(t, err)
	require.Equal(t, []cases.Difference{{Path: "everything", Got: `{"a":1}`}}, differences)
}

// Ids in a case stay the same wherever the folder of the mappings is.
func TestTheIdsOfACaseDependOnItsNameAlone(t *testing.T) {
	t.Parallel()
	data := caseFile(`{}`).Data
	a, problems := cases.Read("cases/contact-us/ann.yaml", data)
	require.Empty(t, problems)
	b, _ := cases.Read(path.Join("cases", "contact-us", "ann.yaml"), data)
	require.Equal(t, a, b)
}
