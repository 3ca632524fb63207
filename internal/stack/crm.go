package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"handoff/internal/crm/connectors"
	"handoff/internal/sandbox/hubspot"
)

// CRM is what a stack writes to: a configuration with its mappings.
type CRM string

const (
	// OwnTables is the shipped handoff.yaml, whose CRM is tables of your own.
	OwnTables CRM = "tables"
	// HubSpot and Salesforce are the vendors', on the sandbox: deploy/demo has a folder for each.
	HubSpot    CRM = "hubspot"
	Salesforce CRM = "salesforce"
)

// CRMNamed is the CRM that a person means.
func CRMNamed(name string) (CRM, error) {
	switch crm := CRM(name); crm {
	case OwnTables, HubSpot, Salesforce:
		return crm, nil
	}
	return "", fmt.Errorf("there is no CRM %q here; want %q, %q or %q", name, OwnTables, HubSpot, Salesforce)
}

// OnSandbox says whether the sandbox plays the CRM.
func (c CRM) OnSandbox() bool { return c != OwnTables }

// sandboxAddress is where the configurations in deploy/demo expect the sandbox: its own default.
const sandboxAddress = "http://127.0.0.1:8090"

// configuration is the environment that says which configuration serves, and what its destination needs.
func (s *Stack) configuration() ([]string, error) {
	if s.CRM == OwnTables {
		return []string{"HANDOFF_CONFIG=" + filepath.Join(s.Root, "handoff.yaml"), "HANDOFF_MAPPINGS=" + filepath.Join(s.Root, "mappings")}, nil
	}
	if s.Sandbox == nil {
		return nil, fmt.Errorf("%s needs the sandbox, which this stack was started without", s.CRM)
	}
	folder := filepath.Join(s.Root, "deploy", "demo", string(s.CRM))
	text, err := os.ReadFile(filepath.Join(folder, "handoff.yaml"))
	if err != nil {
		return nil, fmt.Errorf("read the configuration of %s: %w", s.CRM, err)
	}
	file := filepath.Join(s.Folder.Path, string(s.CRM)+".yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), sandboxAddress, s.Sandbox.URL)), 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration with the sandbox's address: %w", err)
	}
	env := []string{"HANDOFF_CONFIG=" + file, "HANDOFF_MAPPINGS=" + filepath.Join(folder, "mappings")}
	if s.CRM == HubSpot {
		return append(env, "HANDOFF_CRM_TOKEN_FILE="+s.tokenFile()), s.PutToken(hubspot.Token)
	}
	return append(env, "HANDOFF_CRM_SECRET="+s.secrets.app), nil
}

func (s *Stack) tokenFile() string { return filepath.Join(s.Folder.Path, "secrets", "hubspot-token") }

// PutToken replaces the token of the HubSpot account, in its file, as a secret manager does. The programs run on.
func (s *Stack) PutToken(token string) error {
	file := s.tokenFile()
	if err := os.WriteFile(file+".new", []byte(token+"\n"), 0o600); err != nil {
		return fmt.Errorf("store the token: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("store the token: %w", err)
	}
	return nil
}

// prepareCRM makes what Handoff needs in the CRM, by the ways that an operator has.
func (s *Stack) prepareCRM(ctx context.Context) error {
	switch s.CRM {
	case HubSpot:
		s.say("Preparing the account of HubSpot's: handoff setup hubspot --mapped")
		return s.run(ctx, "setup", "hubspot", "--mapped")
	case Salesforce:
		s.say("Preparing the org of Salesforce's: a connected app, and fields")
		return s.prepareSalesforce(ctx)
	}
	s.say("Preparing the CRM's tables")
	return s.prepareTables(ctx)
}

func (s *Stack) prepareTables(ctx context.Context) error {
	for name, d := range s.Config.Destinations {
		connector, err := connectors.New(ctx, name, d)
		if err != nil {
			return err
		}
		if c, ok := connector.(connectors.SetUp); ok {
			if _, err := c.Setup(ctx); err != nil {
				return errors.Join(fmt.Errorf("set up destination %s: %w", name, err), connector.Close())
			}
		}
		if err := connector.Close(); err != nil {
			return fmt.Errorf("close destination %s: %w", name, err)
		}
	}
	return nil
}

// run runs the command line as an operator does.
func (s *Stack) run(ctx context.Context, arguments ...string) error {
	command := exec.CommandContext(ctx, s.Folder.Bin("handoff"), arguments...)
	command.Env, command.Dir = s.env, s.Root
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("handoff %s: %w\n%s", strings.Join(arguments, " "), err, output)
	}
	return nil
}

// orgFields are what docs/crm/salesforce.md has people make, on the objects that the mappings write and on those that leads
// become.
var orgFields = map[string][]map[string]any{
	"Lead": append(consentFields, ownFields...), "Contact": append(consentFields, ownFields...), "Activity": activityFields,
}

var (
	ownFields = []map[string]any{
		{"name": "Handoff_Key__c", "length": 255, "unique": true, "external_id": true},
		{"name": "Handoff_State__c", "type": "textarea", "length": 32768},
	}
	activityFields = []map[string]any{ownFields[0], {"name": "Handoff_State__c", "length": 255}}
	consentFields  = []map[string]any{
		{"name": "Marketing_Opt_In__c", "type": "boolean"}, {"name": "Consent_Text__c", "type": "textarea", "length": 4000},
		{"name": "Consent_At__c", "type": "datetime"},
	}
)

func (s *Stack) prepareSalesforce(ctx context.Context) error {
	app := map[string]any{"client_id": s.Config.Destinations["crm"].Salesforce.Client.ClientID, "client_secret": s.secrets.app}
	if err := s.Sandbox.Command(ctx, http.MethodPost, "salesforce/clients", app); err != nil {
		return err
	}
	for object, fields := range orgFields {
		for _, field := range fields {
			body := map[string]any{"object": object}
			for key, value := range field {
				body[key] = value
			}
			if err := s.Sandbox.Command(ctx, http.MethodPost, "salesforce/fields", body); err != nil {
				return err
			}
		}
	}
	return nil
}
