package source

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// tracked are the names under which senders pass on where a visitor came from, and what they are called in the context
// of every submission.
func tracked(name string) (string, bool) {
	switch name {
	case "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id",
		"gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "li_fat_id", "page_url", "referrer", "locale":
		return name, true
	case "gcl_id":
		return "gclid", true
	case "referer", "document_referrer":
		return "referrer", true
	case "source_url", "landing_page", "landing_url":
		return "page_url", true
	case "lang", "language":
		return "locale", true
	}
	return "", false
}

// localeText is what may be a language: de, pt-BR, zh_Hant_TW.
var localeText = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$`)

// maxContext bounds an entry of the context.
const maxContext = 2000

// track gathers what a submission says about where it came from: hidden fields and the page's own parameters, under one
// name whoever sent it. What the sender states beside the answers wins over an answer of that name.
func track(context map[string]string, answers map[string]any) map[string]string {
	found := map[string]string{}
	for name, value := range answers {
		key, ok := tracked(snake(lastName(name)))
		if !ok {
			continue
		}
		content, isText := value.(string)
		if !isText || key == "locale" && !localeText.MatchString(content) {
			continue
		}
		if before, taken := found[key]; !taken || content < before { // the same one every time
			found[key] = content
		}
	}
	for key, value := range context {
		if value != "" {
			found[key] = value
		}
	}
	if page, err := url.Parse(found["page_url"]); err == nil {
		for name, values := range page.Query() {
			key, ok := tracked(snake(name))
			if ok && found[key] == "" && values[0] != "" && key != "page_url" && (key != "locale" || localeText.MatchString(values[0])) {
				found[key] = values[0]
			}
		}
	}
	for key, value := range found {
		if len(value) > maxContext {
			delete(found, key)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// numbered is what Jotform puts before a question's name.
var numbered = regexp.MustCompile(`^q\d+_`)

// lastName is an answer's own name, without the group in which the sender puts it.
func lastName(name string) string {
	for _, group := range []string{"hidden.", "metadata.", "urlParameters."} {
		name = strings.TrimPrefix(name, group)
	}
	return numbered.ReplaceAllString(name, "")
}

// snake writes a name in snake_case: "First Name" and "firstName" are both first_name.
func snake(name string) string {
	var b strings.Builder
	lower := false // the letter before was a small one or a digit
	gap := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = b.Len() > 0
			lower = false
			continue
		}
		if gap || lower && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		gap, lower = false, !unicode.IsUpper(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// texts are the entries of an object that are text or numbers.
func texts(object map[string]any) map[string]string {
	found := map[string]string{}
	for key, value := range object {
		switch v := value.(type) {
		case string:
			found[key] = v
		case json.Number:
			found[key] = v.String()
		}
	}
	return found
}
