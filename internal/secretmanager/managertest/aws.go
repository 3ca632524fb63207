// Package managertest runs secret managers inside a test: enough of AWS, of Vault, and of any server that gives a text by HTTP.
package managertest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// AWSKeyID is the key that calls to AWS must be signed with; any secret of it will do.
const AWSKeyID = "AKIDHANDOFFTEST"

// AWSEnvironment has AWS' client find credentials, and look for none elsewhere.
var AWSEnvironment = []string{
	"AWS_ACCESS_KEY_ID=" + AWSKeyID, "AWS_SECRET_ACCESS_KEY=hunter2-aws", "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=eu-central-1",
	"AWS_CONFIG_FILE=/nowhere", "AWS_SHARED_CREDENTIALS_FILE=/nowhere", "AWS_MAX_ATTEMPTS=1",
}

// AWS answers as Secrets Manager and as the Parameter Store of Systems Manager do.
// See https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html and
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html.
type AWS struct {
	URL string

	mu      sync.Mutex
	secrets map[string]versioned
	denied  map[string]bool
	asked   int
}

type versioned struct {
	text    string
	version int
}

// StartAWS starts one that lasts as long as the test.
func StartAWS(t testing.TB) *AWS {
	t.Helper()
	a := &AWS{secrets: map[string]versioned{}, denied: map[string]bool{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// Put keeps another version of a secret.
func (a *AWS) Put(name, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.secrets[name] = versioned{text, a.secrets[name].version + 1}
}

// Deny has nobody read a secret.
func (a *AWS) Deny(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.denied[name] = true
}

// Asked is how often a secret was asked for.
func (a *AWS) Asked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

// Secret is the URL of a secret in Secrets Manager; more parameters may follow.
func (a *AWS) Secret(name string, more ...string) string {
	return a.at("awssecretsmanager", name, more)
}

// Parameter is that of one in the Parameter Store.
func (a *AWS) Parameter(name string, more ...string) string { return a.at("awsparamstore", name, more) }

func (a *AWS) at(scheme, name string, more []string) string {
	parameters := append([]string{"region=eu-central-1", "endpoint=" + url.QueryEscape(a.URL)}, more...)
	return scheme + "://" + name + "?" + strings.Join(parameters, "&")
}

// ServeHTTP implements http.Handler.
func (a *AWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request struct{ SecretId, Name string }
	_ = json.NewDecoder(r.Body).Decode(&request)
	a.mu.Lock()
	defer a.mu.Unlock()
	name := request.SecretId + request.Name
	secret, known := a.secrets[name]
	operation := r.Header.Get("X-Amz-Target")
	switch {
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="+AWSKeyID+"/"):
		refuse(w, "UnrecognizedClientException", "The security token included in the request is invalid.")
	case a.denied[name]:
		refuse(w, "AccessDeniedException", "User is not authorized to perform this action on "+name)
	case !known && operation == "AmazonSSM.GetParameter":
		refuse(w, "ParameterNotFound", "")
	case !known:
		refuse(w, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	case operation == "secretsmanager.GetSecretValue":
		a.asked++
		said := map[string]any{
			"ARN": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:" + name, "Name": name,
			"VersionId": versionID(secret.version), "VersionStages": []string{"AWSCURRENT"}, "CreatedDate": 1523477145.713,
		}
		if utf8.ValidString(secret.text) {
			said["SecretString"] = secret.text
		} else {
			said["SecretBinary"] = []byte(secret.text)
		}
		answer(w, said)
	case operation == "secretsmanager.DescribeSecret":
		answer(w, map[string]any{"Name": name, "LastChangedDate": 1523477145.713})
	case operation == "AmazonSSM.GetParameter":
		a.asked++
		answer(w, map[string]any{"Parameter": map[string]any{
			"Name": name, "Type": "SecureString", "Value": secret.text, "Version": secret.version, "LastModifiedDate": 1523477145.713,
		}})
	default:
		refuse(w, "UnknownOperationException", operation)
	}
}

func versionID(n int) string { return strings.Repeat("0", 32) + string(rune('a'+n%26)) }

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})
}
