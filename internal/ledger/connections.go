package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// Tokens are what a vendor has given an app. They show themselves to whoever asks for a member only.
type Tokens struct{ Access, Refresh string }

// sealedTokens are Tokens as they are sealed.
type sealedTokens struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
}

// String hides them.
func (Tokens) String() string { return "[redacted]" }

// GoString hides them.
func (Tokens) GoString() string { return "[redacted]" }

// MarshalText hides them.
func (Tokens) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// Granted is an answer of a vendor's token endpoint.
type Granted struct {
	Tokens Tokens
	// Scopes are what was granted; as before when nil.
	Scopes []string
	// Site is where the account's API is; as before when empty.
	Site string
	// Lasts is for how long the access token is good; 0 where the vendor does not say.
	Lasts time.Duration
}

// Connection is how a destination is connected.
type Connection struct {
	Destination string
	Broken      bool  // the vendor refuses the tokens: a person must connect it again
	Version     int64 // grows with each tokens that are stored; 0 is no connection
	Tokens      Tokens
	Scopes      []string
	Site        string
	ExpiresAt   time.Time     // of the access token; zero where the vendor does not say
	Left        time.Duration // until then, by the ledger's clock
	ConnectedAt time.Time
	ConnectedBy string
	Age         time.Duration // since then
	RefreshedAt time.Time     // zero when it never was
	BrokenAt    time.Time
	ErrorCode   string // of the last refresh that failed; "" when the last one did not
	ErrorAt     time.Time
}

// connectionRow is a connection as it is stored.
type connectionRow struct {
	Destination string       `db:"destination"`
	State       string       `db:"state"`
	Version     int64        `db:"version"`
	Tokens      []byte       `db:"tokens"`
	Scopes      string       `db:"scopes"`
	Site        string       `db:"site"`
	ExpiresAt   sql.NullTime `db:"expires_at"`
	ConnectedAt time.Time    `db:"connected_at"`
	ConnectedBy string       `db:"connected_by"`
	RefreshedAt sql.NullTime `db:"refreshed_at"`
	BrokenAt    sql.NullTime `db:"broken_at"`
	ErrorCode   string       `db:"error_code"`
	ErrorAt     sql.NullTime `db:"error_at"`
	Now         time.Time    `db:"now"`
}

const connectionColumns = `destination, state, version, tokens, scopes, site, expires_at, connected_at, connected_by, refreshed_at,
    broken_at, error_code, error_at, clock_timestamp() AS now`

// sealedFor binds tokens to their destination.
func sealedFor(destination string) string { return "connection " + destination }

func (l *Ledger) connection(row connectionRow) (Connection, error) {
	c := Connection{
		Destination: row.Destination, Broken: row.State == "broken", Version: row.Version, Scopes: strings.Fields(row.Scopes), Site: row.Site,
		ExpiresAt: row.ExpiresAt.Time.UTC(), ConnectedAt: row.ConnectedAt.UTC(), ConnectedBy: row.ConnectedBy, RefreshedAt: row.RefreshedAt.Time.UTC(),
		BrokenAt: row.BrokenAt.Time.UTC(), ErrorCode: row.ErrorCode, ErrorAt: row.ErrorAt.Time.UTC(), Age: row.Now.Sub(row.ConnectedAt),
	}
	if row.ExpiresAt.Valid {
		c.Left = row.ExpiresAt.Time.Sub(row.Now)
	}
	plain, err := l.keys.Open(row.Tokens, sealedFor(row.Destination))
	if err != nil {
		return c, err
	}
	var tokens sealedTokens
	if err := json.Unmarshal(plain, &tokens); err != nil {
		return c, errors.New("the sealed tokens are malformed") // the library's error may quote them
	}
	c.Tokens = Tokens(tokens)
	return c, nil
}

// Connection is that of a destination. Where nobody has connected it, its version is 0.
func (l *Ledger) Connection(ctx context.Context, destination string) (Connection, error) {
	var row connectionRow
	err := l.db.GetContext(ctx, &row, `SELECT `+connectionColumns+` FROM connections WHERE destination = $1`, destination)
	if errors.Is(err, sql.ErrNoRows) {
		return Connection{Destination: destination}, nil
	}
	if err != nil {
		return Connection{}, fmt.Errorf("read the connection of %s: %w", destination, err)
	}
	c, err := l.connection(row)
	if err != nil {
		return Connection{}, fmt.Errorf("read the connection of %s: %w", destination, err)
	}
	return c, nil
}

