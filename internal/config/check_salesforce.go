package config

import (
	"crypto/x509"
	"encoding/pem"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"handoff/internal/yamlfile"
)

var (
	salesforceName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)
	salesforceID      = regexp.MustCompile(`^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$`)
	salesforceVersion = regexp.MustCompile(`^[0-9]{2,3}\.0$`)
)

func (l *loader) completeSalesforce(c *Config, path string, d *Destination) {
	if d.Salesforce == nil {
		l.problem(path, "missing; want instance_url, and client, jwt or token_env")
		return
	}
	s := *d.Salesforce
	l.secureURL(path+".instance_url", s.InstanceURL)
	s.InstanceURL = strings.TrimSuffix(s.InstanceURL, "/")
	if s.Version != "" && !salesforceVersion.MatchString(s.Version) {
		l.problem(path+".version", "want a version of the API, such as 67.0")
	}
	l.salesforceCredentials(c, path, d, &s)
	if s.Assign != "" && s.Assign != "on" && !salesforceID.MatchString(s.Assign) {
		l.problem(path+".assign", "want on, or the id of an assignment rule")
	}
	if s.Duplicates != "" {
		l.oneOf(path+".duplicates", "choice", s.Duplicates, []string{"save", "review"})
	}
	l.completeSalesforceBulk(c, path, &s)
	for i, id := range s.Nobody {
		if !salesforceID.MatchString(id) {
			l.problem(yamlfile.Index(path+".nobody", i), "want the id of a user or queue: 15 or 18 letters and digits")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Objects)) {
		at := yamlfile.Key(path+".objects", name)
		l.objectName(at, name)
		l.checkSalesforceObject(at, s.Objects[name])
	}
	d.Salesforce = &s
}

// mostBulk is how many records go in one job.
const mostBulk = 10_000

func (l *loader) completeSalesforceBulk(c *Config, path string, s *SalesforceOrg) {
	if s.Bulk == nil {
		return
	}
	bulk := *s.Bulk
	if bulk.From == 0 {
		bulk.From = 2000 // from which Salesforce advises it
	}
	if bulk.Gather == 0 {
		bulk.Gather = 10 * time.Second
	}
	l.number(path+".bulk.from", int64(bulk.From), 1, mostBulk)
	l.span(path+".bulk.gather", bulk.Gather, time.Second, 5*time.Minute)
	if s.Duplicates == "review" {
		l.problem(path+".bulk", "no use with duplicates: review; Salesforce cannot be told to mind duplicates in a job")
	}
	if n := c.Relay.Background; n > 0 && n < bulk.From {
		l.problem(path+".bulk", "relay.background is %d, so that a backfill never has the %d submissions under way that a job takes; set relay.background to %d",
			n, bulk.From, min(mostBulk, max(5000, 2*bulk.From)))
	}
	s.Bulk = &bulk
}

// salesforceCredentials reads the one way to get a token.
func (l *loader) salesforceCredentials(c *Config, path string, d *Destination, s *SalesforceOrg) {
	ways := 0
	for _, set := range []bool{s.TokenEnv != "", s.Client != nil, s.JWT != nil, d.OAuth != nil} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		l.problem(path, "want exactly one of client, jwt and token_env, or oauth beside it")
		return
	}
	switch {
	case s.Client != nil:
		client := *s.Client
		if client.ClientID == "" {
			l.problem(path+".client.client_id", "want the app's client id")
		}
		client.ClientSecret = l.variable(c, path+".client.client_secret_env", client.ClientSecretEnv, "client secret of a Salesforce app", ProgramWorker)
		s.Client = &client
	case s.JWT != nil:
		way := *s.JWT
		if way.ClientID == "" {
			l.problem(path+".jwt.client_id", "want the app's client id")
		}
		if way.Username == "" {
			l.problem(path+".jwt.username", "want the name of the user whom Handoff works as")
		}
		defaults(&way.Audience, "https://login.salesforce.com")
		l.secureURL(path+".jwt.audience", way.Audience)
		way.Key = l.variable(c, path+".jwt.key_env", way.KeyEnv, "private key of a Salesforce app", ProgramWorker)
		if text := way.Key.Reveal(); text != "" && !isPrivateKey(text) {
			l.problem(path+".jwt.key_env", "want an RSA private key in PEM (-----BEGIN PRIVATE KEY-----)")
		}
		s.JWT = &way
	case s.TokenEnv != "":
		s.Token = l.variable(c, path+".token_env", s.TokenEnv, "access token of Salesforce", ProgramWorker)
	}
}

func isPrivateKey(text string) bool {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return false
	}
	_, of8 := x509.ParsePKCS8PrivateKey(block.Bytes)
	_, of1 := x509.ParsePKCS1PrivateKey(block.Bytes)
	return of8 == nil || of1 == nil
}

func (l *loader) checkSalesforceObject(path string, o SalesforceObject) {
	if o.Object != "" && !salesforceName.MatchString(o.Object) {
		l.problem(path+".object", "want Salesforce's API name of the object, such as Lead or Inquiry__c")
	}
	used := map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(o.Fields)) {
		at, name := yamlfile.Key(path+".fields", field), o.Fields[field]
		switch other, taken := used[name]; {
		case !salesforceName.MatchString(name):
			l.problem(at, "want Salesforce's API name of the field, such as Email or Budget__c")
		case name == "Handoff_State__c" || name == "OwnerId":
			l.problem(at, "%s is written by Handoff itself; want another field", name)
		case taken:
			l.problem(at, "field %s is also that of %s; want one of its own", name, other)
		}
		used[name] = field
	}
}
