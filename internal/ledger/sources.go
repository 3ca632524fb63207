package ledger

import (
	"context"
	"fmt"
	"time"
)

// LastDelivery says when something last came from a source.
type LastDelivery struct {
	At       time.Time `db:"received_at" json:"at"`
	Event    time.Time `db:"event_at" json:"event_at"` // the last delivery of that submission: a repetition is later
	Stage    string    `db:"stage" json:"stage"`
	Test     bool      `db:"test" json:"test,omitempty"`
	LastHour int       `db:"last_hour" json:"last_hour"`
}

// LastDeliveries looks up the newest submission of each of the sources; those that never sent anything are not in it.
func (l *Ledger) LastDeliveries(ctx context.Context, sources []string) (map[string]LastDelivery, error) {
	found := make(map[string]LastDelivery, len(sources))
	hour := l.now().UTC().Add(-time.Hour)
	for _, source := range sources {
		var rows []LastDelivery
		err := l.db.SelectContext(ctx, &rows, `
SELECT received_at, stage, test,
       (SELECT max(e.received_at) FROM events e WHERE e.submission_id = s.id) AS event_at,
       (SELECT count(*) FROM submissions c WHERE c.source = $1 AND c.received_at >= $2) AS last_hour
FROM submissions s WHERE source = $1 ORDER BY arrival DESC LIMIT 1`, source, hour)
		if err != nil {
			return nil, fmt.Errorf("look up the last delivery of source %s: %w", source, err)
		}
		for _, row := range rows {
			row.At, row.Event = row.At.UTC(), row.Event.UTC()
			found[source] = row
		}
	}
	return found, nil
}
