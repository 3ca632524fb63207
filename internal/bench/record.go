package bench

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// toRecord reads from the ledger how long submissions received since the moment took to their disposition.
func toRecord(ctx context.Context, db *sql.DB, since time.Time) (*hdrhistogram.Histogram, error) {
	rows, err := db.QueryContext(ctx, `
SELECT extract(epoch FROM finished_at - received_at) * 1e6 FROM submissions WHERE received_at >= $1 AND finished_at IS NOT NULL`, since.UTC())
	if err != nil {
		return nil, fmt.Errorf("read latencies: %w", err)
	}
	defer rows.Close()
	histogram := newHistogram()
	for rows.Next() {
		var microseconds float64
		if err := rows.Scan(&microseconds); err != nil {
			return nil, fmt.Errorf("read latencies: %w", err)
		}
		_ = histogram.RecordValue(max(int64(microseconds), 1))
	}
	return histogram, rows.Err()
}
