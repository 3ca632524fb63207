package value

import "strings"

// freeMail says that everybody can have an address there.
func freeMail(domain string) bool {
	if freeMailDomains[domain] {
		return true
	}
	brand, rest, _ := strings.Cut(domain, ".")
	// yahoo.fr, hotmail.co.uk, gmx.net, but not yahoo.example.com.
	return freeMailBrands[brand] && (!strings.Contains(rest, ".") || strings.HasPrefix(rest, "co.") || strings.HasPrefix(rest, "com."))
}

// freeMailBrands have a domain in most countries.
var freeMailBrands = set("gmx hotmail live outlook yahoo ymail rocketmail yandex aol mailinator yopmail")

var freeMailDomains = set(`gmail.com googlemail.com msn.com passport.com icloud.com me.com mac.com mail.com email.com
	proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tutamail.com tuta.io fastmail.com fastmail.fm hey.com hushmail.com
	zohomail.com zohomail.eu inbox.com usa.com web.de t-online.de freenet.de arcor.de posteo.de mailbox.org 1und1.de
	online.de orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr libero.it virgilio.it tiscali.it alice.it tin.it
	ziggo.nl kpnmail.nl kpnplanet.nl planet.nl hetnet.nl home.nl xs4all.nl upcmail.nl casema.nl chello.nl quicknet.nl
	telenet.be skynet.be proximus.be bluewin.ch hispeed.ch aon.at btinternet.com sky.com virginmedia.com ntlworld.com
	talktalk.net blueyonder.co.uk comcast.net verizon.net att.net sbcglobal.net cox.net bellsouth.net charter.net
	earthlink.net rogers.com shaw.ca sympatico.ca bigpond.com optusnet.com.au xtra.co.nz uol.com.br bol.com.br
	terra.com.br ig.com.br mail.ru inbox.ru list.ru bk.ru rambler.ru ukr.net seznam.cz centrum.cz wp.pl o2.pl
	interia.pl onet.pl abv.bg rediffmail.com qq.com foxmail.com 163.com 126.com yeah.net sina.com sohu.com naver.com
	daum.net hanmail.net guerrillamail.com 10minutemail.com trashmail.com`)

func set(words string) map[string]bool {
	members := map[string]bool{}
	for _, word := range strings.Fields(words) {
		members[word] = true
	}
	return members
}
