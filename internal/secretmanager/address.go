package secretmanager

import (
	"net/url"
	"os"
	"slices"
	"strings"

	"gocloud.dev/runtimevar"
	"gocloud.dev/secrets"
)

// keeperVariable names what unseals secrets that travel sealed. It is gocloud.dev's own, read from the process' environment.
const keeperVariable = "RUNTIMEVAR_KEEPER_URL"

// decoders are those of gocloud.dev that leave a text.
var decoders = []string{"", "string", "bytes"}

// address is a URL that can be asked.
type address struct {
	text   string
	scheme string
	sealed bool
}

// parse checks a URL before anybody is asked. What is no URL of a manager may well be the secret itself, so nothing of it is
// repeated.
func parse(text string) (address, *Problem) {
	u, err := url.Parse(text)
	schemes := runtimevar.DefaultURLMux().VariableSchemes()
	switch {
	case err != nil || u.Scheme == "" || u.Host == "" && u.Path == "":
		return address{}, problem("want the URL of a secret in a manager, such as awssecretsmanager://handoff-crm?region=eu-central-1")
	case !slices.Contains(schemes, u.Scheme):
		return address{}, problem("begins with the name of no secret manager; want one of: %s", strings.Join(schemes, ", "))
	case u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1":
		return address{}, problem("want https: a secret comes from there")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return address{}, problem("has parameters that cannot be read; want KEY=VALUE, with & between them")
	}
	decoder, sealed := strings.CutPrefix(query.Get("decoder"), "decrypt")
	if sealed {
		decoder = strings.TrimLeft(decoder, " +") // + is a space in a query
	}
	if !slices.Contains(decoders, decoder) {
		return address{}, problem("has a decoder that leaves no text; want string, or decrypt for what is sealed")
	}
	if sealed {
		if p := checkKeeper(); p != nil {
			return address{}, p
		}
	}
	return address{text: text, scheme: u.Scheme, sealed: sealed}, nil
}

// checkKeeper looks at the keeper's URL, which may hold a key.
func checkKeeper() *Problem {
	text := os.Getenv(keeperVariable)
	if text == "" {
		return problem("is sealed, and %s is not set; want the URL of the keeper that unseals it", keeperVariable)
	}
	schemes := secrets.DefaultURLMux().KeeperSchemes()
	if u, err := url.Parse(text); err != nil || !slices.Contains(schemes, u.Scheme) {
		return problem("is sealed, and %s names no keeper; want one of: %s", keeperVariable, strings.Join(schemes, ", "))
	}
	return nil
}
