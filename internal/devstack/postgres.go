package devstack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/lib/pq"
)

// PostgresOptions describe a private Postgres.
type PostgresOptions struct {
	Dir     string // data folder, made if it is missing
	Port    int    // 0 for a free one
	LogFile string
	// Durable is off in tests only: a killed server still recovers, a machine that loses power does not.
	Durable bool
}

// Postgres is a private Postgres server.
type Postgres struct {
	options  PostgresOptions
	binaries string
	account  account
	password string
	process  *Process
}

const postgresUser = "handoff"

// StartPostgres starts a server, with its data folder if that is new. It listens on the loopback interface with a
// password of its own, and never runs as root, which Postgres refuses.
func StartPostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	binaries, err := findPostgres()
	if err != nil {
		return nil, err
	}
	if o.Port == 0 {
		if o.Port, err = FreePort(); err != nil {
			return nil, err
		}
	}
	p := &Postgres{options: o, binaries: binaries}
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	if err := p.Start(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// ErrNoPostgres says that the machine has no Postgres server.
var ErrNoPostgres = errors.New("no Postgres server on this machine")

// findPostgres finds the folder of the server's programs; Debian keeps them off the PATH.
func findPostgres() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err != nil { // the server need not be linked beside it
			return "", fmt.Errorf("find the Postgres programs: %w", err)
		}
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", ErrNoPostgres
	}
	slices.SortFunc(found, func(a, b string) int { return postgresVersion(b) - postgresVersion(a) })
	return filepath.Dir(found[0]), nil
}

func postgresVersion(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// prepare reads the password and makes the data folder, the first time.
func (p *Postgres) prepare(ctx context.Context) error {
	if err := os.MkdirAll(p.options.Dir, 0o755); err != nil {
		return fmt.Errorf("make the Postgres folder: %w", err)
	}
	var err error
	if p.account, err = accountFor(p.options.Dir); err != nil {
		return err
	}
	passwordFile := filepath.Join(p.options.Dir, "password")
	if _, err := os.Stat(p.data()); err == nil {
		password, err := os.ReadFile(passwordFile)
		if err != nil {
			return fmt.Errorf("read the Postgres password: %w", err)
		}
		p.password = string(password)
		return nil
	}
	if p.password, err = RandomSecret(); err != nil {
		return err
	}
	if err := os.WriteFile(passwordFile, []byte(p.password), 0o600); err != nil {
		return fmt.Errorf("store the Postgres password: %w", err)
	}
	if err := p.account.own(p.options.Dir, passwordFile); err != nil {
		return err
	}
	// Made under another name, because an initdb that was killed leaves what looks like a data folder.
	unfinished := p.data() + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("clear an unfinished Postgres data folder: %w", err)
	}
	args := []string{"-D", unfinished, "-U", postgresUser, "--auth=scram-sha-256", "--pwfile=" + passwordFile, "-E", "UTF8", "--locale=C"}
	if !p.options.Durable {
		args = append(args, "--no-sync")
	}
	initdb, err := StartProcess(Spec{
		Name: "initdb", Path: filepath.Join(p.binaries, "initdb"), Args: args, Dir: "/", LogFile: p.options.LogFile, attributes: p.account.attributes(),
	})
	if err != nil {
		return p.account.explain(err)
	}
	select {
	case <-initdb.Done():
	case <-ctx.Done():
		initdb.Kill()
		return fmt.Errorf("make the Postgres data folder: %w", ctx.Err())
	}
	if initdb.err != nil {
		return fmt.Errorf("make the Postgres data folder: %w", initdb.Ended())
	}
	if err := os.Rename(unfinished, p.data()); err != nil {
		return fmt.Errorf("make the Postgres data folder: %w", err)
	}
	return nil
}

func (p *Postgres) data() string { return filepath.Join(p.options.Dir, "data") }

// Start starts the server on its port, over the data it had. A server that does not get ready by the deadline of ctx is
// ended again.
func (p *Postgres) Start(ctx context.Context) error {
	settings := map[string]string{
		"port": strconv.Itoa(p.options.Port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
		"max_connections": "300", "shared_buffers": "128MB", "log_min_messages": "warning", "log_statement": "none",
		"log_min_error_statement": "panic", "log_error_verbosity": "terse",
	}
	if !p.options.Durable {
		settings["fsync"], settings["full_page_writes"] = "off", "off"
	}
	args := []string{"-D", p.data()}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	process, err := StartProcess(Spec{
		Name: "postgres", Path: filepath.Join(p.binaries, "postgres"), Args: args, Dir: "/", LogFile: p.options.LogFile,
		StopSignal: syscall.SIGINT, // fast shutdown: does not wait for clients
		attributes: p.account.attributes(),
	})
	if err != nil {
		return p.account.explain(err)
	}
	p.process = process
	db, err := sql.Open("postgres", p.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("open Postgres: %w", err)
	}
	defer db.Close()
	if err := await(ctx, process, db.PingContext); err != nil {
		p.Kill()
		return err
	}
	return nil
}

// DSN is how to connect to a database of the server.
func (p *Postgres) DSN(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(postgresUser, p.password),
		Host: fmt.Sprintf("127.0.0.1:%d", p.options.Port), Path: "/" + database, RawQuery: "sslmode=disable",
	}).String()
}

// Port is where the server listens.
func (p *Postgres) Port() int { return p.options.Port }

// CreateDatabase creates a database unless it exists.
func (p *Postgres) CreateDatabase(ctx context.Context, name string) error {
	return p.exec(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(name), "duplicate_database")
}

// CopyDatabase creates a database that has all that another one has, to which nobody is connected.
func (p *Postgres) CopyDatabase(ctx context.Context, name, of string) error {
	return p.exec(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(name)+" TEMPLATE "+pq.QuoteIdentifier(of), "")
}

// DropDatabase drops a database and whoever is connected to it.
func (p *Postgres) DropDatabase(ctx context.Context, name string) error {
	return p.exec(ctx, "DROP DATABASE IF EXISTS "+pq.QuoteIdentifier(name)+" WITH (FORCE)", "")
}

func (p *Postgres) exec(ctx context.Context, statement, tolerated string) error {
	db, err := sql.Open("postgres", p.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("open Postgres: %w", err)
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	var failed *pq.Error
	if errors.As(err, &failed) && tolerated != "" && failed.Code.Name() == tolerated {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// Stop ends the server, disconnecting its clients.
func (p *Postgres) Stop(ctx context.Context) error { return p.process.Stop(ctx) }

// Kill ends the server as a crash would; its data recovers at the next Start.
func (p *Postgres) Kill() {
	_ = p.process.cmd.Process.Signal(syscall.SIGQUIT) // immediate shutdown: no checkpoint, all children gone
	<-p.process.Done()
}

// Process is the server's process.
func (p *Postgres) Process() *Process { return p.process }
