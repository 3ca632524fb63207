package config

import (
	"log/slog"
	"time"
)

// Config is everything that a program is told from outside. After Load it is complete and valid.
type Config struct {
	Public       Public                 `yaml:"public"`
	Admin        Admin                  `yaml:"admin"`
	Worker       Worker                 `yaml:"worker"`
	Ledger       Ledger                 `yaml:"ledger"`
	Keys         Secret                 `yaml:"keys"` // the keyset that seals answers
	Temporal     Temporal               `yaml:"temporal"`
	Relay        Relay                  `yaml:"relay"`
	Review       Review                 `yaml:"review"`
	Mappings     string                 `yaml:"mappings" env:"HANDOFF_MAPPINGS" about:"folder of the mappings and of routing.yaml"`
	Log          Log                    `yaml:"log"`
	Sources      map[string]Source      `yaml:"sources"`
	Destinations map[string]Destination `yaml:"destinations"`
	Notify       Notify                 `yaml:"notify"`

	variables []Variable // those that the file names
}

// Public is the listener that senders reach.
type Public struct {
	Listen            string        `yaml:"listen" env:"HANDOFF_PUBLIC_LISTEN" about:"address of the endpoint for senders"`
	URL               string        `yaml:"url" env:"HANDOFF_PUBLIC_URL" about:"where senders reach that endpoint"`
	MaxBody           int64         `yaml:"max_body" env:"HANDOFF_PUBLIC_MAX_BODY" about:"largest body of a submission in bytes"`
	ReadHeaderTimeout time.Duration `yaml:"read_header_timeout" env:"HANDOFF_PUBLIC_READ_HEADER_TIMEOUT" about:"how long a client may take for its header"`
	ReadTimeout       time.Duration `yaml:"read_timeout" env:"HANDOFF_PUBLIC_READ_TIMEOUT" about:"how long a client may take for its whole request"`
	WriteTimeout      time.Duration `yaml:"write_timeout" env:"HANDOFF_PUBLIC_WRITE_TIMEOUT" about:"how long a request may take from its header to the end of its answer"`
	IdleTimeout       time.Duration `yaml:"idle_timeout" env:"HANDOFF_PUBLIC_IDLE_TIMEOUT" about:"how long an unused connection stays open"`
	ShutdownGrace     time.Duration `yaml:"shutdown_grace" env:"HANDOFF_PUBLIC_SHUTDOWN_GRACE" about:"how long a stopping starter finishes what it accepted"`
}

// Admin is the starter's listener for operators.
type Admin struct {
	Listen string `yaml:"listen" env:"HANDOFF_ADMIN_LISTEN" about:"address of health, metrics and the admin API"`
	URL    string `yaml:"url" env:"HANDOFF_ADMIN_URL" about:"where operators reach the admin API; http:// and the address when empty"`
	Token  Secret `yaml:"token"` // bearer token of the admin API
}

// Worker is the program that carries submissions to the CRMs.
type Worker struct {
	Listen             string        `yaml:"listen" env:"HANDOFF_WORKER_LISTEN" about:"address of the worker's health and metrics"`
	StopTimeout        time.Duration `yaml:"stop_timeout" env:"HANDOFF_WORKER_STOP_TIMEOUT" about:"how long a stopping worker waits for calls in flight"`
	MaxConcurrentSteps int           `yaml:"max_concurrent_steps" env:"HANDOFF_WORKER_MAX_CONCURRENT_STEPS" about:"how many steps run at once, local and durable each"`
	WorkflowCache      int           `yaml:"workflow_cache" env:"HANDOFF_WORKER_WORKFLOW_CACHE" about:"how many workflows are kept in memory between their tasks"`
	Pollers            int           `yaml:"pollers" env:"HANDOFF_WORKER_POLLERS" about:"how many requests wait for tasks on each queue; at least 2"`
}

// Ledger is Handoff's own database.
type Ledger struct {
	DSN      Secret `yaml:"dsn"`
	MaxConns int    `yaml:"max_conns" env:"HANDOFF_LEDGER_MAX_CONNS" about:"how many connections to the ledger are open at most; beside them up to 16 for each destination whose records are locked (hubspot, salesforce, rest)"`
}

// Temporal says where Temporal is. TLS and API keys are read by Temporal's own SDK from its own variables.
type Temporal struct {
	Address   string `yaml:"address" env:"TEMPORAL_ADDRESS" about:"host:port of Temporal's frontend"`
	Namespace string `yaml:"namespace" env:"TEMPORAL_NAMESPACE" about:"Temporal namespace"`
	UIURL     string `yaml:"ui_url" env:"HANDOFF_TEMPORAL_UI_URL" about:"where people reach the Temporal UI; links leave it out when empty"`
}

// Relay starts the workflows of submissions that were accepted while Temporal was away.
type Relay struct {
	Every time.Duration `yaml:"every" env:"HANDOFF_RELAY_EVERY" about:"how often the relay looks for submissions that were not started"`
	Batch int           `yaml:"batch" env:"HANDOFF_RELAY_BATCH" about:"how many of them it starts at a time"`
	// Background is how many submissions of backfills are under way at once; live ones go first.
	Background int `yaml:"background" env:"HANDOFF_RELAY_BACKGROUND" about:"how many submissions of backfills are under way at once; 0 stops them"`
}

// Review is about submissions that need a person.
type Review struct {
	Limit time.Duration `yaml:"limit" env:"HANDOFF_REVIEW_LIMIT" about:"how long a submission waits for a person before it is rejected"`
}

// Log is what the programs write to standard error.
type Log struct {
	Level  string `yaml:"level" env:"HANDOFF_LOG_LEVEL" about:"debug, info, warn or error"`
	Format string `yaml:"format" env:"HANDOFF_LOG_FORMAT" about:"json for machines, text for people"`
}

// SlogLevel is the level in slog's terms.
func (l Log) SlogLevel() slog.Level {
	switch l.Level {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	return slog.LevelInfo
}

// Default is the configuration where nobody says anything.
func Default() Config {
	return Config{
		Public: Public{
			Listen: ":8080", URL: "http://localhost:8080", MaxBody: 1 << 20,
			// A slow client holds a connection no longer than a real one needs.
			ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 75 * time.Second,
			IdleTimeout: 2 * time.Minute, ShutdownGrace: 20 * time.Second,
		},
		Admin: Admin{Listen: "127.0.0.1:8081"},
		Worker: Worker{
			Listen: "127.0.0.1:8082",
			// Longer than the longest single call to a CRM, so that a stopping worker never cuts one off.
			StopTimeout: 35 * time.Second, MaxConcurrentSteps: 200, WorkflowCache: 5000, Pollers: 8,
		},
		Ledger:   Ledger{MaxConns: 20},
		Temporal: Temporal{Address: "localhost:7233", Namespace: "default"},
		Relay:    Relay{Every: time.Second, Batch: 200, Background: 16},
		Review:   Review{Limit: 30 * 24 * time.Hour},
		Mappings: "mappings",
		Log:      Log{Level: "info", Format: "json"},
	}
}
