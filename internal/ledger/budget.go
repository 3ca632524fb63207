package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"handoff/internal/crm"
)

var _ crm.Budget = (*Ledger)(nil)

// sentParts is how many parts the span of a counted limit has.
const sentParts = 48

// Lease gives a worker its part of a destination's limits. Workers of one destination come one after the other, each for
// the time of a few statements.
func (l *Ledger) Lease(ctx context.Context, claim crm.Claim) (crm.Lease, error) {
	got, err := l.lease(ctx, claim)
	if err != nil {
		return crm.Lease{}, fmt.Errorf("lease a part of the limits of %s: %w", claim.Destination, err)
	}
	return got, nil
}

func (l *Ledger) lease(ctx context.Context, claim crm.Claim) (got crm.Lease, err error) {
	tx, err := l.db.BeginTxx(ctx, nil)
	if err != nil {
		return got, err
	}
	defer func() { _ = tx.Rollback() }()
	refused := 0
	if claim.TooMany {
		refused = 1
	}
	// The row is the lock of everything else that is about the destination.
	if err := tx.GetContext(ctx, &got.Refused, `
INSERT INTO crm_budgets AS b (destination, refused) VALUES ($1, $2)
ON CONFLICT (destination) DO UPDATE SET refused = b.refused + excluded.refused RETURNING refused`, claim.Destination, refused); err != nil {
		return got, err
	}
	for class, pause := range claim.Closed {
		if _, err := tx.ExecContext(ctx, `
INSERT INTO crm_closed AS c (destination, class, until) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 microsecond')
ON CONFLICT (destination, class) DO UPDATE SET until = greatest(c.until, excluded.until)`,
			claim.Destination, string(class), pause.Microseconds()); err != nil {
			return got, err
		}
	}
	if got.Closed, err = closed(ctx, tx, claim.Destination); err != nil {
		return got, err
	}
	got.Parts = make(map[string]int, len(claim.Wants))
	for _, want := range claim.Wants {
		part := leasePart
		if want.Counted {
			part = countSent
		}
		if got.Parts[want.Limit], err = part(ctx, tx, claim, want); err != nil {
			return got, err
		}
	}
	return got, tx.Commit()
}

// closed are the classes that nobody calls, and for how long.
func closed(ctx context.Context, tx *sqlx.Tx, destination string) (map[crm.Class]time.Duration, error) {
	var rows []struct {
		Class string `db:"class"`
		For   int64  `db:"for_us"`
	}
	if err := tx.SelectContext(ctx, &rows, `
SELECT class, (extract(epoch FROM until - clock_timestamp()) * 1000000)::bigint AS for_us FROM crm_closed
WHERE destination = $1 AND until > clock_timestamp()`, destination); err != nil {
		return nil, err
	}
	all := make(map[crm.Class]time.Duration, len(rows))
	for _, r := range rows {
		all[crm.Class(r.Class)] = time.Duration(r.For) * time.Microsecond
	}
	return all, nil
}

// leasePart gives a worker as much of a limit as it is due and nobody else holds. What is kept for it is what it may send or has
// sent, whichever is more.
func leasePart(ctx context.Context, tx *sqlx.Tx, claim crm.Claim, want crm.Want) (int, error) {
	if _, err := tx.ExecContext(ctx, `DELETE FROM crm_leases WHERE destination = $1 AND limit_name = $2 AND runs_out <= clock_timestamp()`,
		claim.Destination, want.Limit); err != nil {
		return 0, err
	}
	var all []held
	if err := tx.SelectContext(ctx, &all, `SELECT worker = $3 AS own, calls, demand FROM crm_leases WHERE destination = $1 AND limit_name = $2`,
		claim.Destination, want.Limit, claim.Worker); err != nil {
		return 0, err
	}
	part := apportion(want.Calls, want.Demand, all)
	_, err := tx.ExecContext(ctx, `
INSERT INTO crm_leases (destination, limit_name, worker, calls, demand, runs_out)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 microsecond')
ON CONFLICT (destination, limit_name, worker) DO UPDATE SET calls = excluded.calls, demand = excluded.demand, runs_out = excluded.runs_out`,
		claim.Destination, want.Limit, claim.Worker, max(part, want.Held), want.Demand, claim.Lasts.Microseconds())
	return part, err
}

// held is what is kept of a limit for a worker, and what it would like to have.
type held struct {
	Own    bool `db:"own"`
	Calls  int  `db:"calls"`
	Demand int  `db:"demand"`
}

// apportion is a worker's part of a limit: by demand, of which everybody has a little, so that a quiet worker can send its
// next write at once. All parts together are never more than the limit: what others still hold is theirs until they ask
// again. Where there is not enough for everybody, who has lets go for one lease of somebody who has nothing.
func apportion(calls, demand int, workers []held) int {
	base := max(1, calls/10)
	all, free, mine, starving := demand+base, calls, 0, false
	for _, w := range workers {
		if w.Own {
			mine = w.Calls
			continue
		}
		all += w.Demand + base
		free -= w.Calls
		starving = starving || w.Calls == 0
	}
	due := calls * (demand + base)
	part := due / all
	if due%all != 0 && (!starving || mine == 0) {
		part++ // what rounding leaves goes to whoever comes first
	}
	return max(0, min(part, free))
}

// countSent adds what a worker has sent of a counted limit, and says what the others have sent in its span.
func countSent(ctx context.Context, tx *sqlx.Tx, claim crm.Claim, want crm.Want) (int, error) {
	width := (want.Per / sentParts).Microseconds()
	if want.Sent > 0 {
		if _, err := tx.ExecContext(ctx, `
INSERT INTO crm_sent AS s (destination, limit_name, worker, part, calls)
VALUES ($1, $2, $3, date_bin($4 * interval '1 microsecond', clock_timestamp(), 'epoch'), $5)
ON CONFLICT (destination, limit_name, part, worker) DO UPDATE SET calls = s.calls + excluded.calls`,
			claim.Destination, want.Limit, claim.Worker, width, want.Sent); err != nil {
			return 0, err
		}
	}
	span := (want.Per).Microseconds() + width
	if _, err := tx.ExecContext(ctx, `DELETE FROM crm_sent WHERE destination = $1 AND limit_name = $2 AND part <= clock_timestamp() - $3 * interval '1 microsecond'`,
		claim.Destination, want.Limit, span); err != nil {
		return 0, err
	}
	var sent int
	err := tx.GetContext(ctx, &sent, `SELECT coalesce(sum(calls), 0)::int FROM crm_sent WHERE destination = $1 AND limit_name = $2 AND worker <> $3`,
		claim.Destination, want.Limit, claim.Worker)
	return sent, err
}

// Release gives back what a worker holds. What it has sent stays counted.
func (l *Ledger) Release(ctx context.Context, destination, worker string) error {
	if _, err := l.db.ExecContext(ctx, `DELETE FROM crm_leases WHERE destination = $1 AND worker = $2`, destination, worker); err != nil {
		return fmt.Errorf("release the limits of %s: %w", destination, err)
	}
	return nil
}
