package value

import (
	"slices"
	"strings"
	"sync"

	iso3166 "github.com/biter777/countries"
)

func stateType() Type {
	return Type{
		Name: "state",
		Doc:  "A state, province or other part of a country (ISO 3166-2), by name or code. The country comes from another answer or from the rule; without either, only a name or code that one country alone has is understood.",
		PII:  None,
		Options: []Option{
			{Name: "region", Kind: KindText, Doc: "The country, as two letters, where no other answer names one."},
			{Name: "region_from", Kind: KindAnswer, Doc: "The answer that names the country, by name or code."},
			{Name: "as", Kind: KindChoice, Choices: []string{"code", "iso", "name"}, Doc: "How it is written: code (CA), iso (US-CA) or name (California). code if not given."},
		},
		Examples: []Example{
			{In: "California", Out: "CA"},
			{In: "ca", Options: map[string]any{"region": "US", "as": "name"}, Out: "California"},
			{In: "Bavaria", Options: map[string]any{"region_from": "country", "as": "iso"}, Answers: map[string]string{"country": "Germany"}, Out: "DE-BY"},
			{In: "NRW", Options: map[string]any{"region": "DE"}, Out: "NW"},
			{In: "CA", Fault: "type.state", Why: "California is not the only one."},
			{In: "Atlantis", Options: map[string]any{"region": "US"}, Fault: "type.state"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			region, from := a.text("region"), a.text("region_from")
			if code, ok := Country(region); region != "" && (!ok || code != region) {
				a.problem(under("region"), "want the two capital letters of a country, such as US")
			}
			as := a.choice("as", "code", "iso", "name")
			return Reader{Text: func(text string, env *Env) (any, Fault) {
				in := region
				if code, ok := Country(env.answer(from)); ok {
					in = code
				}
				if iso, ok := state(text, in); ok {
					switch as {
					case "iso":
						return iso, Fault{}
					case "name":
						return stateTable().names[iso], Fault{}
					}
					return iso[3:], Fault{}
				}
				fault := Fault{"type.state", "a state or province, and its country"}
				if in != "" {
					fault.Expect = "a state or province of " + countryName(in)
				}
				return nil, fault
			}}, a.problems
		},
	}
}

// state finds the ISO 3166-2 code of a part of a country; the country is "" where it is not known.
func state(text, country string) (iso string, ok bool) {
	if len(text) > 200 {
		return "", false
	}
	table := stateTable()
	if country != "" {
		if iso, ok = table.inCountry[country+"-"+text]; ok { // a code as records hold it
			return iso, true
		}
	}
	key := stateKey(text)
	if iso, ok = table.byISO[key]; ok { // us-ca
		return iso, country == "" || iso[:2] == country
	}
	if country == "" {
		iso = table.anywhere[key]
		return iso, iso != ""
	}
	if iso, ok = table.inCountry[country+"-"+key]; !ok {
		iso, ok = table.inCountry[country+"-"+withoutKind(key)]
	}
	return iso, ok
}

// states are the codes of the parts of countries, by what they are called.
type states struct {
	names     map[string]string // by code
	byISO     map[string]string // by code, folded
	inCountry map[string]string // by country, a hyphen, and a name or the code's end, folded
	anywhere  map[string]string // by name, folded; "" where several countries have it
}

var stateTable = sync.OnceValue(func() *states {
	t := &states{map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}}
	for _, row := range stateAmendments() {
		t.add(row[0], row[1:]...)
	}
	for _, each := range iso3166.AllSubdivisions() {
		iso := string(each)
		if len(iso) < 4 || iso[2] != '-' || notState(iso, each.SubdivisionType()) {
			continue
		}
		if names := stateNames(each.String()); len(names) > 0 {
			t.add(iso, names...)
		}
	}
	for _, row := range stateAliases() {
		for _, alias := range row[1:] {
			t.call(row[0], alias)
		}
	}
	return t
})

// add enters a part of a country under its code and its names, of which the first is the one that is written.
func (t *states) add(iso string, names ...string) {
	if t.names[iso] == "" {
		t.names[iso] = names[0]
	}
	t.byISO[stateKey(iso)] = iso
	// A code goes before a name: nobody else can be meant by it.
	t.inCountry[iso[:3]+iso[3:]] = iso
	t.inCountry[iso[:3]+stateKey(iso[3:])] = iso
	for _, name := range names {
		t.call(iso, name)
	}
}

// call enters a name. What is entered first counts: regions stand before the cities that are called the same.
func (t *states) call(iso, name string) {
	for _, key := range []string{stateKey(name), withoutKind(stateKey(name))} {
		if key == "" {
			continue
		}
		if t.inCountry[iso[:3]+key] == "" {
			t.inCountry[iso[:3]+key] = iso
		}
		switch other, known := t.anywhere[key]; {
		case len(key) <= 2: // somebody's code
		case !known:
			t.anywhere[key] = iso
		case other != "" && other[:2] != iso[:2]:
			t.anywhere[key] = ""
		}
	}
}

// stateNames are the names in an entry of the table: "Bruxelles-Capitale, Région de;Brussels Hoofdstedelijk Gewest",
// "Abū Ȥaby [Abu Dhabi]", "North-West (South Africa)". The first one is the name that is written.
func stateNames(entry string) []string {
	var names []string
	for part := range strings.FieldsFuncSeq(entry, func(r rune) bool { return strings.ContainsRune(";/[]", r) }) {
		part, _, _ = strings.Cut(part, "(")
		before, after, inverted := strings.Cut(strings.TrimSpace(part), ", ")
		if inverted && strings.Count(part, ",") == 1 {
			names = append(names, after+" "+before, before)
			continue
		}
		names = append(names, strings.TrimSpace(part))
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// stateKey makes spellings equal, as for countries; hyphens are spaces, figures stay.
func stateKey(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range Fold(text) {
		switch r {
		case '.', '\'':
		case '-', ',', '/', '(', ')':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimPrefix(collapse(b.String()), "the ")
}

// withoutKind drops the word for what it is: Uppsala län, State of New York, Provincie Utrecht.
func withoutKind(key string) string {
	for _, prefix := range stateKindsBefore {
		if rest, ok := strings.CutPrefix(key, prefix); ok && rest != "" {
			return rest
		}
	}
	for _, suffix := range stateKindsAfter {
		if rest, ok := strings.CutSuffix(key, suffix); ok && rest != "" {
			return rest
		}
	}
	return key
}
