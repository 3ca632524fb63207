package value_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping/value"
)

// newStep compiles a transform that has no problems.
func newStep(t testing.TB, name string, options opts) value.Step {
	transform, ok := value.TransformNamed(name)
	require.True(t, ok, name)
	step, problems := transform.New(options)
	require.Empty(t, problems, "%s %v", name, options)
	return step
}

func checkTransform(t *testing.T, name string, options opts, pairs []pair) {
	t.Helper()
	t.Run(fmt.Sprintf("%s %v", name, options), func(t *testing.T) {
		t.Parallel()
		step := newStep(t, name, options)
		for _, p := range pairs {
			require.Equal(t, p.want, changed(step, p.in), "%.80v", p.in)
		}
	})
}

func list(texts ...string) []string { return texts }

func TestWriting(t *testing.T) {
	t.Parallel()
	checkTransform(t, "trim", nil, []pair{{" a ", "a"}, {"\u00a0a", "a"}, {" ", nil}, {"", nil}, {list(" a", "b "), list("a", "b")}})
	checkTransform(t, "collapse", nil, []pair{{" A\u00a0 B\tC ", "A B C"}, {"a b", "a b"}, {huge, huge}, {"مرحبا  بك", "مرحبا بك"}})
	checkTransform(t, "lower", nil, []pair{{"ZOË", "zoë"}, {"日本", "日本"}})
	checkTransform(t, "upper", nil, []pair{{"zoë", "ZOË"}, {"straße", "STRAßE"}})
	checkTransform(t, "digits", nil, []pair{{"a1b2", "12"}, {"٣٤", "34"}, {"x", nil}, {huge, nil}})
	checkTransform(t, "slug", nil, []pair{{"Ärger & Spaß!", "arger-spass"}, {"--", nil}, {" a ", "a"}, {"日本 語", "日本-語"}, {"a.b_c", "a-b-c"}})
	checkTransform(t, "replace", opts{"old": "a", "new": "bb"}, []pair{{"aa", "bbbb"}, {"x", "x"}, {strings.Repeat("a", 3<<20), strings.Repeat("a", 3<<20)}})
	checkTransform(t, "prefix", opts{"text": "x-"}, []pair{{"1", "x-1"}, {"x-1", "x-1"}, {"", nil}})
	checkTransform(t, "suffix", opts{"text": "!"}, []pair{{"1", "1!"}, {"1!", "1!"}, {list("a", "b"), list("a!", "b!")}})
	checkTransform(t, "truncate", opts{"max": 3}, []pair{
		{"äöüß", "äöü"}, {"ab cd", "ab"}, {huge, "xxx"}, {"abc", "abc"}, {"مرحبا", "مرح"}, {"🇩🇪🇫🇷", "🇩🇪"}, {"a👨‍👩‍👧‍👦", "a"}, {"👨‍👩‍👧‍👦", "👨\u200d👩"},
		{"e" + strings.Repeat("\u0301", 100), "e\u0301\u0301"}, {"कुमार", "कु"}, {"한국어말", "한국어"},
	})
	checkTransform(t, "truncate", nil, []pair{{huge, strings.Repeat("x", value.DefaultMax)}})
	checkTransform(t, "strip_html", nil, []pair{
		{"<p>a</p><p>b", "a b"}, {"a<br>b<br/>c", "a b c"}, {"<b>bo</b>ld", "bold"}, {"<style>x{}</style>a<script>y</script>", "a"}, {"<!-- c -->a", "a"}, {"&lt;b&gt; &amp; &#x1F600; &nbsp;", "<b> & 😀"},
		{"5 < 6 > 4", "5 < 6 > 4"}, {"<script>never closed", nil}, {"<a href='x'>l</a>ink", "link"}, {"<div", nil}, {"&#0;a&#x202e;", "a"}, {"no  html", "no html"}, {strings.Repeat("<p>", 1<<16) + "x", "x"},
		{"<title>t</title><textarea>a</textarea>", "t a"}, {"<td>a</td><td>b</td>", "a b"},
	})
	checkTransform(t, "hash", nil, []pair{{"", nil}, {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}})
}

func TestNamesAreWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	checkTransform(t, "title", nil, []pair{
		{"JAN VAN DER BERG", "Jan van der Berg"}, {"jan van der berg", "Jan van der Berg"}, {"van der berg", "Van der Berg"}, {"Jan Van der Berg", "Jan Van der Berg"}, {"O'BRIEN", "O'Brien"}, {"d’artagnan", "D’Artagnan"},
		{"MCDONALD", "McDonald"}, {"mcdonald's", "McDonald's"}, {"MACDONALD", "MacDonald"}, {"mack", "Mack"}, {"machado", "Machado"}, {"mc", "Mc"}, {"anne-marie", "Anne-Marie"}, {"J.R.R. TOLKIEN", "J.R.R. Tolkien"},
		{"levi's", "Levi's"}, {"ijsbrand", "IJsbrand"}, {"élodie", "Élodie"}, {"ЛЕВ ТОЛСТОЙ", "Лев Толстой"}, {"ÖZGE", "Özge"}, {"henry viii", "Henry VIII"}, {"王小明", "王小明"}, {"محمد", "محمد"}, {"ǆ", "ǅ"},
		{"head of sales and marketing", "Head of Sales and Marketing"}, {"CEO", "Ceo"}, {"iPhone", "iPhone"}, {"", nil}, {"3rd floor", "3rd Floor"}, {"a/b", "A/B"},
	})
	for full, want := range map[string][2]string{
		"Ada Lovelace": {"Ada", "Lovelace"}, "  Jan   van der  Berg ": {"Jan", "van der Berg"}, "Jan Peter Van Den Berg": {"Jan Peter", "Van Den Berg"}, "van der Berg, Jan": {"Jan", "van der Berg"},
		"Berg, Jan van der": {"Jan", "van der Berg"}, "García López, María": {"María", "García López"}, "María de la Cruz": {"María", "de la Cruz"}, "Mary Ann Smith": {"Mary Ann", "Smith"},
		"Prince": {"Prince", ""}, "王小明": {"王小明", ""}, "Dr. House": {"", "House"}, "Herr Prof. Dr. Karl von Braun": {"Karl", "von Braun"}, "Müller, Dr. Karin": {"Karin", "Müller"},
		"Sammy Davis Jr.": {"Sammy", "Davis Jr."}, "Sammy Davis, Jr.": {"Sammy", "Davis Jr."}, "Davis, Sammy Jr.": {"Sammy", "Davis Jr."}, "Jane Doe, PhD, MBA": {"Jane", "Doe PhD MBA"}, "Mr": {"Mr", ""}, "Van Morrison": {"Van", "Morrison"},
		"Yo-Yo Ma": {"Yo-Yo", "Ma"}, "Mag. Anna Huber": {"Anna", "Huber"}, "Mag Ruffman": {"Mag", "Ruffman"}, "O'Brien-Smith, Seán": {"Seán", "O'Brien-Smith"}, ",": {"", ""}, "Smith,": {"Smith", ""}, ", John": {"John", ""},
		"de": {"de", ""}, "J. R. R. Tolkien": {"J. R. R.", "Tolkien"}, "Ludwig Mies van der Rohe": {"Ludwig Mies", "van der Rohe"}, "": {"", ""}, " ": {"", ""}, "Smith, , John": {"John", "Smith"}, "محمد بن سلمان": {"محمد بن", "سلمان"},
	} {
		first, last := value.SplitName(full)
		require.Equal(t, want, [2]string{first, last}, full)
		checkTransform(t, "first_name", nil, []pair{{full, orNil(first)}})
		checkTransform(t, "last_name", nil, []pair{{full, orNil(last)}})
	}
	require.Equal(t, "Jan de Vries", value.JoinName(" Jan", "", "de Vries "))
	require.Empty(t, value.JoinName("", " "))
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func TestAddressesAreTakenApart(t *testing.T) {
	t.Parallel()
	checkTransform(t, "domain_of", nil, []pair{
		{"Ann@Sales.ACME.com", "sales.acme.com"}, {"ann@bücher.example", "xn--bcher-kva.example"}, {"ann@gmail.com", nil}, {"ann@hotmail.co.uk", nil}, {"ann@yahoo.com.br", nil},
		{"ann@yahoo.example.com", "yahoo.example.com"}, {"not an address", nil}, {huge, nil},
	})
	checkTransform(t, "company_domain", nil, []pair{
		{"ann@sales.acme.com", "acme.com"}, {"www.acme.co.uk", "acme.co.uk"}, {"ann@web.de", nil}, {"gmail.com", nil}, {"https://mail.google.com", "google.com"}, {"x", nil}, {huge, nil},
		{list("ann@gmail.com", "ann@acme.com"), "acme.com"},
	})
	checkTransform(t, "free_mail", nil, []pair{{"ann@gmail.com", "true"}, {"ann@acme.com", "false"}, {"x", nil}})
	checkTransform(t, "host", nil, []pair{{"Acme.com/x", "acme.com"}, {"https://acme.com:8080", "acme.com"}, {"ftp://acme.com", nil}, {huge, nil}})
	checkTransform(t, "path", nil, []pair{{"acme.com/a/b?c", "/a/b"}, {"acme.com/%00%41", "/A"}, {"acme.com", nil}, {"%", nil}})
	checkTransform(t, "without_query", nil, []pair{{"acme.com/a?b#c", "acme.com/a"}, {"acme.com#c?d", "acme.com"}, {"?x", nil}})
	checkTransform(t, "query", opts{"name": "q"}, []pair{
		{"https://acme.com?q=1&q=2", "1"}, {"q=a%20b", "a b"}, {"?q=%zz", "%zz"}, {"?q=&q=2", "2"}, {"?Q=1", nil}, {"?%71=1", "1"}, {"?q=%00%0a", nil}, {"https://acme.com/q=1", nil}, {"?q=%E2%80%AEx", "x"}, {"?q=1;2", "1;2"},
		{"#?q=1", nil}, {huge, nil}, {"?" + huge + "&q=1", "1"}, {"?q", nil},
	})
}

