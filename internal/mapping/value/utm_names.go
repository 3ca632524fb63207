package value

// sourceNames are the standard names of traffic sources, and what else they are called.
const sourceNames = `
	google, adwords, google ads, google adwords, googleads, google-ads, google_ads, google search, g, googleadservices, google organic, dv360, doubleclick
	youtube, yt, youtube ads, youtube.com, youtu.be
	bing, bing ads, bingads, microsoft, microsoft ads, microsoft advertising, msn, microsoft-ads
	facebook, fb, facebook ads, facebook-ads, facebook_ads, facebookads, meta, meta ads, meta-ads, fb ads, fb.com, facebook.com, m.facebook.com, l.facebook.com, lm.facebook.com, fbads
	instagram, ig, insta, instagram ads, l.instagram.com, instagram-ads
	linkedin, li, linked in, linked-in, linkedin ads, linkedin-ads, linkedin_ads, linkedinads, lnkd.in, lnkd
	twitter, x, x.com, twitter ads, t.co, twitter.com, x ads
	tiktok, tik tok, tt, tiktok ads, tik-tok
	pinterest, pin, pinterest ads
	reddit, reddit ads
	snapchat, snap, snap ads
	quora, quora ads
	whatsapp, wa, wa.me
	telegram, t.me
	xing, xing ads
	duckduckgo, ddg
	yahoo, yahoo ads, yahoo search
	yandex, ya.ru, yandex direct
	baidu
	ecosia
	chatgpt, chatgpt.com, chat.openai.com, openai
	perplexity, perplexity.ai
	github, github.com
	stackoverflow, stack overflow
	hackernews, hacker news, hn, news.ycombinator.com, ycombinator
	producthunt, product hunt, ph
	g2, g2crowd, g2 crowd, g2.com
	capterra, capterra ads
	trustpilot
	gartner, gartner digital markets, gdm
	hubspot, hs_email, hs_automation, hs email
	mailchimp, mail chimp
	newsletter, news letter, news-letter, nl
	email, e-mail, mail
	direct, (direct), none, (none), typein, type-in
	webinar, webinars
	podcast, podcasts
	referral, referrals, referrer
	partner, partners
	event, events, trade show, tradeshow, messe
`

// mediumNames are the standard names of kinds of traffic.
const mediumNames = `
	cpc, ppc, paid, paidsearch, paid search, paid-search, paid_search, sem, adwords, cost per click, search ads
	paid_social, paid social, paid-social, paidsocial, social paid, social ads, social_paid, cpc social
	social, social media, social-media, social_media, socialmedia, sm, organic social, organic_social, organic-social
	display, banner, banners, cpm, gdn, display ads, programmatic
	video, video ads, youtube ads
	email, e-mail, e mail, mail, newsletter, edm
	organic, organic search, seo, natural
	referral, referrer, ref, link
	affiliate, affiliates, aff
	retargeting, remarketing
	offline, print, flyer, direct mail
	event, events, trade show, tradeshow, messe
	sms, text message
	push, push notification
	qr, qr code, qr-code, qrcode
	podcast, audio
	none, (none), (not set), direct
`
