package rest_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/rest"
	"handoff/internal/crm/rest/resttest"
	"handoff/internal/crm/rest/resttest/standin"
	"handoff/internal/restapi"
	"handoff/internal/yamlfile"
)

// describe reads a description of testdata.
func describe(t testing.TB, name string) restapi.API {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	require.NoError(t, err)
	file, problems := yamlfile.Parse(name+".yaml", data)
	require.Empty(t, problems)
	var api restapi.API
	require.Empty(t, file.Decode(&api))
	require.Empty(t, api.Check())
	return api
}

// connect makes a connector to one half of the account; change may change its configuration.
func connect(t testing.TB, w *resttest.Way, name string, change func(*rest.Config)) *rest.Connector {
	t.Helper()
	config := rest.Config{
		BaseURL: w.URL + "/" + name, API: describe(t, name), Timeout: 20 * time.Second,
		Credentials: crm.StaticToken(resttest.Key), Authorize: rest.InHeader("X-Api-Key"),
	}
	if name == "full" {
		config.Authorize = nil
		config.Credentials = &rest.Grant{TokenURL: w.URL + "/token", ClientID: "client", ClientSecret: "secret"}
	}
	if change != nil {
		change(&config)
	}
	c, err := rest.New(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", "full"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := resttest.New()
			crmtest.Run(t, crmtest.Harness{
				Connector: connect(t, account.Start(t), name, nil), Object: "person", Key: "email", Other: "customer",
				Texts: [3]string{"first_name", "last_name", "company"}, Number: "employees", Picklist: "stage", Choice: "fresh",
				Owner: "7", Another: "8", Patience: 30 * time.Second,
				Faulty: func(t testing.TB) crmtest.Faulty {
					w := account.Start(t)
					fault := func(f standin.Fault) func() { return func() { w.Break(f) } }
					faulty := crmtest.Faulty{
						Connector:   connect(t, w, name, nil),
						LoseReplies: fault(standin.LoseReplies), Stall: fault(standin.Stall), Limit: fault(standin.TooMany),
						Revoke: fault(standin.Revoke), Heal: fault(standin.None),
					}
					if name == "full" {
						faulty.Expire = fault(standin.ExpireOnce)
					} else {
						faulty.Without = map[string]string{"Expire": "an API key has no end"}
					}
					return faulty
				},
			})
		})
	}
}
