package connectors_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver of the tests' own look into the database
	"github.com/stretchr/testify/require"
	_ "gocloud.dev/runtimevar/httpvar"

	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/sandbox"
	salesforcesandbox "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/seal"
	"handoff/internal/secretmanager/managertest"
	"handoff/internal/stacktest"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// credential is one that a CRM may have, and how the CRM changes it.
type credential struct {
	destination string            // its section, with CRM_SECRET where the variable's name goes
	first       string            // the secret that the connector begins with
	rotate      func() string     // has the CRM take another one and refuse the first, and gives it
	fixed       map[string]string // other variables
}

// credentials are all that destinations can have.
func credentials(t *testing.T) map[string]credential {
	t.Helper()
	hub, org := sandboxtest.Start(t, sandbox.Options{}), sandboxtest.Start(t, sandbox.Options{})
	apps, orgs := sandboxtest.Start(t, sandbox.Options{}), sandboxtest.Start(t, sandbox.Options{})
	hub.HubSpot.Allow("one", 0)
	apps.HubSpot.Connect("app", "one", "refresh", time.Hour)
	org.Salesforce.Allow("one", 0)
	orgs.Salesforce.ConnectClient("app", "one")
	first, second := newKey(t), newKey(t)
	signed := sandboxtest.Start(t, sandbox.Options{})
	signed.Salesforce.RegisterKey("app", &first.PublicKey)
	hubspot := func(url, how string) string {
		return fmt.Sprintf("{connector: hubspot, hubspot: {base_url: %q, %s}}", url, how)
	}
	salesforce := func(url, how string) string {
		return fmt.Sprintf("{connector: salesforce, salesforce: {instance_url: %q, %s}}", url, how)
	}
	all := map[string]credential{
		"HubSpot's token": {hubspot(hub.URL, "token_env: CRM_SECRET"), "one", func() string {
			hub.HubSpot.Revoke("one")
			hub.HubSpot.Allow("two", 0)
			return "two"
		}, nil},
		"HubSpot's app": {hubspot(apps.URL, "app: {client_id: app, client_secret_env: CRM_SECRET, refresh_token_env: CRM_REFRESH}"), "one", func() string {
			apps.HubSpot.ExpireAll()
			apps.HubSpot.Connect("app", "two", "refresh", time.Hour)
			return "two"
		}, map[string]string{"CRM_REFRESH": "refresh"}},
		"Salesforce's token": {salesforce(org.URL, "token_env: CRM_SECRET"), "one", func() string {
			org.Salesforce.Revoke("one")
			org.Salesforce.Allow("two", 0)
			return "two"
		}, nil},
		"Salesforce's client": {salesforce(orgs.URL, "client: {client_id: app, client_secret_env: CRM_SECRET}"), "one", func() string {
			orgs.Salesforce.ExpireAll()
			orgs.Salesforce.ConnectClient("app", "two")
			return "two"
		}, nil},
		"Salesforce's key": {salesforce(signed.URL, fmt.Sprintf("jwt: {client_id: app, username: %q, key_env: CRM_SECRET}", salesforcesandbox.Username)), text(first), func() string {
			signed.Salesforce.ExpireAll()
			signed.Salesforce.RegisterKey("app", &second.PublicKey)
			return text(second)
		}, nil},
		"the tables' DSN": tables(t),
	}
	for name, auth := range map[string]string{
		"the API's token": "token_env: CRM_SECRET", "the API's key": "header: {name: X-Key, value_env: CRM_SECRET}",
		"the API's password": "basic: {user: ana, password_env: CRM_SECRET}",
		"the API's client":   "grant: {token_url: URL/token, client_id: app, client_secret_env: CRM_SECRET}",
		"the API's refresh":  "grant: {token_url: URL/token, client_id: app, client_secret_env: CRM_CLIENT, refresh_token_env: CRM_SECRET}",
	} {
		all[name] = api(t, auth)
	}
	return all
}

