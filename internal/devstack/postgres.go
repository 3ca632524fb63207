package devstack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
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
	return p, p.Start(ctx)
}

// ErrNoPostgres says that the machine has no Postgres server.
var ErrNoPostgres = errors.New("no Postgres server on this machine")

// findPostgres finds the folder of the server's programs; Debian keeps them off the PATH.
func findPostgres() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
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

// prepare makes the data folder.
func (p *Postgres) prepare(ctx context.Context) error {
	if err := os.MkdirAll(p.options.Dir, 0o755); err != nil {
		return fmt.Errorf("make the Postgres folder: %w", err)
	}
	attributes, uid, gid, err := unprivileged()
	if err != nil {
		return err
	}
	passwordFile := filepath.Join(p.options.Dir, "password")
	stored, err := os.ReadFile(passwordFile)
	if err == nil {
		p.password = string(stored)
	} else {
		p.password, _ = RandomSecret()
		if err := os.WriteFile(passwordFile, []byte(p.password), 0o600); err != nil {
			return fmt.Errorf("store the Postgres password: %w", err)
		}
	}
	if _, err := os.Stat(filepath.Join(p.data(), "PG_VERSION")); err == nil {
		return nil
	}
	if err := os.RemoveAll(p.data()); err != nil { // what an interrupted initdb left
		return fmt.Errorf("clear the Postgres data folder: %w", err)
	}
	if uid >= 0 {
		for _, path := range []string{p.options.Dir, passwordFile} {
			if err := os.Chown(path, uid, gid); err != nil {
				return fmt.Errorf("give the Postgres folder to its user: %w", err)
			}
		}
	}
	args := []string{"-D", p.data(), "-U", postgresUser, "--auth=scram-sha-256", "--pwfile=" + passwordFile, "-E", "UTF8", "--locale=C"}
	if !p.options.Durable {
		args = append(args, "--no-sync")
	}
	initdb := exec.CommandContext(ctx, filepath.Join(p.binaries, "initdb"), args...)
	initdb.SysProcAttr = attributes
	initdb.Dir = "/"
	if output, err := initdb.CombinedOutput(); err != nil {
		_ = os.RemoveAll(p.data())
		return fmt.Errorf("make the Postgres data folder with initdb: %w\n%s", err, output)
	}
	return nil
}

func (p *Postgres) data() string { return filepath.Join(p.options.Dir, "data") }

// Linux capability numbers, from linux/capability.h.
const (
	capDACOverride   = 1
	capDACReadSearch = 2
)

// unprivileged says as whom Postgres runs: as we do, or, when we are root, as the postgres user or nobody. That user may
// not be allowed to pass through the folders above the data folder (such as /root), so it keeps the capability to.
func unprivileged() (attributes *syscall.SysProcAttr, uid, gid int, err error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, -1, -1, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return nil, 0, 0, fmt.Errorf("find an unprivileged user to run Postgres: %w", err)
		}
	}
	uid, _ = strconv.Atoi(account.Uid)
	gid, _ = strconv.Atoi(account.Gid)
	return &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)},
		AmbientCaps: []uintptr{capDACOverride, capDACReadSearch},
	}, uid, gid, nil
}

// Start starts the server on its port, over the data it had.
func (p *Postgres) Start(ctx context.Context) error {
	attributes, _, _, err := unprivileged()
	if err != nil {
		return err
	}
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
		attributes: attributes,
	})
	if err != nil {
		return err
	}
	p.process = process
	db, err := sql.Open("postgres", p.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("open Postgres: %w", err)
	}
	defer db.Close()
	return await(ctx, process, db.PingContext)
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
