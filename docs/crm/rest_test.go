package crm_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/crm/rest/resttest"
	"handoff/internal/programs"
	"handoff/internal/seal"
)

func restPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("rest.md")
	require.NoError(t, err)
	return string(page)
}

// loadRest loads a destination as part of a whole configuration, with the secrets that are in variables.
func loadRest(t testing.TB, destination string, secrets ...string) config.Destination {
	t.Helper()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "handoff.yaml")
	source := "sources:\n  website: {scheme: standard-webhooks, secrets: [WEBSITE_SECRETS], form: demo-request}\n"
	require.NoError(t, os.WriteFile(path, []byte(source+destination), 0o600))
	if secrets == nil {
		secrets = []string{"HANDOFF_CRM_TOKEN=" + resttest.Key, "HANDOFF_CRM_SECRET=secret", "HANDOFF_CRM_REFRESH=r"}
	}
	environment := append([]string{"HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys}, secrets...)
	c, err := config.Load(path, environment, config.ProgramWorker)
	require.NoError(t, err)
	return c.Destinations["crm"]
}

// TestRestPage: both worked examples carry submissions.
func TestRestPage(t *testing.T) {
	t.Parallel()
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(restPage(t), -1)
	require.Len(t, examples, 2)
	for i, example := range examples {
		t.Run(fmt.Sprint("example ", i+1), func(t *testing.T) {
			t.Parallel()
			account := resttest.New().Start(t)
			d := loadRest(t, strings.ReplaceAll(example[1], "https://crm.example.com", account.URL))
			connector, err := connectors.New(t.Context(), "crm", d)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, connector.Close()) })
			noon := time.Date(2026, 4, 14, 12, 0, 0, 0, time.UTC)
			write := func(submission, email, first string, minute int) crm.Write {
				return crm.Write{
					Submission: submission, Keys: [][]string{{"email"}}, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute), Read: []string{"first_name"},
					Fields: crm.Fields{"email": email, "first_name": first, "employees": json.Number("12")},
				}
			}
			for _, result := range connector.Upsert(t.Context(), "contact", []crm.Write{write("a", "ann@example.com", "Ann", 5), write("b", "bob@example.com", "Bob", 5)}) {
				require.Nil(t, result.Err)
				require.Equal(t, crm.Created, result.Outcome)
			}
			older := connector.Upsert(t.Context(), "contact", []crm.Write{write("c", "Ann@Example.com", "Anna", 1)})[0]
			require.Nil(t, older.Err)
			require.Equal(t, crm.Updated, older.Outcome)
			require.Equal(t, "Ann", older.Record["first_name"], "an older answer overwrites nothing")
			bad := write("d", "cy@example.com", "Cy", 1)
			bad.Fields["employees"] = "many"
			refused := connector.Upsert(t.Context(), "contact", []crm.Write{bad})[0]
			require.Equal(t, crm.Invalid, refused.Err.Kind)
			require.Equal(t, "invalid_value", refused.Err.Code)
			require.Equal(t, []string{"employees"}, refused.Err.Fields)
			owner, _, err := connector.SetOwner(t.Context(), "contact", older.RecordID, "7")
			require.NoError(t, err)
			require.Equal(t, "7", owner)
			owners, err := connector.Owners(t.Context())
			require.NoError(t, err)
			require.Len(t, owners, 1)
			changed, err := connector.ChangedSince(t.Context(), "contact", noon.AddDate(-1, 0, 0), []string{"email"}, 10)
			require.NoError(t, err)
			require.Len(t, changed, 2)
			properties, err := connector.Describe(t.Context(), "contact")
			require.NoError(t, err)
			require.NotEmpty(t, properties)
			require.Len(t, account.People(), 2)
		})
	}
}

