package payload_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/payload"
)

var now = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// reader knows the shipped mappings, and two senders as the shipped configuration has them.
func reader(t *testing.T) payload.Reader {
	t.Helper()
	set, err := mapping.Load(os.DirFS("../../../mappings"))
	require.NoError(t, err)
	c, err := config.Load("../../../handoff.yaml", nil, config.Program("mappings"))
	require.NoError(t, err)
	return payload.Reader{Sources: c.Sources, Set: set, Now: now}
}

func read(t *testing.T, r payload.Reader, body string) payload.Sample {
	t.Helper()
	s, err := r.Read("sample.json", []byte(body))
	require.NoError(t, err)
	return s
}

const asSent = `{"type": "form.submitted", "data": {"id": "s-1", "form": "demo-request", "submitted_at": "2026-03-01T10:00:00Z",
	"answers": {"email": "ann@acme.example", "address": {"city": "Gent"}, "employees": 12.0, "empty": ""}}}`

func TestABodyIsReadAsItsSenderSendsIt(t *testing.T) {
	t.Parallel()
	s := read(t, reader(t), "\ufeff"+asSent)
	require.Equal(t, "as source website sends it", s.How)
	require.Equal(t, "demo-request", s.Mapping.Name())
	require.Equal(t, map[string]any{"email": "ann@acme.example", "address.city": "Gent", "employees": json.Number("12.0")}, s.Input.Answers)
	require.Equal(t, time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), s.Input.SubmittedAt)
	require.Equal(t, now, s.Input.ReceivedAt)
	require.Equal(t, []string{"website", "demo-request"}, []string{s.Input.Source, s.Input.Form})
	require.NotEmpty(t, s.Input.RecordKey)
}

func TestBareAnswersNeedAMapping(t *testing.T) {
	t.Parallel()
	r := reader(t)
	const bare = `{"email": "ann@acme.example", "name": {"first": "Ann"}}`
	_, err := r.Read("sample.json", []byte(bare))
	require.EqualError(t, err, "no configured source sends a body like this to a form that is mapped; name a mapping with --mapping, and the body is taken as the answers themselves")

	r.Mapping = "newsletter"
	s := read(t, r, bare)
	require.Equal(t, "as bare answers to form newsletter of source website", s.How)
	require.Equal(t, map[string]any{"email": "ann@acme.example", "name.first": "Ann"}, s.Input.Answers)
	require.Equal(t, now, s.Input.SubmittedAt)

	r.Mapping, r.Form = "", "newsletter"
	require.Equal(t, "newsletter", read(t, r, bare).Mapping.Name())

	r.Form, r.Source = "", "partner-portal"
	require.Equal(t, "as source partner-portal sends it", read(t, r, bare).How)
}

func TestAFormIsReadToo(t *testing.T) {
	t.Parallel()
	r := reader(t)
	r.Mapping = "newsletter"
	s := read(t, r, "email=ann%40acme.example&topics[]=a&topics[]=b")
	require.Equal(t, map[string]any{"email": "ann@acme.example", "topics": []any{"a", "b"}}, s.Input.Answers)
}

func TestACaseIsReadAsItIsTested(t *testing.T) {
	t.Parallel()
	r := reader(t)
	file := "../../../mappings/cases/demo-request/enterprise.yaml"
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	s, err := r.Read(file, data)
	require.NoError(t, err)
	require.Equal(t, "a case", s.How)
	require.Equal(t, "demo-request", s.Mapping.Name())

	r.Source, r.Form = "website", "nothing"
	_, err = r.Read(file, data)
	require.EqualError(t, err, "no mapping serves form nothing of source website; name one with --mapping")
	_, err = r.Read("wrong.yaml", []byte("a: 1\n"))
	require.ErrorContains(t, err, `unknown key "a"`)
}

func TestWhatCannotBeReadSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*payload.Reader)
		body   string
		want   string
	}{
		"empty":           {nil, " \n", `the sample is empty; want the body of a submission, such as {"email": "ana@example.com"}`},
		"neither":         {nil, "Dear Sir or Madam", `the sample is neither JSON nor a form; want the body of a submission, such as {"email": "ana@example.com"}`},
		"no JSON":         {nil, "{\n  \"email\": yes\n}", "the sample is not JSON: line 2, column 12: invalid character 'y' looking for beginning of value"},
		"cut off":         {nil, `{"email": "a`, "the sample is not JSON: it ends too early; a bracket or a quote is not closed"},
		"unknown mapping": {func(r *payload.Reader) { r.Mapping = "newsleter" }, "{}", `unknown mapping "newsleter"; did you mean "newsletter"?`},
		"unknown source":  {func(r *payload.Reader) { r.Source = "web" }, "{}", `unknown source "web"; want one of: partner-portal, website`},
		"not of the source": {func(r *payload.Reader) { r.Source = "website" }, `{"email": "a@b.example"}`,
			"website does not send this: the form's name at data.form is missing or not made of a-z, 0-9, dot, dash and underscore; leave --source out, and the body is taken as the answers themselves"},
		"no mapping": {func(r *payload.Reader) { r.Source, r.Form = "website", "careers" }, asSent,
			"no mapping serves form careers of source website; name one with --mapping"},
		"a list": {func(r *payload.Reader) { r.Mapping = "newsletter" }, `["a"]`, "the answers are no object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := reader(t)
			if c.change != nil {
				c.change(&r)
			}
			_, err := r.Read("sample.json", []byte(c.body))
			require.EqualError(t, err, c.want)
		})
	}
}

func TestASampleOfAFormThatIsNotMapped(t *testing.T) {
	t.Parallel()
	r := reader(t)
	u, err := r.ReadUnmapped([]byte(asSent))
	require.NoError(t, err)
	require.Equal(t, []string{"website", "demo-request", "as source website sends it"}, []string{u.Source, u.Form, u.How})
	require.Equal(t, "Gent", u.Answers["address.city"])
	r.Form = "other"
	u, err = r.ReadUnmapped([]byte(asSent))
	require.NoError(t, err)
	require.Equal(t, "other", u.Form)

	const bare = `{"email": "ann@acme.example"}`
	r.Form = ""
	_, err = r.ReadUnmapped([]byte(bare))
	require.EqualError(t, err, "no configured source sends a body like this, so it is taken for bare answers; say which form it is of with --form")
	r.Form = "contact-us"
	_, err = r.ReadUnmapped([]byte(bare))
	require.EqualError(t, err, "say which source sends the form, with --source: partner-portal or website")
	r.Source = "website"
	u, err = r.ReadUnmapped([]byte(bare))
	require.NoError(t, err)
	require.Equal(t, "as bare answers to form contact-us of source website", u.How)
	_, err = r.ReadUnmapped([]byte("{}"))
	require.EqualError(t, err, "the sample holds no answers")
}