// Connections are all that people have made, by name.
func (l *Ledger) Connections(ctx context.Context) ([]Connection, error) {
	var rows []connectionRow
	if err := l.db.SelectContext(ctx, &rows, `SELECT `+connectionColumns+` FROM connections ORDER BY destination`); err != nil {
		return nil, fmt.Errorf("read the connections: %w", err)
	}
	all := make([]Connection, 0, len(rows))
	for _, row := range rows {
		c, err := l.connection(row)
		if err != nil {
			return nil, fmt.Errorf("read the connection of %s: %w", row.Destination, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func (l *Ledger) sealTokens(destination string, t Tokens) ([]byte, error) {
	plain, err := json.Marshal(sealedTokens(t))
	if err != nil {
		return nil, err
	}
	return l.keys.Seal(plain, sealedFor(destination))
}

// Connect keeps what a person has been granted, in the place of whatever was there: a refresh that is under way does not
// count any more.
func (l *Ledger) Connect(ctx context.Context, destination, by string, g Granted) error {
	sealed, err := l.sealTokens(destination, g.Tokens)
	if err == nil {
		_, err = l.db.ExecContext(ctx, `
INSERT INTO connections AS c (destination, state, version, tokens, scopes, site, expires_at, connected_at, connected_by)
VALUES ($1, 'connected', 1, $2, $3, $4, clock_timestamp() + nullif($5::bigint, 0) * interval '1 microsecond', clock_timestamp(), $6)
ON CONFLICT (destination) DO UPDATE SET state = 'connected', version = c.version + 1, tokens = excluded.tokens, scopes = excluded.scopes,
    site = excluded.site, expires_at = excluded.expires_at, connected_at = excluded.connected_at, connected_by = excluded.connected_by,
    refreshed_at = NULL, broken_at = NULL, error_code = '', error_at = NULL, refreshing = '', refreshing_until = NULL`,
			destination, sealed, strings.Join(g.Scopes, " "), g.Site, g.Lasts.Microseconds(), by)
	}
	if err != nil {
		return fmt.Errorf("keep the connection of %s: %w", destination, err)
	}
	return nil
}

// ClaimRefresh says whether a worker is the one that refreshes the tokens of a version. Nobody else is for the given time,
// or until the refresh has ended. No lock is held meanwhile.
func (l *Ledger) ClaimRefresh(ctx context.Context, destination string, version int64, worker string, lasts time.Duration) (bool, error) {
	claimed, err := l.changes(ctx, `
UPDATE connections SET refreshing = $3, refreshing_until = clock_timestamp() + $4 * interval '1 microsecond'
WHERE destination = $1 AND version = $2 AND (refreshing_until IS NULL OR refreshing_until <= clock_timestamp() OR refreshing = $3)`,
		destination, version, worker, lasts.Microseconds())
	if err != nil {
		return false, fmt.Errorf("claim the refresh of %s: %w", destination, err)
	}
	return claimed, nil
}

// Refreshed keeps new tokens in the place of those of a version. It says false when those are no longer the last: then
// what was granted now is not kept.
func (l *Ledger) Refreshed(ctx context.Context, destination string, version int64, g Granted) (kept bool, err error) {
	sealed, err := l.sealTokens(destination, g.Tokens)
	if err == nil {
		kept, err = l.changes(ctx, `
UPDATE connections SET state = 'connected', version = version + 1, tokens = $3, scopes = coalesce($4, scopes), site = coalesce(nullif($5, ''), site),
    expires_at = clock_timestamp() + nullif($6::bigint, 0) * interval '1 microsecond', refreshed_at = clock_timestamp(), broken_at = NULL,
    error_code = '', error_at = NULL, refreshing = '', refreshing_until = NULL
WHERE destination = $1 AND version = $2`, destination, version, sealed, joined(g.Scopes), g.Site, g.Lasts.Microseconds())
	}
	if err != nil {
		return false, fmt.Errorf("keep the tokens of %s: %w", destination, err)
	}
	return kept, nil
}

func joined(scopes []string) *string {
	if scopes == nil {
		return nil
	}
	text := strings.Join(scopes, " ")
	return &text
}

// RefreshFailed notes why the tokens of a version were not refreshed, and lets others try. Broken says that the vendor
// refuses them for good. It answers whether the connection has broken by this: one of all workers is told so.
func (l *Ledger) RefreshFailed(ctx context.Context, destination string, version int64, code string, broken bool) (broke bool, err error) {
	err = l.transact(ctx, func(tx *sqlx.Tx) error {
		var was string
		err := tx.GetContext(ctx, &was, `SELECT state FROM connections WHERE destination = $1 AND version = $2 FOR UPDATE`, destination, version)
		if errors.Is(err, sql.ErrNoRows) { // somebody has connected it meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		broke = broken && was != "broken"
		_, err = tx.ExecContext(ctx, `
UPDATE connections SET state = CASE WHEN $2 THEN 'broken' ELSE state END, broken_at = CASE WHEN $3 THEN clock_timestamp() ELSE broken_at END,
    error_code = $4, error_at = clock_timestamp(), refreshing = '', refreshing_until = NULL
WHERE destination = $1`, destination, broken, broke, code)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("note the failed refresh of %s: %w", destination, err)
	}
	return broke, nil
}

// changes runs a statement that changes one row or none.
func (l *Ledger) changes(ctx context.Context, query string, args ...any) (bool, error) {
	result, err := l.db.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
