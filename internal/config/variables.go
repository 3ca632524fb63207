package config

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"handoff/internal/yamlfile"
)

// Program is one of Handoff's programs. Each is given the secrets that it needs and no others.
type Program string

const (
	ProgramStarter Program = "starter"
	ProgramWorker  Program = "worker"
)

// Variable is one environment variable that the programs read.
type Variable struct {
	Name     string
	What     string
	Default  string // what holds when nobody sets it, unless the file says otherwise
	Required bool
	Secret   bool
	// File is the name of another variable that may name a file with the value instead.
	File string
	// From is the name of another variable that may hold the URL of a secret manager's secret instead.
	From string
	// Programs are those that read it.
	Programs []Program
}

// Variables lists every variable that the programs read: the fixed ones, and those that the loaded file names.
func (c *Config) Variables() []Variable {
	variables := []Variable{
		{Name: "HANDOFF_CONFIG", What: "path of the configuration file", Default: DefaultFile, Programs: both()},
		{Name: secretsFolder, What: "folder with a file per secret, called like its variable, for those that are not set; several with a colon between them", Programs: both()},
		ledgerDSN(), keyset(), adminToken(),
	}
	for _, s := range settings() {
		variables = append(variables, Variable{Name: s.env, What: s.about, Default: s.preset, Programs: both()})
	}
	for _, v := range [][2]string{
		{"TEMPORAL_PROFILE", "profile of the temporal CLI's configuration file"},
		{"TEMPORAL_CONFIG_FILE", "the temporal CLI's configuration file"},
		{"TEMPORAL_API_KEY", "API key of Temporal Cloud"},
		{"TEMPORAL_TLS", "whether to use TLS with Temporal"},
		{"TEMPORAL_TLS_CLIENT_CERT_PATH", "file of the TLS client certificate"},
		{"TEMPORAL_TLS_CLIENT_CERT_DATA", "the TLS client certificate itself"},
		{"TEMPORAL_TLS_CLIENT_KEY_PATH", "file of the TLS client key"},
		{"TEMPORAL_TLS_CLIENT_KEY_DATA", "the TLS client key itself"},
		{"TEMPORAL_TLS_SERVER_CA_CERT_PATH", "file of the certificate authority that signed Temporal's certificate"},
		{"TEMPORAL_TLS_SERVER_CA_CERT_DATA", "that authority's certificate itself"},
		{"TEMPORAL_TLS_SERVER_NAME", "name in Temporal's certificate, where it differs from the address"},
		{"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", "whether to trust any certificate; never in production"},
	} {
		secret := v[0] == "TEMPORAL_API_KEY" || v[0] == "TEMPORAL_TLS_CLIENT_KEY_DATA"
		variables = append(variables, Variable{Name: v[0], What: v[1], Secret: secret, Programs: both()})
	}
	return append(variables, c.variables...)
}

func both() []Program { return []Program{ProgramStarter, ProgramWorker} }

func ledgerDSN() Variable {
	return secretVariable("HANDOFF_LEDGER_DSN", "connection string of the ledger's PostgreSQL", both()...)
}

func keyset() Variable {
	return secretVariable("HANDOFF_KEYS", "keyset that seals the answers", both()...)
}

func adminToken() Variable {
	return secretVariable("HANDOFF_ADMIN_TOKEN", "bearer token of the admin API, at least 16 characters", ProgramStarter)
}

func secretVariable(name, what string, programs ...Program) Variable {
	return Variable{
		Name: name, What: what, Required: true, Secret: true, File: name + fileSuffix, From: name + fromSuffix, Programs: programs,
	}
}

// name keeps a variable that the file names; two places may name the same one.
func (c *Config) name(v Variable) {
	for i, known := range c.variables {
		if known.Name == v.Name {
			for _, p := range v.Programs {
				if !slices.Contains(known.Programs, p) {
					c.variables[i].Programs = append(slices.Clip(known.Programs), p)
				}
			}
			return
		}
	}
	c.variables = append(c.variables, v)
}

// setting is a value of the file that a variable overrides.
type setting struct {
	path   string // in the file
	env    string
	about  string
	preset string
	kind   reflect.Type
}

// settings finds all of them by the tags of Config's fields.
func settings() []setting {
	var found []setting
	var walk func(path string, of reflect.Value)
	walk = func(path string, of reflect.Value) {
		for i := range of.NumField() {
			field := of.Type().Field(i)
			key, variable := field.Tag.Get("yaml"), field.Tag.Get("env")
			switch {
			case key == "" || key == "-":
			case variable != "":
				preset := fmt.Sprint(of.Field(i))
				if duration, ok := of.Field(i).Interface().(time.Duration); ok {
					preset = duration.String()
				}
				found = append(found, setting{yamlfile.Key(path, key), variable, field.Tag.Get("about"), preset, field.Type})
			case field.Type.Kind() == reflect.Struct:
				walk(yamlfile.Key(path, key), of.Field(i))
			}
		}
	}
	walk(yamlfile.Root, reflect.ValueOf(Default()))
	return found
}
