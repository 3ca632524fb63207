package config

// OAuth is an app of yours at a vendor, which somebody connects to the account with `handoff connect`. The tokens are not
// here: they are sealed in the ledger.
type OAuth struct {
	ClientID string `yaml:"client_id"`
	// ClientSecretEnv is the environment variable that holds the app's secret. Apps that have none are public ones, which
	// HubSpot does not know.
	ClientSecretEnv string `yaml:"client_secret_env"`
	ClientSecret    Secret `yaml:"-"` // its value
	// Scopes are what the app asks for; OptionalScopes it asks of accounts that have them (HubSpot).
	Scopes         []string `yaml:"scopes"`
	OptionalScopes []string `yaml:"optional_scopes"`
	// LoginURL is the host that people log in to, where a vendor has several: Salesforce's instance_url when empty.
	LoginURL string `yaml:"login_url"`
	// AuthURL and TokenURL are the vendor's endpoints: those of HubSpot and Salesforce are known.
	AuthURL  string `yaml:"auth_url"`
	TokenURL string `yaml:"token_url"`
	// Params are further parameters of the address that people log in at, such as access_type.
	Params map[string]string `yaml:"params"`
	// ClientAuth is how the app proves itself at the token endpoint: body, or header.
	ClientAuth string `yaml:"client_auth"`
	// RedirectURL is where the vendor sends the browser back to. It must be among those of the app.
	RedirectURL string `yaml:"redirect_url"`
}

// DefaultRedirectURL is where a browser on the same machine comes back to.
const DefaultRedirectURL = "http://localhost:8976/callback"

// oauthPaths are the endpoints of vendors that are known, below the host that people log in to and below that of the API.
type oauthPaths struct {
	login, authorize string
	api, token       string
}

// HubSpotVersion is the version of HubSpot's API that programs without a connector speak: those that get tokens, and those that
// fetch what a form has brought. It is the connector's.
const HubSpotVersion = "2026-03"

// vendorOAuth is what is known of a vendor. HubSpot has people log in elsewhere than where its API answers.
// See https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth and
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm.
func vendorOAuth(d *Destination) (oauthPaths, bool) {
	switch d.Connector {
	case "hubspot":
		paths := oauthPaths{"https://app.hubspot.com", "/oauth/authorize", "https://api.hubapi.com", "/oauth/" + HubSpotVersion + "/token"}
		if d.HubSpot != nil && d.HubSpot.BaseURL != "" {
			paths.login, paths.api = d.HubSpot.BaseURL, d.HubSpot.BaseURL
		}
		return paths, true
	case "salesforce":
		login := "https://login.salesforce.com"
		switch {
		case d.OAuth.LoginURL != "":
			login = d.OAuth.LoginURL
		case d.Salesforce != nil && d.Salesforce.InstanceURL != "":
			login = d.Salesforce.InstanceURL
		}
		return oauthPaths{login, "/services/oauth2/authorize", login, "/services/oauth2/token"}, true
	}
	return oauthPaths{}, false
}
