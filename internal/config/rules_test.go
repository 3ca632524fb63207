package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// TestEveryRule breaks testdata/valid.yaml in one place each and wants exactly the problems that follow.
func TestEveryRule(t *testing.T) {
	t.Parallel()
	const (
		top     = "public:\n"
		website = "    form: contact\n"
		portal  = "    trace: full\n"
		crm     = "    connector: postgres\n    trace: fast\n"
		limit   = "    limit: {writes: 5, per: 1s}\n"
		table   = "          table: contacts\n"
		pg      = "      dsn_env: CRM_DSN\n"
	)
	for name, c := range map[string]struct {
		from, to string
		want     string
	}{
		// what the starter serves
		"public address":      {`listen: ":9080"`, `listen: "9080"`, `2:11: $.public.listen: want host:port, such as :8080 or 127.0.0.1:8080`},
		"public port":         {`listen: ":9080"`, `listen: ":99999"`, `2:11: $.public.listen: want host:port, such as :8080 or 127.0.0.1:8080`},
		"public URL":          {`https://forms.example.com/`, `forms.example.com`, `3:8: $.public.url: want an http or https URL with a host, without user, query and fragment`},
		"public URL user":     {`https://forms.example.com/`, `https://u:p@forms.example.com`, `3:8: $.public.url: want an http or https URL with a host, without user, query and fragment`},
		"public URL query":    {`https://forms.example.com/`, `https://forms.example.com/?a=b`, `3:8: $.public.url: want an http or https URL with a host, without user, query and fragment`},
		"max body":            {top, top + "  max_body: 1000\n", `2:13: $.public.max_body: want 1024 to 33554432`},
		"read header timeout": {top, top + "  read_header_timeout: 2m\n", `2:24: $.public.read_header_timeout: want 1s to 1m`},
		"read timeout":        {top, top + "  read_timeout: 0s\n", `2:17: $.public.read_timeout: want 1s to 10m`},
		"write timeout":       {top, top + "  write_timeout: -1s\n", `2:18: $.public.write_timeout: want 1s to 10m`},
		"idle timeout":        {top, top + "  idle_timeout: 2h\n", `2:17: $.public.idle_timeout: want 1s to 1h`},
		"shutdown grace":      {top, top + "  shutdown_grace: 10ms\n", `2:19: $.public.shutdown_grace: want 1s to 10m`},
		"admin address":       {top, "admin: {listen: localhost}\n" + top, `1:17: $.admin.listen: want host:port, such as :8080 or 127.0.0.1:8080`},
		"admin URL":           {top, "admin: {url: localhost}\n" + top, `1:14: $.admin.url: want an http or https URL with a host, without user, query and fragment`},
		"admin at public":     {top, "admin: {listen: \":9080\"}\n" + top, `1:17: $.admin.listen: also the address of public.listen; want one of its own`},
		"worker at admin":     {"worker:\n", "worker:\n  listen: 127.0.0.1:8081\n", `5:11: $.worker.listen: also the address of admin.listen; want one of its own`},
		"token in the file":   {top, "admin: {token: hunter2hunter2hunter2}\n" + top, `1:16: $.admin.token: a secret is not read from this file; set it in the environment`},

		// what the programs stand on
		"worker address":       {"worker:\n", "worker:\n  listen: x\n", `5:11: $.worker.listen: want host:port, such as :8080 or 127.0.0.1:8080`},
		"stop timeout":         {"stop_timeout: 30s", "stop_timeout: 1h", `5:17: $.worker.stop_timeout: want 1s to 10m`},
		"max concurrent steps": {"worker:\n", "worker:\n  max_concurrent_steps: 0\n", `5:25: $.worker.max_concurrent_steps: want 1 to 10000`},
		"workflow cache":       {"worker:\n", "worker:\n  workflow_cache: 0\n", `5:19: $.worker.workflow_cache: want 1 to 100000`},
		"pollers":              {"worker:\n", "worker:\n  pollers: 1\n", `5:12: $.worker.pollers: want 2 to 100`},
		"ledger conns":         {top, "ledger: {max_conns: 1}\n" + top, `1:21: $.ledger.max_conns: want 2 to 1000`},
		"dsn in the file":      {top, "ledger: {dsn: postgres://u:hunter2@h/d}\n" + top, `1:15: $.ledger.dsn: a secret is not read from this file; set it in the environment`},
		"keys in the file":     {top, "keys: hunter2\n" + top, `1:7: $.keys: a secret is not read from this file; set it in the environment`},
		"temporal address":     {top, "temporal: {address: temporal}\n" + top, `1:21: $.temporal.address: want host:port, such as :8080 or 127.0.0.1:8080`},
		"temporal namespace":   {top, "temporal: {namespace: \"\"}\n" + top, `1:23: $.temporal.namespace: want the name of a namespace`},
		"temporal UI":          {top, "temporal: {ui_url: localhost:8233}\n" + top, `1:20: $.temporal.ui_url: want an http or https URL with a host, without user, query and fragment`},
		"relay every":          {top, "relay: {every: 10ms}\n" + top, `1:16: $.relay.every: want 100ms to 1h`},
		"review limit":         {top, "review: {limit: 1ms}\n" + top, `1:17: $.review.limit: want 1s to 8760h`},
		"relay batch":          {top, "relay: {batch: 0}\n" + top, `1:16: $.relay.batch: want 1 to 10000`},
		"mappings":             {top, "mappings: \" \"\n" + top, `1:11: $.mappings: want a folder`},
		"log level":            {top, "log: {level: warning}\n" + top, `1:14: $.log.level: unknown level "warning"; did you mean "warn"?`},
		"log format":           {top, "log: {format: jsn}\n" + top, `1:15: $.log.format: unknown format "jsn"; did you mean "json"?`},

		// sources
		"source name":           {"  website:\n", "  Web_site:\n", `7:3: $.sources.Web_site: want a name of a-z, 0-9 and -, that begins with a letter and has at most 40 characters`},
		"scheme":                {"scheme: hmac", "scheme: hmca", `13:13: $.sources.portal.scheme: unknown scheme "hmca"; did you mean "hmac"?`},
		"scheme missing":        {"    scheme: hmac\n", "", `12:3: $.sources.portal.scheme: missing; want one of: standard-webhooks, hmac, timed-hmac, token`},
		"no secrets":            {"secrets: [WEBSITE_SECRETS]", "secrets: []", `9:5: $.sources.website.secrets: want the names of one or more environment variables that hold secrets`},
		"secret itself":         {"secrets: [WEBSITE_SECRETS]", "secrets: [whsec_hunter2]", `9:15: $.sources.website.secrets[0]: want the name of an environment variable (A-Z, 0-9 and _), not the secret of a source itself`},
		"secret empty":          {"secrets: [WEBSITE_SECRETS]", "secrets: [\"\"]", `9:15: $.sources.website.secrets[0]: missing; want the name of the environment variable that holds the secret of a source`},
		"secret file":           {"secrets: [WEBSITE_SECRETS]", "secrets: [WEBSITE_SECRETS_FILE]", `9:15: $.sources.website.secrets[0]: want the name without _FILE; the variable that names a file is found by itself`},
		"source max body":       {website, website + "    max_body: 99999999\n", `11:15: $.sources.website.max_body: want 1024 to 33554432`},
		"rate":                  {website, website + "    rate: {per_second: 0, burst: 5}\n", `11:24: $.sources.website.rate.per_second: want more than 0 and at most 100000`},
		"burst":                 {website, website + "    rate: {per_second: 1, burst: -5}\n", `11:34: $.sources.website.rate.burst: want at least 1`},
		"source trace":          {"trace: full", "trace: ful", `22:12: $.sources.portal.trace: unknown trace "ful"; did you mean "full"?`},
		"no form":               {website, "", `7:3: $.sources.website.form: missing; want the form's name, or form_path with where in the body it is`},
		"two forms":             {website, website + "    form_path: data.form\n", `11:16: $.sources.website.form_path: set, and so is form; want one of them`},
		"form name":             {"form: contact\n", "form: Contact Sales\n", `10:11: $.sources.website.form: want a name of a-z, 0-9, dot, dash and underscore, at most 80 characters`},
		"form path":             {"form_path: data.form", "form_path: data form", `18:16: $.sources.portal.form_path: want a path in the body such as data.form`},
		"answers path":          {website, website + "    answers_path: .data\n", `11:19: $.sources.website.answers_path: want a path in the body such as data.answers`},
		"header name":           {"header:X-Id", "\"header:X Id\"", `19:20: $.sources.portal.submission_id: want the name of a header after header:`},
		"place":                 {"submission_id: data.id", "submission_id: data id", `11:20: $.sources.website.submission_id: want header:NAME or a path in the body such as data.id`},
		"hash as id":            {"submission_id: data.id", "submission_id: body-hash", `11:20: $.sources.website.submission_id: body-hash is for revision only; want header:NAME or a path in the body`},
		"hash as event":         {website, website + "    event_id: body-hash\n", `11:15: $.sources.website.event_id: body-hash is for revision only; want header:NAME or a path in the body`},
		"hash as time":          {website, website + "    submitted_at: body-hash\n", `11:19: $.sources.website.submitted_at: body-hash is for revision only; want header:NAME or a path in the body`},
		"revision of nothing":   {"    submission_id: header:X-Id\n", "", `20:15: $.sources.portal.revision: no use without submission_id: a revision is one of a known submission`},
		"algorithm":             {portal, portal + "    algorithm: hmac-md5\n", `23:16: $.sources.portal.algorithm: unknown algorithm "hmac-md5"; want one of: hmac-sha1, hmac-sha256, hmac-sha512`},
		"encoding":              {portal, portal + "    encoding: base32\n", `23:15: $.sources.portal.encoding: unknown encoding "base32"; did you mean "base64"?`},
		"no signature header":   {"    signature_header: X-Signature\n", "", `12:3: $.sources.portal.signature_header: want the name of the header that holds the signature`},
		"signature header":      {"signature_header: X-Signature", "signature_header: \"X-Signature:\"", `15:23: $.sources.portal.signature_header: want the name of the header that holds the signature`},
		"timestamp header":      {"timestamp_header: X-Timestamp", "timestamp_header: X Timestamp", `16:23: $.sources.portal.timestamp_header: want the name of the header that holds the timestamp`},
		"timestamp unit":        {portal, portal + "    timestamp_unit: sec\n", `23:21: $.sources.portal.timestamp_unit: unknown unit "sec"; want one of: ms, s`},
		"tolerance":             {portal, portal + "    tolerance: 2h\n", `23:16: $.sources.portal.tolerance: want 1s to 1h`},
		"placeholder":           {`"{timestamp}.{body}"`, `"{time}.{body}"`, `17:21: $.sources.portal.signed_content: unknown placeholder "{time}"; want one of: {body}, {id}, {method}, {timestamp}, {url}`},
		"no body":               {`"{timestamp}.{body}"`, `"{timestamp}"`, `17:21: $.sources.portal.signed_content: want {body} exactly once`},
		"two bodies":            {`"{timestamp}.{body}"`, `"{timestamp}{body}{body}"`, `17:21: $.sources.portal.signed_content: want {body} exactly once`},
		"forgeable timestamp":   {`"{timestamp}.{body}"`, `"{body}"`, `17:21: $.sources.portal.signed_content: want {timestamp} in it: a timestamp that is not signed can be forged`},
		"unknown timestamp":     {"    timestamp_header: X-Timestamp\n", "", `16:21: $.sources.portal.signed_content: {timestamp} is not known without timestamp_header`},
		"unknown id":            {"    signed_content: \"{timestamp}.{body}\"\n    form_path: data.form\n    submission_id: header:X-Id\n    event_id: header:X-Delivery\n", "    signed_content: \"{id}{timestamp}{body}\"\n    form_path: data.form\n    submission_id: header:X-Id\n    event_id: id\n", `17:21: $.sources.portal.signed_content: {id} is not known without event_id in a header`},
		"unit of nothing":       {"    timestamp_header: X-Timestamp\n    signed_content: \"{timestamp}.{body}\"\n", "    timestamp_unit: ms\n", `16:21: $.sources.portal.timestamp_unit: no use without timestamp_header`},
		"tolerance of nothing":  {"    timestamp_header: X-Timestamp\n    signed_content: \"{timestamp}.{body}\"\n", "    tolerance: 1m\n", `16:16: $.sources.portal.tolerance: no use without timestamp_header`},
		"algorithm of standard": {website, website + "    algorithm: hmac-sha256\n", `11:16: $.sources.website.algorithm: only for scheme hmac; standard-webhooks has its own`},
		"encoding of standard":  {website, website + "    encoding: hex\n", `11:15: $.sources.website.encoding: only for scheme hmac; standard-webhooks has its own`},
		"header of standard":    {website, website + "    signature_header: A\n", `11:23: $.sources.website.signature_header: only for scheme hmac; standard-webhooks has its own`},
		"prefix of standard":    {website, website + "    prefix: v1\n", `11:13: $.sources.website.prefix: only for scheme hmac; standard-webhooks has its own`},
		"timestamp of standard": {website, website + "    timestamp_header: A\n", `11:23: $.sources.website.timestamp_header: only for scheme hmac; standard-webhooks has its own`},
		"unit of standard":      {website, website + "    timestamp_unit: s\n", `11:21: $.sources.website.timestamp_unit: only for scheme hmac; standard-webhooks has its own`},
		"tolerance of standard": {website, website + "    tolerance: 5m\n", `11:16: $.sources.website.tolerance: only for scheme hmac; standard-webhooks has its own`},
		"content of standard":   {website, website + "    signed_content: \"{body}\"\n", `11:21: $.sources.website.signed_content: only for scheme hmac; standard-webhooks has its own`},

		// destinations
		"destination name":  {"  crm:\n", "  crm_1:\n", `24:3: $.destinations.crm_1: want a name of a-z, 0-9 and -, that begins with a letter and has at most 40 characters`},
		"connector":         {"connector: postgres", "connector: postgers", `25:16: $.destinations.crm.connector: unknown connector "postgers"; did you mean "postgres"?`},
		"connector missing": {"    connector: postgres\n", "", `24:3: $.destinations.crm.connector: missing; want one of: postgres, hubspot, salesforce, rest`},
		"destination trace": {"trace: fast", "trace: none", `26:12: $.destinations.crm.trace: unknown trace "none"; want one of: fast, full`},
		"limit writes":      {limit, "    limit: {per: 1s}\n", `27:5: $.destinations.crm.limit.writes: want at least 1`},
		"limit per":         {limit, "    limit: {writes: 1}\n", `27:5: $.destinations.crm.limit.per: want 1ms to 24h`},
		"timeout":           {limit, "    timeout: 1ms\n", `27:14: $.destinations.crm.timeout: want 100ms to 2m`},
		"check every":       {limit, "    check_every: 30s\n", `27:18: $.destinations.crm.check_every: want 1m to 168h`},
		"timeout of stop":   {limit, "    timeout: 31s\n", `27:14: $.destinations.crm.timeout: 31s is longer than worker.stop_timeout (30s): a stopping worker would cut calls off`},
		"dsn missing":       {pg, "", `28:5: $.destinations.crm.postgres.dsn_env: missing; want the name of the environment variable that holds the connection string of a CRM`},
		"dsn itself":        {"dsn_env: CRM_DSN", "dsn_env: postgres://u:hunter2@h/d", `29:16: $.destinations.crm.postgres.dsn_env: want the name of an environment variable (A-Z, 0-9 and _), not the connection string of a CRM itself`},
		"schema":            {pg, pg + "      schema: " + strings.Repeat("x", 64) + "\n", `30:15: $.destinations.crm.postgres.schema: want a name of 1 to 63 bytes`},
		"crm conns":         {pg, pg + "      max_conns: -1\n", `30:18: $.destinations.crm.postgres.max_conns: want 1 to 1000`},
		"owners table":      {pg, pg + "      owners: {id: id}\n", `30:7: $.destinations.crm.postgres.owners.table: want a name of 1 to 63 bytes`},
		"object name":       {"        contact:\n", "        Contact:\n", `31:9: $.destinations.crm.postgres.objects.Contact: want a name of a-z, 0-9 and -, that begins with a letter and has at most 40 characters`},
		"table missing":     {table, "", `31:9: $.destinations.crm.postgres.objects.contact.table: want a name of 1 to 63 bytes`},
		"table twice":       {"      objects:\n", "      objects:\n        account: {table: contacts, external: ext}\n", `33:18: $.destinations.crm.postgres.objects.contact.table: also the table of account; want one of its own`},
		"external":          {table, table + "          external: " + strings.Repeat("x", 64) + "\n", `33:21: $.destinations.crm.postgres.objects.contact.external: want a name of 1 to 63 bytes`},
		"external is owner": {table, table + "          external: owner\n", `33:21: $.destinations.crm.postgres.objects.contact.external: column owner is also that of owner; want one of its own`},
		"no key":            {"          unique: [[email]]\n", "", `31:9: $.destinations.crm.postgres.objects.contact.unique: want at least one set of fields, or external: a record must be found again`},
		"empty key":         {"unique: [[email]]", "unique: [[]]", `34:20: $.destinations.crm.postgres.objects.contact.unique[0]: want at least one field`},
		"key of nothing":    {"unique: [[email]]", "unique: [[e_mail]]", `34:21: $.destinations.crm.postgres.objects.contact.unique[0][0]: unknown field "e_mail"; did you mean "email"?`},
		"column type":       {"column: marketing, type: boolean", "column: marketing, type: bool", `37:49: $.destinations.crm.postgres.objects.contact.columns.opted_in.type: unknown type "bool"; did you mean "boolean"?`},
		"column name":       {"column: marketing", "column: " + strings.Repeat("x", 64), `37:32: $.destinations.crm.postgres.objects.contact.columns.opted_in.column: want a name of 1 to 63 bytes`},
		"column twice":      {"column: marketing", "column: email", `37:32: $.destinations.crm.postgres.objects.contact.columns.opted_in.column: column email is also that of email; want one of its own`},
		"column of the id":  {"column: marketing", "column: id", `37:32: $.destinations.crm.postgres.objects.contact.columns.opted_in.column: column id is also that of id; want one of its own`},
		"owner is the id":   {"owner: owner", "owner: id", `33:18: $.destinations.crm.postgres.objects.contact.owner: column id is also that of id; want one of its own`},
		"state is changed":  {table, table + "          state: updated_at\n", `31:9: $.destinations.crm.postgres.objects.contact.changed: column updated_at is also that of state; want one of its own`},
		"no tables":         {crm + limit, crm + limit + "  other:\n" + crm + limit, `24:3: $.destinations.crm.postgres: missing; want the tables of this connector`},
		"no objects":        {"  crm:\n", "  none: {connector: postgres, postgres: {dsn_env: CRM_DSN}}\n  crm:\n", `24:31: $.destinations.none.postgres.objects: want at least one object`},

		// channels
		"channel name":        {"    hub:\n", "    Hub:\n", `40:5: $.notify.channels.Hub: want a name of a-z, 0-9 and -, that begins with a letter and has at most 40 characters`},
		"nowhere":             {"      url_env: CHAT_URL\n", "", `43:5: $.notify.channels.chat: want url_env or webhook: where to send to`},
		"two places":          {"      url_env: CHAT_URL\n", "      url_env: CHAT_URL\n      webhook: {url: \"http://a\"}\n", `45:7: $.notify.channels.chat.webhook: set, and so is url_env; want one of them`},
		"webhook URL":         {`"https://hub.example.com/handoff"`, `hub`, `41:22: $.notify.channels.hub.webhook.url: want an http or https URL with a host, without user, query and fragment`},
		"webhook secret":      {`, secret_env: HUB_SECRET`, ``, `41:7: $.notify.channels.hub.webhook.secret_env: missing; want the name of the environment variable that holds the secret of a channel`},
		"no events":           {"on: [routed]", "on: []", `45:7: $.notify.channels.chat.on: want at least one of: created, updated, routed, duplicate, review, alert`},
		"event":               {"on: [routed]", "on: [rooted]", `45:12: $.notify.channels.chat.on[0]: unknown event "rooted"; did you mean "routed"?`},
		"event twice":         {"on: [created, alert]", "on: [alert, alert]", `42:19: $.notify.channels.hub.on[1]: named twice`},
		"template":            {`"{{.Event}}"`, `"{{.Event"`, `46:17: $.notify.channels.chat.template: not a template that text/template can read`},
		"personal of nothing": {"on: [created, alert]", "on: [created]\n      personal: true", `43:17: $.notify.channels.hub.personal: no use without template: the built-in text shows no answers`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, loadBroken(t, c.from, c.to), c.want)
		})
	}
}

// loadBroken replaces the one place of the valid file and returns its problems without the file's name.
func loadBroken(t *testing.T, from, to string) error {
	t.Helper()
	data, err := os.ReadFile("testdata/valid.yaml")
	require.NoError(t, err)
	require.Contains(t, string(data), from, "the place to break")
	path := write(t, "handoff.yaml", strings.Replace(string(data), from, to, 1))
	_, err = config.Load(path, environ(t, nil))
	require.Error(t, err)
	return shortened{err, path + ":"}
}

// shortened leaves out the name of a temporary file.
type shortened struct {
	error
	prefix string
}

func (s shortened) Error() string { return strings.ReplaceAll(s.error.Error(), s.prefix, "") }
