package value_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping/value"
)

type opts = map[string]any

// fault is the code of a fault, where a table expects one.
type fault string

// pair is an answer and what becomes of it: a value, nil for nothing, or a fault.
type pair struct{ in, want any }

func number(text string) json.Number { return json.Number(text) }

var huge = strings.Repeat("x", 1<<20)

// newReader compiles a type that has no problems.
func newReader(t testing.TB, name string, options opts) (value.Type, value.Reader) {
	kind, ok := value.TypeNamed(name)
	require.True(t, ok, name)
	reader, problems := kind.New(options)
	require.Empty(t, problems, "%s %v", name, options)
	return kind, reader
}

func checkTypes(t *testing.T, name string, options opts, answers map[string]string, pairs []pair) {
	t.Helper()
	t.Run(fmt.Sprintf("%s %v", name, options), func(t *testing.T) {
		t.Parallel()
		kind, reader := newReader(t, name, options)
		for _, p := range pairs {
			got, wrong := read(kind, reader, p.in, env(answers))
			if wrong.Found() {
				require.NotEmpty(t, wrong.Expect)
				require.Nil(t, got)
				got = fault(wrong.Code)
			}
			require.Equal(t, p.want, got, "%.80v", p.in)
		}
	})
}

func TestTexts(t *testing.T) {
	t.Parallel()
	checkTypes(t, "string", nil, nil, []pair{
		{"  Zoe\u0301 ", "Zoé"}, {"tab\tand\r\nline", "tab and  line"}, {"\x00\ufeffa\u202eb\u200b\u200e", "ab"}, {"\xff\xfe", nil}, {"", nil}, {" \n ", nil},
		{"مرحبا", "مرحبا"}, {"👩\u200d🚀", "👩\u200d🚀"}, {"\u3164\uffa0", nil}, {strings.Repeat("é", 255), strings.Repeat("é", 255)},
		{strings.Repeat("é", 256), fault("too_long")}, {huge, fault("too_long")}, {number("007.50"), "007.50"},
	})
	checkTypes(t, "string", opts{"max": 3}, nil, []pair{{"abc", "abc"}, {"äöü", "äöü"}, {"abcd", fault("too_long")}})
	checkTypes(t, "text", opts{"max": int64(20)}, nil, []pair{
		{" a\r\nb\rc\n\n", "a\nb\nc"}, {"a\u2028b\x00", "a b"}, {strings.Repeat("y", 21), fault("too_long")}, {huge, fault("too_long")},
	})
}