// api is a JSON API with one user, which takes one secret at a time, in whatever way.
func api(t *testing.T, auth string) credential {
	t.Helper()
	var secret atomic.Value
	secret.Store("one")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		now := secret.Load().(string)
		_, password, _ := r.BasicAuth()
		if r.URL.Path == "/token" {
			if password != now && r.FormValue("refresh_token") != now {
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"error":"invalid_client"}`))
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]string{"access_token": "of " + now, "token_type": "bearer"})
			return
		}
		carried := strings.TrimPrefix(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "of ")
		if carried != now && r.Header.Get("X-Key") != now && password != now {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{}`))
			return
		}
		_, _ = w.Write([]byte(`{"users":[{"id":"7","email":"ana@example.com"}]}`))
	}))
	t.Cleanup(server.Close)
	return credential{
		destination: strings.ReplaceAll(`{connector: rest, rest: {base_url: URL, auth: {`+auth+`}, owners: {get: /users, list: users}, objects: {contact: {
      state: memory, fields: {email: {}}, find: [{by: [email], get: /contacts, query: {email: "{email}"}, list: items}],
      create: {post: /contacts}, update: {patch: "/contacts/{id}"}}}}}`, "URL", server.URL),
		first: "one", rotate: func() string { secret.Store("two"); return "two" }, fixed: map[string]string{"CRM_CLIENT": "client"},
	}
}

// tables are a database with a role whose password is changed.
func tables(t *testing.T) credential {
	t.Helper()
	dsn, err := url.Parse(stacktest.Postgres(t))
	require.NoError(t, err)
	db, err := sqlx.Connect("postgres", dsn.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	role := strings.ReplaceAll(dsn.Path, "/", "role_")
	_, err = db.Exec(`CREATE TABLE staff (id text PRIMARY KEY, email text); CREATE ROLE ` + role + ` LOGIN PASSWORD 'one'; GRANT SELECT ON staff TO ` + role)
	require.NoError(t, err)
	with := func(password string) string {
		as := *dsn
		as.User = url.UserPassword(role, password)
		return as.String()
	}
	return credential{
		destination: `{connector: postgres, postgres: {dsn_env: CRM_SECRET, owners: {table: staff}, objects: {contact: {table: contacts, unique: [[email]], columns: {email: {}}}}}}`,
		first:       with("one"),
		rotate: func() string {
			_, err := db.Exec(`ALTER ROLE ` + role + ` PASSWORD 'two'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '` + role + `'`)
			require.NoError(t, err)
			return with("two")
		},
	}
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

func text(key *rsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

// connector makes the connector of a destination as a worker does, with its secret where place says.
func connector(t *testing.T, c credential, place string) connectors.Connector {
	t.Helper()
	valid, err := os.ReadFile("../../config/testdata/valid.yaml")
	require.NoError(t, err)
	head, _, _ := strings.Cut(string(valid), "destinations:\n")
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(path, []byte(head+"destinations:\n  crm: "+c.destination+"\n"), 0o600))
	environ := []string{"HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys, place}
	for name, value := range c.fixed {
		environ = append(environ, name+"="+value)
	}
	settings, err := config.Load(path, environ, config.ProgramWorker)
	require.NoError(t, err)
	made, err := connectors.New(t.Context(), "crm", settings.Destinations["crm"])
	require.NoError(t, err)
	t.Cleanup(func() { _ = made.Close() })
	return made
}

// TestEveryCredentialIsReplacedWithoutARestart: the CRM refuses the old one, the new one is in the file or in the manager, and
// the same connector is let in again. Nobody waits for the next regular look: a manager here is looked at once an hour.
func TestEveryCredentialIsReplacedWithoutARestart(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"file", "manager"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			for name, c := range credentials(t) {
				t.Run(name, func(t *testing.T) {
					place, put := "CRM_SECRET_FILE="+filepath.Join(t.TempDir(), "secret"), func(string) {}
					switch where {
					case "file":
						put = func(text string) {
							require.NoError(t, os.WriteFile(strings.TrimPrefix(place, "CRM_SECRET_FILE="), []byte(text), 0o600))
						}
					case "manager":
						manager := managertest.StartHTTP(t, "")
						place, put = "CRM_SECRET_FROM="+manager.URL+"?wait=1h", manager.Put
					}
					put(c.first)
					connector := connector(t, c, place)
					version := ""
					if versioned, is := connector.(crm.Versioned); is {
						version = versioned.CredentialsVersion(t.Context())
						require.NotEmpty(t, version)
					}
					_, err := connector.Owners(t.Context())
					require.NoError(t, err)

					next := c.rotate()
					require.Eventually(t, func() bool { // a connection that was open ends a moment later
						_, err = connector.Owners(t.Context())
						failure, known := crm.AsError(err)
						return known && failure.Kind == crm.Auth
					}, 10*time.Second, 10*time.Millisecond, "the first secret is refused")
					require.NotContains(t, err.Error(), c.first)
					put(next)
					_, err = connector.Owners(t.Context())
					require.NoError(t, err, "the second one is let in")
					if versioned, is := connector.(crm.Versioned); is {
						require.NotEqual(t, version, versioned.CredentialsVersion(t.Context()), "what waits goes on")
					}
				})
			}
		})
	}
}
