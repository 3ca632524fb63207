package rest

import (
	"strings"

	"golang.org/x/net/html"
)

// markup is a text as HTML: what somebody typed stays what they typed, and lines stay lines.
func markup(text string) string {
	text = html.EscapeString(strings.ReplaceAll(text, "\r\n", "\n"))
	return strings.ReplaceAll(text, "\n", "<br>")
}

// unmarked is the text of HTML, for comparing it with what was written: an API may have put tags of its own around it.
func unmarked(markup string) string {
	var text strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end
			return strings.TrimSpace(text.String())
		case html.TextToken:
			text.Write(tokens.Text()) // without entities
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, _ := tokens.TagName(); string(name) == "br" {
				text.WriteByte('\n')
			}
		case html.EndTagToken:
			if name, _ := tokens.TagName(); string(name) == "p" || string(name) == "div" {
				text.WriteByte('\n')
			}
		}
	}
}