func TestEmails(t *testing.T) {
	t.Parallel()
	wrong := fault("type.email")
	checkTypes(t, "email", nil, nil, []pair{
		{" Ann+News@Example.COM ", "ann+news@example.com"}, {"o'hara_1@ex-ample.co.uk", "o'hara_1@ex-ample.co.uk"},
		{"jörg@bücher.example", "jörg@xn--bcher-kva.example"}, {"a@b.example.", "a@b.example"}, {"a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{"ann\u200b@example.com", "ann@example.com"}, {"a@１２.example", "a@12.example"},
		{"nobody", wrong}, {"a@b", wrong}, {"a@@b.com", wrong}, {"a@b..com", wrong}, {".a@b.com", wrong}, {"a.@b.com", wrong}, {"a..b@c.com", wrong},
		{"a b@c.com", wrong}, {"Ann <a@b.com>", wrong}, {"a@b.com, c@d.com", wrong}, {"a@-b.com", wrong}, {"a@127.0.0.1", wrong}, {"a@[::1]", wrong},
		{"a@b_c.com", wrong}, {strings.Repeat("a", 65) + "@b.com", wrong}, {huge + "@b.com", wrong}, {"a@" + huge, wrong}, {"@b.com", wrong}, {"a@", wrong},
		{"a@b.c", wrong}, {"true", wrong}, {"a@xn--\u00fc.com", wrong}, {"a@xn--a.com", wrong}, {"a\"b@c.com", wrong}, {number("12"), wrong},
	})
	checkTypes(t, "email", opts{"plus_tags": "drop"}, nil, []pair{
		{"ann+a+b@example.com", "ann@example.com"}, {"+ann@example.com", "+ann@example.com"}, {"ann@example.com", "ann@example.com"},
	})
	checkTypes(t, "email", opts{"free_mail": "refuse"}, nil, []pair{
		{"ann@gmail.com", fault("email.free")}, {"ann@yahoo.com.br", fault("email.free")}, {"ann@yahoo.example.com", "ann@yahoo.example.com"},
	})
	checkTypes(t, "email", opts{"free_mail": "omit"}, nil, []pair{{"ann@Hotmail.co.uk", nil}, {"ann@acme.com", "ann@acme.com"}, {"x", wrong}})
}

func TestPhones(t *testing.T) {
	t.Parallel()
	wrong := fault("type.phone")
	checkTypes(t, "phone", opts{"region": "NL"}, nil, []pair{
		{"020 794 1234", "+31207941234"}, {"+49 (30) 90 18 20", "+4930901820"}, {"0049 30 901820", "+4930901820"}, {number("31207941234"), "+31207941234"},
		{"020-794-1234 ext. 5", "+31207941234"}, {"tel:+31-20-794-1234", "+31207941234"}, {"٠٢٠ ٧٩٤ ١٢٣٤", "+31207941234"}, {"＋３１ ２０ ７９４ １２３４", "+31207941234"},
		{"+31 (0)20 794 1234", "+31207941234"}, {"call me", wrong}, {"12", wrong}, {"+999 123456", wrong}, {huge, wrong}, {"+", wrong}, {"0", wrong},
		{"+390236618300", "+390236618300"}, {"+1 (650) 253-0000", "+16502530000"}, {strings.Repeat("1", 61), wrong}, {"+++++31207941234;ext=9", "+31207941234"},
	})
	checkTypes(t, "phone", opts{"region": "US"}, nil, []pair{{"1-650-253-0000", "+16502530000"}, {"(650) 253-0000", "+16502530000"}, {"011 31 20 794 1234", "+31207941234"}, {"1-800-FLOWERS", "+18003569377"}})
	checkTypes(t, "phone", nil, nil, []pair{{"+1 650 253 0000", "+16502530000"}, {"650 253 0000", wrong}})
	checkTypes(t, "phone", opts{"region": "NL", "region_from": "country"}, map[string]string{"country": "Deutschland"}, []pair{{"030 201 8200", "+49302018200"}})
	checkTypes(t, "phone", opts{"region": "NL", "region_from": "country"}, map[string]string{"country": "Atlantis"}, []pair{{"030 201 8200", "+31302018200"}})
}

func TestWebAddresses(t *testing.T) {
	t.Parallel()
	wrong := fault("type.url")
	checkTypes(t, "url", nil, nil, []pair{
		{"acme.com", "https://acme.com"}, {"HTTPS://Acme.com:443/A?b=C#d", "https://acme.com/A?b=C#d"}, {"http://acme.com:8080", "http://acme.com:8080"},
		{"acme.com:8080/x", "https://acme.com:8080/x"}, {"//acme.com", "https://acme.com"}, {"https://acme.com/ü", "https://acme.com/%C3%BC"},
		{"bücher.example", "https://xn--bcher-kva.example"}, {"https://acme.com./", "https://acme.com/"},
		{"javascript:alert(1)", wrong}, {"data:text/html,x", wrong}, {"ftp://acme.com", wrong}, {"mailto:ann@acme.com", wrong}, {"https://ann@acme.com", wrong},
		{"https://", wrong}, {"https://localhost", wrong}, {"http://127.0.0.1", wrong}, {"http://[::1]/", wrong}, {"n/a", wrong}, {"none", wrong}, {"-", wrong},
		{"https://acme.com\\evil", wrong}, {"two words.com", wrong}, {"https://acme.com/" + huge, wrong}, {"https://acme.com:99999999", wrong}, {"%zz.com", wrong}, {":", wrong},
	})
}

func TestDomains(t *testing.T) {
	t.Parallel()
	wrong := fault("type.domain")
	checkTypes(t, "domain", nil, nil, []pair{
		{"acme.com", "acme.com"}, {"WWW.ACME.COM", "acme.com"}, {"https://shop.acme.co.uk:8443/x", "acme.co.uk"}, {"ann@mail.acme.com", "acme.com"},
		{"mailto:ann@acme.com", "acme.com"}, {"@acme.com", wrong}, {"münchen.example", "xn--mnchen-3ya.example"}, {"acme.github.io", "acme.github.io"},
		{"co.uk", wrong}, {"com", wrong}, {"acme", wrong}, {"127.0.0.1", wrong}, {"", nil}, {huge, wrong}, {"ann@gmail.com", "gmail.com"},
	})
	checkTypes(t, "domain", opts{"subdomains": "keep"}, nil, []pair{{"www.acme.com", "acme.com"}, {"www.shop.acme.com", "shop.acme.com"}, {"www.com", "www.com"}})
	checkTypes(t, "domain", opts{"free_mail": "refuse"}, nil, []pair{{"gmail.com", fault("domain.free")}, {"acme.com", "acme.com"}})
}

func TestBooleans(t *testing.T) {
	t.Parallel()
	wrong := fault("type.boolean")
	checkTypes(t, "boolean", nil, nil, []pair{
		{"true", true}, {"false", false}, {"YES", true}, {" Nein ", false}, {"Sí", true}, {"si", true}, {"はい", true}, {"HAYIR", false}, {"on", true}, {"NÃO", false},
		{number("1"), true}, {number("0"), false}, {"Opt-Out", false}, {"d’accord", true}, {"Yes, please", true}, {"아니요", false}, {"نعم", true}, {"☐", false},
		{"perhaps", wrong}, {number("2"), wrong}, {huge, wrong}, {"yes no", wrong},
	})
	checkTypes(t, "boolean", opts{"true_words": []any{"I agree to all"}, "false_words": "Später"}, nil, []pair{{"i  AGREE to all", true}, {"spater", false}, {"yes", true}})
}

func TestEnums(t *testing.T) {
	t.Parallel()
	wrong := fault("enum.unknown")
	table := opts{"1-50": int64(1), "Very Large": "big", "true": true, "Größe": "size", "日本": "jp"}
	checkTypes(t, "enum", opts{"enum": table}, nil, []pair{
		{"1-50", number("1")}, {"1–50", number("1")}, {"very  large ", "big"}, {"true", true}, {"VERY LARGE", "big"}, {"grosse", "size"}, {"日本", "jp"}, {"51", wrong}, {huge, wrong},
	})
	checkTypes(t, "enum", opts{"enum": table, "default": int64(0)}, nil, []pair{{"51", number("0")}, {huge, number("0")}, {"", nil}})
	_, reader := newReader(t, "enum", opts{"enum": value.Table{{From: "b", To: "x"}, {From: "a", To: "y"}}})
	_, unknown := reader.Text("c", nil)
	require.Equal(t, "one of: b, a", unknown.Expect, "in the order of the file")
}

func TestMultiEnums(t *testing.T) {
	t.Parallel()
	wrong := fault("enum.unknown")
	table := opts{"A": "a", "B, or not": "b", "B": "bb", "C|D": "c", "5": int64(5)}
	list := func(texts ...string) []string { return texts }
	checkTypes(t, "multi-enum", opts{"enum": table}, nil, []pair{
		{list("a", "B"), list("a", "bb")}, {"a,b", list("a", "bb")}, {"a\nb", list("a", "bb")}, {"a;a , A", list("a")}, {"b, or not", list("b")},
		{"b, or not, a", list("b", "a")}, {"c|d|a", list("c", "a")}, {list("a;b", "5"), list("a", "bb", "5")}, {";,|", nil}, {"", nil}, {list(), nil}, {list("", " "), nil},
		{"a, x", wrong}, {huge, wrong}, {list(strings.Split(strings.Repeat("a,", 300), ",")...), wrong}, {strings.Repeat("a,", 300), wrong}, {strings.Repeat("a,", 100), list("a")},
	})
	checkTypes(t, "multi-enum", opts{"enum": table, "separator": ";"}, nil, []pair{{list("a", "B"), "a;bb"}, {"5", "5"}})
	checkTypes(t, "multi-enum", opts{"enum": table, "default": "other"}, nil, []pair{{"x, a, y", list("other", "a")}, {list("x"), list("other")}})
}

func TestCountries(t *testing.T) {
	t.Parallel()
	wrong := fault("type.country")
	checkTypes(t, "country", nil, nil, []pair{
		{"nl", "NL"}, {"NLD", "NL"}, {"The Netherlands", "NL"}, {"Nederland", "NL"}, {"Niederlande", "NL"}, {"UK", "GB"}, {"U.S.A.", "US"}, {"u.s.", "US"},
		{"United States of America", "US"}, {"Côte d’Ivoire", "CI"}, {"cote d'ivoire", "CI"}, {"Österreich", "AT"}, {"Autriche", "AT"}, {"日本", "JP"}, {"日本国", wrong},
		{"México", "MX"}, {"Türkiye", "TR"}, {"Turkey", "TR"}, {"Sverige", "SE"}, {"South Korea", "KR"}, {"Hong Kong", "HK"}, {"Kosovo", "XK"}, {"Ελλάδα", "GR"},
		{"Deutschland ", "DE"}, {"ألمانيا", "DE"}, {"Isle of Man", "IM"}, {"Guinea-Bissau", "GW"}, {"Trinidad & Tobago", "TT"}, {"Trinidad and Tobago", "TT"},
		{"Bosnia and Herzegovina", "BA"}, {"St. Lucia", "LC"}, {"Saint Lucia", "LC"}, {"Congo-Kinshasa", "CD"}, {"Democratic Republic of the Congo", "CD"}, {"Czechia", "CZ"},
		{"EU", wrong}, {"Atlantis", wrong}, {"ZZ", wrong}, {"SU", wrong}, {"YU", wrong}, {huge, wrong}, {"-", wrong}, {"the", wrong}, {"…", wrong},
	})
	checkTypes(t, "country", opts{"as": "name"}, nil, []pair{{"hk", "Hong Kong"}, {"Deutschland", "Germany"}, {"GB", "United Kingdom"}, {"Türkiye", "Turkey"}})
	checkTypes(t, "country", opts{"as": "code3"}, nil, []pair{{"hk", "HKG"}, {"Deutschland", "DEU"}})
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	wrong := fault("type.language")
	checkTypes(t, "language", nil, nil, []pair{
		{"EN", "en"}, {"en_GB", "en-GB"}, {"zh-Hant-TW", "zh-Hant-TW"}, {"iw", "he"}, {"deu", "de"}, {"Néerlandais", "nl"}, {"日本語", "ja"}, {"العربية", "ar"},
		{"es-419", "es-419"}, {"de-DE-u-co-phonebk", "de-DE"}, {"en-US,en;q=0.5", "en-US"}, {"Flemish", "nl-BE"}, {"Portuguese (Brazil)", "pt-BR"},
		{"none", wrong}, {"aaa", wrong}, {"x", wrong}, {"und", wrong}, {"mul", wrong}, {"*", wrong}, {"e n", wrong}, {huge, wrong}, {",", wrong},
	})
	checkTypes(t, "language", opts{"as": "base"}, nil, []pair{{"pt-BR", "pt"}, {"zh-Hant", "zh"}, {"Deutsch", "de"}})
}

func TestStates(t *testing.T) {
	t.Parallel()
	wrong := fault("type.state")
	for region, pairs := range map[string][]pair{
		"": {{"US-CA", "US-CA"}, {"us-ca", "US-CA"}, {"Texas", "US-TX"}, {"NSW", "AU-NSW"}, {"Bayern", "DE-BY"}, {"Limburg", wrong}, {"CA", wrong}, {"13", wrong}, {huge, wrong}},
		"US": {
			{"CA", "US-CA"}, {"california", "US-CA"}, {"Calif.", "US-CA"}, {"N.Y.", "US-NY"}, {"Washington, D.C.", "US-DC"}, {"State of Texas", "US-TX"}, {"Puerto Rico", "US-PR"},
			{"DE-BY", wrong}, {"Bayern", wrong}, {"Ontario", wrong}, {"-", wrong}, {"the", wrong},
		},
		"DE": {{"NRW", "DE-NW"}, {"nordrhein westfalen", "DE-NW"}, {"Thueringen", "DE-TH"}, {"Lower Saxony", "DE-NI"}, {"Freistaat Bayern", "DE-BY"}},
		"CA": {{"Québec", "CA-QC"}, {"BC", "CA-BC"}, {"P.E.I.", "CA-PE"}},
		"GB": {{"Scotland", "GB-SCT"}, {"Wales", "GB-WLS"}, {"Cymru", "GB-WLS"}, {"City of Bristol", "GB-BST"}, {"Kent", "GB-KEN"}},
		"SE": {{"Uppsala län", "SE-C"}, {"Skåne", "SE-M"}, {"Stockholms lan", "SE-AB"}},
		"PL": {{"mazowieckie", "PL-14"}, {"MZ", "PL-14"}, {"14", "PL-14"}},
		"NO": {{"Hordaland", "NO-46"}, {"Østfold", "NO-31"}},
		"IN": {{"OR", "IN-OD"}, {"Odisha", "IN-OD"}, {"UP", "IN-UP"}},
		"JP": {{"東京都", "JP-13"}, {"Tōkyō", "JP-13"}, {"Osaka Prefecture", "JP-27"}},
		"BE": {{"Vlaanderen", "BE-VLG"}, {"Bruxelles", "BE-BRU"}},
	} {
		options := opts{"as": "iso"}
		if region != "" {
			options["region"] = region
		}
		checkTypes(t, "state", options, nil, pairs)
	}
	checkTypes(t, "state", opts{"region_from": "country"}, map[string]string{"country": "Kanada"}, []pair{{"Ontario", "ON"}, {"CA", wrong}})
	checkTypes(t, "state", opts{"region_from": "country", "region": "US"}, nil, []pair{{"CA", "CA"}})
	checkTypes(t, "state", opts{"as": "name"}, nil, []pair{{"us-ca", "California"}, {"Île de France", "Île-de-France"}, {"CN-GD", "Guangdong"}})
}
