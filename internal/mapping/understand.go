package mapping

import (
	"encoding/json"
	"slices"

	"handoff/internal/mapping/value"
)

// textOrNothing makes an empty text nothing.
func textOrNothing(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// value is what the rule makes of the answers, before any fallback, and the currency of an amount of money.
func (e *evaluation) value(r *rule) (found, currency any, from string, fault value.Fault) {
	var text string
	switch {
	case r.cel != nil:
		return e.computed(r)
	case r.collect:
		text, fault = e.collected(r)
		from = r.asked
	case r.join != nil || r.template != nil:
		text, from, fault = e.combined(r)
	default:
		return e.answered(r)
	}
	if fault.Found() || text == "" {
		return nil, nil, from, fault
	}
	found, currency, fault = e.read(r, text)
	return found, currency, from, fault
}

// answered reads the first answer that is not empty.
func (e *evaluation) answered(r *rule) (found, currency any, from string, fault value.Fault) {
	var answer any
	from = r.asked
	for i := range r.sources {
		given := r.sources[i].read(e.in)
		if text, ok := given.(string); ok && (r.upload == "" || r.upload == "url") {
			if text = r.clean(text); text != "" {
				found, currency, fault = e.read(r, text)
				return found, currency, r.sources[i].name, fault
			}
			continue
		}
		if !blank(given) {
			answer, from = given, r.sources[i].name
			break
		}
	}
	if answer == nil {
		if r.makes {
			found, currency, fault = e.read(r, "")
		}
		return found, currency, from, fault
	}
	if isFile(answer) && r.upload == "" {
		return nil, nil, from, unmappedUpload
	}
	if r.upload != "" {
		if answer = uploaded(answer, r.upload); blank(answer) {
			return nil, nil, from, value.Fault{}
		}
	}
	found, currency, fault = e.given(r, answer)
	return found, currency, from, fault
}

// given understands an answer that is no text.
func (e *evaluation) given(r *rule, answer any) (found, currency any, fault value.Fault) {
	if number, ok := answer.(json.Number); ok && r.reader.Number != nil && len(r.steps) == 0 {
		found, fault = r.reader.Number(number.String(), &e.env)
		if r.currency >= 0 && r.reader.Currency != nil && !fault.Found() {
			currency, fault = r.reader.Currency(number.String(), &e.env)
		}
		return found, currency, fault
	}
	list, several := answer.([]any)
	if !several || len(list) == 1 {
		text, ok := single(answer)
		if !ok {
			return nil, nil, value.Single
		}
		if text = r.clean(text); text == "" && !r.makes {
			return nil, nil, value.Fault{}
		}
		return e.read(r, text)
	}
	texts, ok := appendTexts(make([]string, 0, len(list)), answer, r.clean)
	if !ok {
		return nil, nil, value.Single
	}
	return e.several(r, texts)
}

// several understands one or more texts.
func (e *evaluation) several(r *rule, texts []string) (found, currency any, fault value.Fault) {
	switch texts = value.Run(r.steps, texts); len(texts) {
	case 0:
		return nil, nil, value.Fault{}
	case 1:
		return e.convert(r, texts[0])
	}
	return e.list(r, texts)
}

// read understands one text, which is clean.
func (e *evaluation) read(r *rule, text string) (found, currency any, fault value.Fault) {
	if len(r.steps) > 0 {
		one, list := value.RunText(r.steps, text)
		if list != nil {
			return e.list(r, list)
		}
		if text = one; text == "" {
			return nil, nil, value.Fault{}
		}
	}
	return e.convert(r, text)
}

// list understands several texts.
func (e *evaluation) list(r *rule, texts []string) (found, currency any, fault value.Fault) {
	if r.reader.List == nil {
		return nil, nil, value.Single
	}
	found, fault = r.reader.List(texts, &e.env)
	return found, nil, fault
}

func (e *evaluation) convert(r *rule, text string) (found, currency any, fault value.Fault) {
	found, fault = r.reader.Text(text, &e.env)
	if r.currency >= 0 && r.reader.Currency != nil && found != nil && !fault.Found() {
		currency, fault = r.reader.Currency(text, &e.env)
	}
	return found, currency, fault
}

// computed is the value of the rule's expression. Where the rule names answers, one of them must be there.
func (e *evaluation) computed(r *rule) (found, currency any, from string, fault value.Fault) {
	from = r.asked
	if len(r.sources) > 0 {
		i := slices.IndexFunc(r.sources, func(s source) bool { return !blank(s.read(e.in)) })
		if i < 0 {
			return nil, nil, from, value.Fault{}
		}
		from = r.sources[i].name
	}
	result, err := r.cel.Run(e)
	if err != nil {
		return nil, nil, from, e.m.failedAt(r.about.place.Path)
	}
	switch v := result.(type) {
	case nil:
		return nil, nil, from, value.Fault{}
	case string:
		if v = r.clean(v); v == "" {
			return nil, nil, from, value.Fault{}
		}
		found, currency, fault = e.read(r, v)
		return found, currency, from, fault
	case []string:
		if r.asIs {
			found, fault = r.listOf(v)
			return found, nil, from, fault
		}
		texts, _ := appendTexts(nil, anyList(v), r.clean)
		found, currency, fault = e.several(r, texts)
		return found, currency, from, fault
	}
	if r.asIs {
		return result, nil, from, value.Fault{}
	}
	found, currency, fault = e.given(r, result)
	return found, currency, from, fault
}

// listOf is a list of texts as a record can hold it; nil where it is empty.
func (r *rule) listOf(texts []string) (any, value.Fault) {
	kept := make([]string, 0, len(texts))
	for _, text := range texts {
		if text = r.clean(text); text == "" {
			continue
		}
		if _, fault := r.reader.Text(text, nil); fault.Found() {
			return nil, fault // too long
		}
		kept = append(kept, text)
	}
	if len(kept) == 0 {
		return nil, value.Fault{}
	}
	return kept, value.Fault{}
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
