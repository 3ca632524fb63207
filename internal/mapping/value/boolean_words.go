package value

import (
	"strings"
	"sync"
)

// Words that people and forms use for yes and no, apart by commas. No word is in both lists, accents left out.
const (
	yesWords = `true, t, yes, y, 1, on, ok, okay, x, checked, selected, agree, i agree, agreed, accept, i accept, accepted, consent, i consent,
		subscribe, subscribed, granted, opt-in, opted in, yes please, "yes, please", yep, yeah, sure, ✓, ✔, ☑, ✅,
		ja, ja bitte, j, jawohl, jawoll, wahr, waar, einverstanden, akkoord, oui, vrai, d'accord, si, sì, sí, vero, verdadero, acepto, de acuerdo,
		sim, verdadeiro, aceito, da, tak, prawda, jo, juu, kyllä, jah, jā, taip, igen, igaz, ano, áno, pravda, evet, doğru, bai, já, po,
		да, так, ναι, はい, 是, 是的, 예, 네, כן, نعم, بله, हाँ, हां, ใช่, ya, iya, vâng, ndiyo`
	noWords = `false, f, no, n, 0, off, unchecked, disagree, i disagree, disagreed, decline, declined, refuse, refused, denied, rejected,
		unsubscribe, unsubscribed, opt-out, opted out, no thanks, "no, thanks", no thank you, "no, thank you", nope, ✗, ✘, ☐, ❌,
		nein, nein danke, falsch, nicht einverstanden, nee, onwaar, niet akkoord, non, faux, falso, no acepto, não, nao, nie, fałsz, nej, nei, ei,
		nem, hamis, ne, nē, nu, hayır, hayir, yanlış, ez,
		нет, ні, не, όχι, いいえ, 否, 不, 不是, 아니요, 아니오, לא, لا, خیر, नहीं, ไม่, tidak, không, hapana`
)

// booleanWords are the meanings of words, folded.
var booleanWords = sync.OnceValue(func() map[string]bool {
	meanings := map[string]bool{}
	for _, list := range []struct {
		words string
		means bool
	}{{yesWords, true}, {noWords, false}} {
		for _, word := range wordList(list.words) {
			meanings[Fold(word)] = list.means
		}
	}
	return meanings
})

// wordList are words and phrases apart by commas; one with a comma stands in quotation marks.
func wordList(text string) []string {
	var list []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		var word string
		if quoted, ok := strings.CutPrefix(text, `"`); ok {
			word, text, _ = strings.Cut(quoted, `"`)
			text = strings.TrimPrefix(strings.TrimSpace(text), ",")
		} else {
			word, text, _ = strings.Cut(text, ",")
		}
		list = append(list, strings.TrimSpace(word))
	}
	return list
}
