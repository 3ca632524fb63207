package value

import (
	"strings"
	"sync"
)

// Words that people and forms use for yes and no. No word is in both lists.
const (
	yesWords = `true yes y 1 on ok checked selected agree agreed accept accepted subscribe subscribed granted opt-in
		ja j jawohl wahr oui vrai si sí verdadeiro verdadero vero sim da tak prawda jo kyllä igen ano evet doğru да так ναι はい 是 כן نعم`
	noWords = `false no n 0 off unchecked disagree disagreed decline declined refuse refused unsubscribe
		unsubscribed denied opt-out nein nee falsch onwaar non faux falso não nao nie nej nei ei nem ne hayır hayir yanlış
		нет ні όχι いいえ 否 不是 לא لا`
)

// booleanWords are the meanings of words, folded.
var booleanWords = sync.OnceValue(func() map[string]bool {
	meanings := map[string]bool{}
	for _, word := range strings.Fields(yesWords) {
		meanings[Fold(word)] = true
	}
	for _, word := range strings.Fields(noWords) {
		meanings[Fold(word)] = false
	}
	return meanings
})
