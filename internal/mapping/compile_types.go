package mapping

import (
	"maps"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"handoff/internal/yamlfile"
)

// types are what a field can be read as.
var types = []string{"string", "text", "email", "phone", "integer", "boolean", "date", "enum", "country"}

// transforms change a text before it is read as its type. An empty result is no answer.
var transforms = map[string]func(text string) string{
	"trim":      strings.TrimSpace,
	"collapse":  func(text string) string { return strings.Join(strings.Fields(text), " ") },
	"lower":     strings.ToLower,
	"upper":     strings.ToUpper,
	"domain_of": companyDomain,
}

// truncate is written as a transform, but needs the type's limit.
const truncate = "truncate"

// understanding compiles how the text of an answer is read.
func (c *compiler) understanding(path string, f *fieldSpec, r *rule) {
	limit, cut := c.limit(path, f), slices.Contains(f.Transform, truncate)
	switch typeOf(f) {
	case "string":
		r.convert = textConverter(limit, cut)
	case "text", collected:
		r.text, r.convert = paragraphs, textConverter(limit, cut)
	case "email":
		r.convert = emailConverter()
	case "phone":
		r.convert = c.phone(path, f)
	case "integer":
		r.convert = integerConverter()
		r.number = short("type.integer", "a whole number", func(text string, _ *Input) (any, bool) {
			number, ok := wholeNumber(text)
			return number, ok
		})
	case "boolean":
		r.convert = c.boolean(path, f.TrueWords, f.FalseWords)
	case "date":
		if _, ok := dateOrders[f.Order]; !ok && f.Order != "" {
			c.problem(path+".order", "want ymd, dmy or mdy")
		}
		r.convert = dateConverter(f.Order)
	case "enum":
		r.convert = c.enum(path+".enum", f.Enum)
	case "country":
		r.convert = countryConverter()
	default:
		c.problem(path+".type", "%s", yamlfile.Unknown("type", f.Type, types))
	}
	c.transforms(path, f, r)
}

// limit is how long a text may be, in characters.
func (c *compiler) limit(path string, f *fieldSpec) int {
	switch {
	case c.file.Has(path+".max") && f.Max <= 0:
		c.problem(path+".max", "want a number of characters, at least 1")
	case f.Max > 0:
		return f.Max
	case typeOf(f) == "text":
		c.problem(path+".max", "free text is passed on only up to a length; want how many characters")
	}
	if typeOf(f) == collected {
		return defaultCollectMax
	}
	return defaultMax
}

func (c *compiler) transforms(path string, f *fieldSpec, r *rule) {
	known := append(sortedKeys(transforms), truncate)
	for i, name := range f.Transform {
		at := yamlfile.Index(path+".transform", i)
		transform, ok := transforms[name]
		switch {
		case name == truncate && typeOf(f) != "string" && typeOf(f) != "text":
			c.problem(at, "truncate goes only with type: string or text")
		case name == truncate:
		case !ok:
			c.problem(at, "%s", yamlfile.Unknown("transform", name, known))
		default:
			before := r.text
			r.text = func(text string) string { return transform(before(text)) }
		}
	}
}

func (c *compiler) phone(path string, f *fieldSpec) converter {
	if f.Region != "" && !phonenumbers.GetSupportedRegions()[f.Region] {
		c.problem(path+".region", "want the two capital letters of a country, such as NL")
	}
	var from reader
	if f.RegionFrom != "" && c.readable(path+".region_from", f.RegionFrom) {
		from = newReader(f.RegionFrom)
	}
	return phoneConverter(f.Region, from)
}

// boolean adds the file's own words to the ones that everybody uses.
func (c *compiler) boolean(path string, trueWords, falseWords []string) converter {
	is, isNot := maps.Clone(yesWords), maps.Clone(noWords)
	for i, word := range trueWords {
		word = fold(word)
		if isNot[word] {
			c.problem(yamlfile.Index(path+".true_words", i), "this means no already")
		}
		is[word] = word != ""
	}
	for i, word := range falseWords {
		word = fold(word)
		if is[word] {
			c.problem(yamlfile.Index(path+".false_words", i), "this means yes already")
		}
		isNot[word] = word != ""
	}
	return booleanConverter(is, isNot)
}

// enum compiles a table from what people choose to what the CRM calls it. Case and spaces do not matter.
func (c *compiler) enum(path string, table map[string]any) converter {
	if len(table) == 0 {
		c.problem(path, "want a table from answers to values, such as {\"1-50\": small}")
	}
	values, writtenAs := map[string]any{}, map[string]string{}
	for _, answer := range sortedKeys(table) {
		at, key := yamlfile.Key(path, answer), fold(answer)
		switch other, twice := writtenAs[key]; {
		case key == "":
			c.problem(at, "want an answer, got an empty text")
		case twice:
			c.problem(at, "the same answer as %q: case and spaces do not matter", other)
		}
		values[key], writtenAs[key] = c.constant(at, table[answer]), answer
	}
	expect := "one of: " + strings.Join(inFileOrder(c.file, path, table), ", ")
	return short("enum.unknown", expect, func(text string, _ *Input) (any, bool) {
		value, ok := values[fold(text)]
		return value, ok
	})
}
