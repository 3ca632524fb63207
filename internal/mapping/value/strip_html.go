package value

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func stripHTMLTransform() Transform {
	return simple("strip_html", "The text of a piece of HTML: without tags, scripts and styles, with &amp; and its like as the signs that they stand for, on one line.",
		stripHTML,
		Example{In: "<p>Hello&nbsp;<b>you</b></p><p>Bye &amp; thanks</p>", Out: "Hello you Bye & thanks"},
		Example{In: "<script>alert(1)</script>1 < 2", Out: "1 < 2"},
		Example{In: "Smith & Sons", Out: "Smith & Sons"})
}

// stripHTML drops everything of HTML but its text.
func stripHTML(text string) string {
	if !strings.ContainsAny(text, "<&") {
		return collapse(text)
	}
	tokens := html.NewTokenizer(strings.NewReader(text))
	var b strings.Builder
	var hidden atom.Atom // the element whose text nobody sees
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end: of a text nothing else can go wrong
			return collapse(Line(b.String()))
		case html.TextToken:
			if hidden == 0 {
				b.Write(tokens.Text())
			}
		case html.StartTagToken:
			name, _ := tokens.TagName()
			tag := atom.Lookup(name)
			if hidden == 0 && unseen[tag] {
				hidden = tag
			}
			if !inline[tag] {
				b.WriteByte(' ')
			}
		case html.EndTagToken, html.SelfClosingTagToken:
			name, _ := tokens.TagName()
			tag := atom.Lookup(name)
			if tag == hidden {
				hidden = 0
			}
			if !inline[tag] {
				b.WriteByte(' ')
			}
		}
	}
}

// unseen are elements whose text is for programs.
var unseen = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Iframe: true, atom.Object: true, atom.Svg: true, atom.Head: true,
}

// inline are elements that stand inside of a word or a line; all others begin a new one.
var inline = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Cite: true, atom.Code: true, atom.Data: true, atom.Del: true,
	atom.Dfn: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Ins: true, atom.Kbd: true, atom.Label: true, atom.Mark: true, atom.Q: true,
	atom.S: true, atom.Samp: true, atom.Small: true, atom.Span: true, atom.Strike: true, atom.Strong: true, atom.Sub: true, atom.Sup: true,
	atom.Time: true, atom.Tt: true, atom.U: true, atom.Var: true, atom.Wbr: true,
}
