package config

import (
	"strings"
	"time"

	"handoff/internal/seal"
)

// minToken is the least length of the admin API's token: it guards what ops may do.
const minToken = 16

// completeListeners checks what the starter serves, and the settings that all programs share.
func (l *loader) completeListeners(c *Config) {
	l.address("$.public.listen", c.Public.Listen)
	l.webURL("$.public.url", c.Public.URL)
	c.Public.URL = strings.TrimSuffix(c.Public.URL, "/")
	l.number("$.public.max_body", c.Public.MaxBody, 1<<10, 32<<20)
	l.span("$.public.read_header_timeout", c.Public.ReadHeaderTimeout, time.Second, time.Minute)
	l.span("$.public.read_timeout", c.Public.ReadTimeout, time.Second, 10*time.Minute)
	l.span("$.public.write_timeout", c.Public.WriteTimeout, time.Second, 10*time.Minute)
	l.span("$.public.idle_timeout", c.Public.IdleTimeout, time.Second, time.Hour)
	l.span("$.public.shutdown_grace", c.Public.ShutdownGrace, time.Second, 10*time.Minute)

	if l.address("$.admin.listen", c.Admin.Listen) && c.Admin.URL == "" {
		c.Admin.URL = "http://" + c.Admin.Listen
		if strings.HasPrefix(c.Admin.Listen, ":") {
			c.Admin.URL = "http://localhost" + c.Admin.Listen
		}
	}
	if c.Admin.URL != "" {
		l.webURL("$.admin.url", c.Admin.URL)
		c.Admin.URL = strings.TrimSuffix(c.Admin.URL, "/")
	}
	c.Admin.Token = l.secret(adminToken(), "")
	if !c.Admin.Token.IsZero() && len(c.Admin.Token.Reveal()) < minToken {
		l.variableProblem(l.holder(adminToken().Name), "shorter than %d characters", minToken)
	}
	l.distinct("$.admin.listen", c.Admin.Listen, "public.listen", c.Public.Listen)
	l.distinct("$.worker.listen", c.Worker.Listen, "public.listen", c.Public.Listen)
	l.distinct("$.worker.listen", c.Worker.Listen, "admin.listen", c.Admin.Listen)
}

// distinct keeps listeners apart; port 0 is whichever is free.
func (l *loader) distinct(path, address, other, taken string) {
	if address == taken && !strings.HasSuffix(address, ":0") {
		l.problem(path, "also the address of %s; want one of its own", other)
	}
}

// completeWorker checks what the programs stand on.
func (l *loader) completeWorker(c *Config) {
	l.address("$.worker.listen", c.Worker.Listen)
	l.span("$.worker.stop_timeout", c.Worker.StopTimeout, time.Second, 10*time.Minute)
	l.number("$.worker.max_concurrent_steps", int64(c.Worker.MaxConcurrentSteps), 1, 10000)
	l.number("$.worker.workflow_cache", int64(c.Worker.WorkflowCache), 1, 100000)
	// Temporal's SDK refuses a single poller: it would serve the sticky queue or the shared one, not both.
	l.number("$.worker.pollers", int64(c.Worker.Pollers), 2, 100)

	c.Ledger.DSN = l.secret(ledgerDSN(), "")
	l.dsn(l.holder(ledgerDSN().Name), c.Ledger.DSN)
	l.number("$.ledger.max_conns", int64(c.Ledger.MaxConns), 2, 1000)
	c.Keys = l.secret(keyset(), "")
	if !c.Keys.IsZero() {
		if _, err := seal.LoadKeys(c.Keys.Reveal()); err != nil {
			l.variableProblem(l.holder(keyset().Name), "%s", err)
		}
	}

	l.address("$.temporal.address", c.Temporal.Address)
	if c.Temporal.Namespace == "" {
		l.problem("$.temporal.namespace", "want the name of a namespace")
	}
	if c.Temporal.UIURL != "" {
		l.webURL("$.temporal.ui_url", c.Temporal.UIURL)
		c.Temporal.UIURL = strings.TrimSuffix(c.Temporal.UIURL, "/")
	}
	l.span("$.relay.every", c.Relay.Every, 100*time.Millisecond, time.Hour)
	l.number("$.relay.batch", int64(c.Relay.Batch), 1, 10000)
	l.number("$.relay.background", int64(c.Relay.Background), 0, 10000)
	l.span("$.review.limit", c.Review.Limit, time.Second, 365*24*time.Hour)
	if strings.TrimSpace(c.Mappings) == "" {
		l.problem("$.mappings", "want a folder")
	}
	l.oneOf("$.log.level", "level", c.Log.Level, []string{"debug", "info", "warn", "error"})
	l.oneOf("$.log.format", "format", c.Log.Format, []string{"json", "text"})
}

// holder is the variable that a secret came from.
func (l *loader) holder(name string) string {
	for _, suffix := range []string{fileSuffix, fromSuffix} {
		if _, named := l.environment[name+suffix]; named {
			return name + suffix
		}
	}
	return name
}

// dsn takes both forms of a PostgreSQL connection string. The text is not repeated: it holds a password.
func (l *loader) dsn(variable string, dsn Secret) {
	text := dsn.Reveal()
	url := strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
	if text != "" && !url && (strings.Contains(text, "://") || !strings.Contains(text, "=")) {
		l.variableProblem(variable, "want a PostgreSQL connection string, postgres://user@host/database or key=value settings")
	}
}
