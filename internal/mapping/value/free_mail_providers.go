package value

// freeMailProvidersEverywhere have a domain in most countries.
const freeMailProvidersEverywhere = "gmx hotmail live outlook yahoo ymail rocketmail yandex aol mailinator yopmail"

// freeMailProviders are the domains of providers of free mail, of internet access with mail for private persons, and of
// addresses for ten minutes.
const freeMailProviders = `gmail.com googlemail.com msn.com passport.com icloud.com me.com mac.com mail.com email.com
	proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tutamail.com tuta.io fastmail.com fastmail.fm hey.com hushmail.com
	zohomail.com zohomail.eu inbox.com usa.com web.de t-online.de freenet.de arcor.de posteo.de mailbox.org 1und1.de
	online.de orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr libero.it virgilio.it tiscali.it alice.it tin.it
	ziggo.nl kpnmail.nl kpnplanet.nl planet.nl hetnet.nl home.nl xs4all.nl upcmail.nl casema.nl chello.nl quicknet.nl
	telenet.be skynet.be proximus.be bluewin.ch hispeed.ch aon.at btinternet.com sky.com virginmedia.com ntlworld.com
	talktalk.net blueyonder.co.uk comcast.net verizon.net att.net sbcglobal.net cox.net bellsouth.net charter.net
	earthlink.net rogers.com shaw.ca sympatico.ca bigpond.com optusnet.com.au xtra.co.nz uol.com.br bol.com.br
	terra.com.br ig.com.br mail.ru inbox.ru list.ru bk.ru rambler.ru ukr.net seznam.cz centrum.cz wp.pl o2.pl
	interia.pl onet.pl abv.bg rediffmail.com qq.com foxmail.com 163.com 126.com yeah.net sina.com sohu.com naver.com
	daum.net hanmail.net guerrillamail.com 10minutemail.com trashmail.com
	gmx.de gmx.net gmx.at gmx.ch mail.de email.de eclipso.de vodafone.de kabelmail.de unitybox.de netcologne.de ewetel.net
	numericable.fr club-internet.fr aliceadsl.fr cegetel.net voila.fr email.it inwind.it iol.it teletu.it fastwebnet.it poste.it pec.it
	telefonica.net terra.es ono.com sapo.pt netcabo.pt clix.pt iol.pt mail.pt otenet.gr forthnet.gr in.gr
	hotmail.nl live.nl online.nl tele2.nl zeelandnet.nl versatel.nl wxs.nl solcon.nl caiway.nl
	bredband.net spray.se comhem.se online.no broadpark.no getmail.no mail.dk tdcadsl.dk stofanet.dk jubii.dk
	luukku.com kolumbus.fi elisanet.fi saunalahti.fi suomi24.fi volny.cz atlas.cz email.cz post.cz azet.sk zoznam.sk centrum.sk
	freemail.hu citromail.hu indamail.hu t-online.hu gazeta.pl poczta.onet.pl poczta.fm tlen.pl vp.pl op.pl go2.pl
	inbox.lv mail.ee hot.ee delfi.lt yandex.ru ya.ru i.ua meta.ua bigmir.net mynet.com superonline.com walla.co.il walla.com
	bezeqint.net 012.net.il zahav.net.il emirates.net.ae sify.com in.com indiatimes.com 21cn.com aliyun.com tom.com 139.com 189.cn
	yahoo.co.jp docomo.ne.jp ezweb.ne.jp softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp ocn.ne.jp nate.com hanmir.com
	pchome.com.tw hinet.net seed.net.tw singnet.com.sg pacific.net.sg tm.net.my globo.com globomail.com r7.com zipmail.com.br oi.com.br
	prodigy.net.mx infinitum.com.mx fibertel.com.ar arnet.com.ar ciudad.com.ar speedy.com.ar vtr.net
	videotron.ca telus.net bell.net sasktel.net eastlink.ca optonline.net windstream.net frontiernet.net centurylink.net
	embarqmail.com q.com juno.com netzero.net roadrunner.com rr.com suddenlink.net mindspring.com peoplepc.com cs.com netscape.net
	iinet.net.au tpg.com.au internode.on.net dodo.com.au westnet.com.au adam.com.au slingshot.co.nz orcon.net.nz paradise.net.nz
	mweb.co.za telkomsa.net vodamail.co.za webmail.co.za tiscali.co.uk btopenworld.com freeserve.co.uk plusnet.com o2.co.uk lineone.net
	eircom.net iol.ie duck.com simplelogin.com mozmail.com privaterelay.appleid.com runbox.com startmail.com disroot.org riseup.net
	mailfence.com lavabit.com cock.li onmail.com skiff.com temp-mail.org tempmail.com throwawaymail.com sharklasers.com
	getnada.com dispostable.com maildrop.cc mintemail.com fakeinbox.com mohmal.com emailondeck.com tempail.com`
