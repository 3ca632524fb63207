package config

// Adapter is a kind of sender that Handoff knows: how it proves its requests, identifies submissions and writes answers.
type Adapter string

// The adapters. Generic is any sender that the configuration describes.
const (
	Generic      Adapter = "generic"
	Calcom       Adapter = "cal-com"
	Calendly     Adapter = "calendly"
	Fillout      Adapter = "fillout"
	Formstack    Adapter = "formstack"
	GitHub       Adapter = "github"
	GoogleAds    Adapter = "google-ads"
	GravityForms Adapter = "gravity-forms"
	HubSpot      Adapter = "hubspot"
	Intercom     Adapter = "intercom"
	Jotform      Adapter = "jotform"
	LinkedIn     Adapter = "linkedin"
	Meta         Adapter = "meta"
	Paperform    Adapter = "paperform"
	Stripe       Adapter = "stripe"
	Tally        Adapter = "tally"
	Typeform     Adapter = "typeform"
	Webflow      Adapter = "webflow"
)

// Adapters are all of them.
func Adapters() []Adapter {
	return []Adapter{
		Generic, Calcom, Calendly, Fillout, Formstack, GitHub, GoogleAds, GravityForms, HubSpot, Intercom, Jotform, LinkedIn,
		Meta, Paperform, Stripe, Tally, Typeform, Webflow,
	}
}

// Scheme is how a sender of the adapter Generic proves that a request is its own.
type Scheme string

const (
	// StandardWebhooks is the scheme of https://www.standardwebhooks.com, and of Svix.
	StandardWebhooks Scheme = "standard-webhooks"
	// HMAC is any keyed hash that Signature describes.
	HMAC Scheme = "hmac"
	// TimedHMAC is the scheme that Stripe made known: t=TIME,v1=SIGNATURE over TIME.BODY.
	TimedHMAC Scheme = "timed-hmac"
	// TokenOnly is a secret that travels with the request, for senders that sign nothing.
	TokenOnly Scheme = "token"
)

// trait is what the configuration of an adapter may and must say.
type trait struct {
	token      Place // where the secret travels by default; nowhere where requests are signed
	fixedToken bool  // it always travels there
	layout     bool  // the configuration says where things are in the body
	header     bool  // the signature's header can be chosen
	handshake  bool  // it wants verify_tokens
	thin       bool  // it can fetch
}

// traits of the adapters that have any.
func (a Adapter) traits() trait {
	switch a {
	case Generic:
		return trait{layout: true, header: true}
	case GitHub:
		return trait{layout: true}
	case Formstack:
		return trait{header: true}
	case Jotform, Fillout, Paperform:
		return trait{token: Place{Query: "token"}}
	case GravityForms:
		return trait{token: Place{Header: "X-Webhook-Token"}}
	case GoogleAds:
		return trait{token: Place{Path: "google_key"}, fixedToken: true}
	case Meta:
		return trait{handshake: true, thin: true}
	case LinkedIn, HubSpot:
		return trait{thin: true}
	}
	return trait{}
}
