package stack

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"handoff/internal/devstack"
	"handoff/internal/seal"
)

// secrets are made once per state folder and kept there.
type secrets struct {
	keys    string
	website string
	portal  string
	app     string // of Salesforce's connected app
}

func (s *Stack) loadSecrets() error {
	for _, secret := range []struct {
		name     string
		into     *string
		generate func() (string, error)
	}{
		{"keys", &s.secrets.keys, seal.NewKeys},
		{"admin-token", &s.Token, devstack.RandomSecret},
		{"source-website", &s.secrets.website, standardSecret},
		{"source-partner-portal", &s.secrets.portal, devstack.RandomSecret},
		{"salesforce-app", &s.secrets.app, devstack.RandomSecret},
	} {
		var err error
		if *secret.into, err = s.Folder.Secret(secret.name, secret.generate); err != nil {
			return err
		}
	}
	return nil
}

// standardSecret is a secret as Standard Webhooks wants it.
func standardSecret() (string, error) {
	key := make([]byte, 24)
	_, _ = rand.Read(key) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(key), nil
}

func cutEnv(pair, name string) (string, bool) {
	key, value, ok := strings.Cut(pair, "=")
	return value, ok && key == name
}