// TestRestTry: the commands by which a description is tried show the records that are there, and that it is wrong where it is.
func TestRestTry(t *testing.T) {
	t.Parallel()
	account, folder := resttest.New().Start(t), t.TempDir()
	example := strings.ReplaceAll(blocks(t, "rest.md", "yaml")[0], "https://crm.example.com", account.URL)
	connector, err := connectors.New(t.Context(), "crm", loadRest(t, example))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connector.Close()) })
	made := connector.Upsert(t.Context(), "contact", []crm.Write{{
		Submission: "a", Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": "ann@example.com", "first_name": "Ann", "employees": json.Number("12")},
	}})
	require.Nil(t, made[0].Err)
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.Symlink(programs.Handoff(t), filepath.Join(bin, "handoff")))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "mappings"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "mappings", "demo-request.yaml"), []byte("mapping: demo-request\nowner: us\nforms: [demo-request]\n"+
		"sources: [website]\ndestination: crm\nconsent: {basis: not-collected}\nfields: [{from: email, to: contact.email, type: email, required: true}]\n"+
		"objects: {contact: {object: contact, key: [email]}}\n"), 0o600))
	describe := func(description string) {
		source := "sources:\n  website: {scheme: standard-webhooks, secrets: [WEBSITE_SECRETS], form: demo-request}\n"
		require.NoError(t, os.WriteFile(filepath.Join(folder, "handoff.yaml"), []byte(source+description), 0o600))
	}
	run := func(line string) (string, int) {
		command := exec.CommandContext(t.Context(), "sh", "-c", line)
		command.Dir = folder
		command.Env = []string{
			"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + folder, "HANDOFF_CRM_TOKEN=" + resttest.Key, "HANDOFF_KEYS=" + keys,
			"HANDOFF_LEDGER_DSN=host=127.0.0.1 port=1 dbname=ledger sslmode=disable", "TEMPORAL_ADDRESS=127.0.0.1:1",
		}
		output, _ := command.CombinedOutput() // its status is looked at
		return string(output), command.ProcessState.ExitCode()
	}

	describe(example)
	lines := strings.Split(strings.TrimSpace(blocks(t, "rest.md", "sh")[0]), "\n")
	require.Len(t, lines, 3)
	said, _ := run(lines[0])
	require.Regexp(t, `(?m)^ok  destination crm +lets us in, .* knows 1 owners$`, said)
	said, status := run(lines[1])
	require.Zero(t, status, said)
	require.Regexp(t, `(?s)crm: found 1 record of contact\n.* email +ann@example\.com\n +first_name +Ann\n +employees +12\n +owner\n$`, said)
	changed := strings.Replace(lines[2], "2h", "2026-04-01", 1) // the account has a clock of its own
	said, status = run(changed)
	require.Zero(t, status, said)
	require.Regexp(t, `(?s)crm: 1 record of contact changed since .* 2026-04-14T\S+ +email +ann@example\.com\n +first_name +Ann\n$`, said)

	describe(strings.ReplaceAll(example, "list: items", "list: entries"))
	said, status = run(lines[1])
	require.Equal(t, 1, status, said)
	require.Contains(t, said, "crm: no record of contact has these values")
	describe(strings.Replace(example, "changed: changed", "changed: touched", 1))
	said, status = run(changed)
	require.Zero(t, status, said)
	require.Regexp(t, `(?m)^  \d+ +email +ann@example\.com$`, said, "the record has no moment")
}

// TestRestVendors: the descriptions that the page names can be loaded as they are.
func TestRestVendors(t *testing.T) {
	t.Parallel()
	files := regexp.MustCompile(`\(examples/([a-z]+\.yaml)\)`).FindAllStringSubmatch(restPage(t), -1)
	there, err := filepath.Glob("examples/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, len(there), "each shipped description is on the page")
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("examples", file[1]))
		require.NoError(t, err)
		_, err = connectors.New(t.Context(), "crm", loadRest(t, string(text)))
		require.NoError(t, err, file[1])
	}
}

// TestRestPageNamesEveryKey: nothing can be configured that the page does not speak of.
func TestRestPageNamesEveryKey(t *testing.T) {
	t.Parallel()
	page := restPage(t)
	seen := map[reflect.Type]bool{}
	var missing []string
	var walk func(reflect.Type)
	walk = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(of.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[of] {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			name, options, _ := strings.Cut(of.Field(i).Tag.Get("yaml"), ",")
			if name == "-" || !of.Field(i).IsExported() {
				continue
			}
			if options != "inline" {
				if !regexp.MustCompile("[`*]" + name + "[`*]").MatchString(page) {
					missing = append(missing, of.Name()+"."+name)
				}
			}
			walk(of.Field(i).Type)
		}
	}
	walk(reflect.TypeFor[config.RestAPI]())
	require.Greater(t, len(seen), 10)
	require.Empty(t, missing)
}