func TestTables(t *testing.T) {
	t.Parallel()
	table := opts{"Früh jahr": "spring", "5": int64(5), "yes": true}
	checkTransform(t, "table", opts{"table": table}, []pair{{"fruh  JAHR", "spring"}, {"5", "5"}, {"yes", "true"}, {"x", "x"}, {huge, huge}, {list("x", "5"), list("x", "5")}})
	checkTransform(t, "table", opts{"table": table, "default": ""}, []pair{{"x", nil}, {"5", "5"}})
	checkTransform(t, "utm", nil, []pair{
		{"Google Ads", "google"}, {"adwords", "google"}, {"FB", "facebook"}, {"l.facebook.com", "facebook"}, {"https://www.linkedin.com/feed", "linkedin"}, {"ig", "instagram"}, {"t.co", "twitter"}, {"acme.com", "acme.com"},
		{"Spring Mailing", "spring mailing"}, {"ann@google.com", "ann@google.com"}, {"(direct)", "direct"}, {huge, huge}, {"чат", "чат"},
	})
	checkTransform(t, "utm", opts{"table": opts{"fb": "fb-own", "acme": "partner"}}, []pair{{"FB", "fb-own"}, {"Acme", "partner"}, {"ig", "instagram"}})
	checkTransform(t, "utm_medium", nil, []pair{{"PPC", "cpc"}, {"paid-social", "paid_social"}, {"newsletter", "email"}, {"Sky Writing", "sky writing"}})
}

func TestLists(t *testing.T) {
	t.Parallel()
	checkTransform(t, "split", nil, []pair{{"a, b,,", list("a", "b")}, {",", nil}, {"a", "a"}, {list("a,b", "c"), list("a", "b", "c")}, {"", nil}})
	checkTransform(t, "split", opts{"separator": ", "}, []pair{{"a, b,c", list("a", "b,c")}})
	checkTransform(t, "join", nil, []pair{{list("a", "", "b"), "a b"}, {"a", "a"}, {list(), nil}})
	checkTransform(t, "first", nil, []pair{{list("", "a", "b"), "a"}, {list(), nil}})
	checkTransform(t, "last", nil, []pair{{list("a", "b", ""), "b"}, {"", nil}})
	checkTransform(t, "unique", nil, []pair{{list("a", "A", "ä", "b"), list("a", "b")}})
	checkTransform(t, "sort", nil, []pair{{list("b", "A", "a", "Ä"), list("A", "a", "Ä", "b")}})
	checkTransform(t, "count", nil, []pair{{list("a", "b", ""), "2"}, {"", "0"}, {list(), "0"}})
	checkTransform(t, "default", opts{"text": "x"}, []pair{{"", "x"}, {list(), "x"}, {list("a", "b"), list("a", "b")}})
	given := list("b", "a")
	for _, name := range []string{"split", "join", "first", "last", "unique", "sort", "count"} {
		newStep(t, name, nil).List(given)
		require.Equal(t, list("b", "a"), given, "%s changed what it was given", name)
	}
}

// Steps run in order, on every text of a list; what becomes empty is no answer.
func TestSteps(t *testing.T) {
	t.Parallel()
	steps := []value.Step{newStep(t, "split", nil), newStep(t, "company_domain", nil), newStep(t, "unique", nil)}
	require.Equal(t, list("acme.com", "b.org"), value.Run(steps, list("ann@acme.com, x, bob@sales.acme.com", "b.org")))
	one, several := value.RunText(steps, "ann@acme.com, x")
	require.Equal(t, "acme.com", one)
	require.Nil(t, several)
	one, several = value.RunText(steps, "a.org,b.org")
	require.Empty(t, one)
	require.Equal(t, list("a.org", "b.org"), several)
	one, several = value.RunText(steps, "x")
	require.Empty(t, one)
	require.Empty(t, several)
	steps = append(steps, newStep(t, "default", opts{"text": "none"}), newStep(t, "upper", nil))
	one, _ = value.RunText(steps, "")
	require.Equal(t, "NONE", one)
	require.Equal(t, list("NONE"), value.Run(steps, nil))
	require.Empty(t, value.Run(nil, nil))
}
