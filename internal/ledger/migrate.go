package ledger

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	_ "github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the ledger's schema up to date. Several programs may do it at the same time; one does.
func Migrate(ctx context.Context, dsn string) error {
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		return fmt.Errorf("open the ledger to migrate it: %w", err)
	}
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("lock the ledger to migrate it: %w", err)
	}
	provider, err := migrationProvider(db, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the ledger: %w", err)
	}
	return nil
}

func migrationProvider(db *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read the ledger's migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, options...)
	if err != nil {
		return nil, fmt.Errorf("read the ledger's migrations: %w", err)
	}
	return provider, nil
}

// checkSchema fails when the schema is older than this program.
func checkSchema(ctx context.Context, db *sql.DB) error {
	provider, err := migrationProvider(db)
	if err != nil {
		return err
	}
	current, wanted, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the ledger's schema version: %w", err)
	}
	if current < wanted {
		return fmt.Errorf("the ledger's schema is at version %d, this program needs %d: run `handoff migrate`", current, wanted)
	}
	return nil
}
