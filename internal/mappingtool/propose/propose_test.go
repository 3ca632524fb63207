package propose_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/propose"
)

var update = flag.Bool("update", false, "write what is proposed as what is expected")

func sample(t testing.TB, text string) propose.Sample {
	t.Helper()
	s := propose.Sample{Source: "website", Form: "contact-us", Destination: "crm"}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&s.Answers))
	return s
}

type failer interface {
	require.TestingT
	Helper()
}

// compiled is the mapping that a proposal makes.
func compiled(t failer, p propose.Proposal) *mapping.Mapping {
	t.Helper()
	set, err := mapping.Load(fstest.MapFS{p.Mapping + ".yaml": {Data: p.File}})
	require.NoError(t, err, "%s", p.File)
	return set.All()[0]
}

// Realistic samples, in the languages in which forms are made: the file is what is expected, and the sample itself comes
// out of it without a problem.
func TestProposals(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			s := sample(t, string(data))
			p := propose.New(s)
			golden := strings.TrimSuffix(file, ".json") + ".yaml"
			if *update {
				require.NoError(t, os.WriteFile(golden, p.File, 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(p.File))

			at := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
			_, problems := compiled(t, p).Apply(mapping.Input{
				Source: s.Source, Form: s.Form, RecordKey: "rec", SubmittedAt: at, ReceivedAt: at, Answers: s.Answers,
			})
			require.Empty(t, problems)
		})
	}
}

// Whatever the sample: the proposed file compiles.
func TestEveryProposalCompiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := propose.Sample{
			Source: "website", Form: rapid.OneOf(rapid.StringMatching(`[a-z0-9][a-z0-9_.-]{0,20}`), rapid.StringN(1, 20, 40)).Draw(t, "form"),
			Destination: "crm", Answers: rapid.MapOfN(names(), values(3), 0, 12).Draw(t, "answers"),
		}
		if rapid.Bool().Draw(t, "consents") {
			for name := range s.Answers {
				s.Consents = append(s.Consents, name)
			}
		}
		compiled(t, propose.New(s))
	})
}

func names() *rapid.Generator[string] {
	known := rapid.SampledFrom([]string{
		"email", "Email", "E-Mail-Adresse", "work_email", "firstName", "Nachname", "name", "full name", "phone", "company", "Firma", "company.name",
		"website", "employees", "country", "Land", "state", "message", "utm_source", "utm_campaign", "utmContent", "gclid", "consent", "newsletter",
		"marketing_opt_in", "gdpr.marketing", "g-recaptcha-response", "owner", "contact_id", "external_id", "domain", "geburtsdatum", "interests",
		"submission.id", "context.page", "Which [one]?", `say "hi"`, "a..b", ".", "", " ", "メール", "e\u0301tat", "budget", "language", "consent_text",
		"first_name", "contact.email", "email_2", "email 2", "null", "true", "no", "- dash", "# hash", "a: b", "{brace}", "*star", "&and", "!bang", "%", "@at", "`tick`",
	})
	return rapid.OneOf(known, rapid.StringN(0, 12, 30), rapid.Map(rapid.SliceOfN(known, 1, 3), func(parts []string) string { return strings.Join(parts, ".") }))
}

func values(depth int) *rapid.Generator[any] {
	one := rapid.OneOf(
		rapid.Map(rapid.SampledFrom([]string{
			"ann@acme.example", "+31 20 794 1234", "yes", "No", "on", "Ja", "I agree to receive e-mail", "https://acme.example/x", "2026-03-02", "3.4.2026", "12/31/2026",
			"2026-03-02T10:00:00Z", "42", "-1", "007", "1.50", strings.Repeat("long ", 60), "two\nlines", "a\x00b", "\u2028", "", " ", `"quoted"`, "no thanks",
		}), func(text string) any { return text }),
		rapid.Map(rapid.String(), func(text string) any { return text }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.SampledFrom([]string{"1", "-5", "1.5", "1e9", "12345678901234567890"}), func(n string) any { return json.Number(n) }),
		rapid.Just[any](map[string]any{"url": "https://files.example/cv.pdf", "name": "cv.pdf"}),
	)
	if depth == 0 {
		return one
	}
	return rapid.OneOf(one, rapid.Map(rapid.SliceOfN(values(depth-1), 0, 3), func(list []any) any { return list }))
}

// FuzzEveryProposalCompiles feeds bodies as they come.
func FuzzEveryProposalCompiles(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		s := propose.Sample{Source: "website", Form: "f", Destination: "crm"}
		if decoder.Decode(&s.Answers) == nil {
			compiled(t, propose.New(s))
		}
	})
}

func TestWhatTheSenderMarksAsConsentIsConsent(t *testing.T) {
	t.Parallel()
	s := sample(t, `{"email": "ann@acme.example", "box_7": "Yes, write to me"}`)
	s.Consents = []string{"box_7"}
	file := string(propose.New(s).File)
	require.Contains(t, file, "  from: box_7\n  text: \"Yes, write to me\"\n  true_words: [\"Yes, write to me\"]")
}
