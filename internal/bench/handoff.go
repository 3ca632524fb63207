package bench

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"handoff/internal/stack"
)

// handoff measures the whole way: a signed delivery to the endpoint, until the ledger has its disposition, which comes
// after the CRM has its records.
func handoff(ctx context.Context, s *stack.Stack, o Options, run string) (result, error) {
	db, err := sql.Open("postgres", s.LedgerDSN)
	if err != nil {
		return result{}, fmt.Errorf("open the ledger: %w", err)
	}
	defer db.Close()
	transport := &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024}
	defer transport.CloseIdleConnections()
	sender := &http.Client{Transport: transport, Timeout: time.Minute}
	run = fmt.Sprintf("%s-%d", run, time.Now().UnixNano())
	var number atomic.Int64
	first, half := time.Now(), time.Now()
	r, err := o.load(ctx, target{
		send: func(ctx context.Context) error { return sendOne(ctx, s, sender, run, number.Add(1)) },
		done: func(ctx context.Context) (int, error) { return countDone(ctx, db, first) },
	}, func() { half = time.Now() })
	if err != nil {
		return r, err
	}
	r.toRecord, err = toRecord(ctx, db, half)
	return r, err
}

func sendOne(ctx context.Context, s *stack.Stack, sender *http.Client, run string, n int64) error {
	delivery, err := s.Sign("demo-request", fmt.Sprintf("%s-%d", run, n), map[string]any{
		"email": fmt.Sprintf("person%d@company%d-%s.example", n, n/4, run), "firstname": "Bench", "lastname": "Mark",
		"company": fmt.Sprintf("Company %d", n/4), "job_title": "Head of Sales", "company_size": "51-200", "country": "DE",
		"marketing_opt_in": "yes", "lead_source": "enterprise_demo", "utm_source": "google", "utm_campaign": "autumn",
	})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, delivery.URL, bytes.NewReader(delivery.Body))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	request.Header = delivery.Header
	response, err := sender.Do(request)
	if err != nil {
		return fmt.Errorf("send a delivery: %w", err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("the endpoint answered %s", response.Status)
	}
	return nil
}

// countDone counts the submissions received since the moment that became records. One that ended otherwise is an error,
// or the benchmark would measure failures.
func countDone(ctx context.Context, db *sql.DB, since time.Time) (int, error) {
	var done, wrong int
	err := db.QueryRowContext(ctx, `
SELECT count(*) FILTER (WHERE disposition IN ('created', 'updated')),
       count(*) FILTER (WHERE stage = 'review' OR disposition NOT IN ('', 'created', 'updated'))
FROM submissions WHERE received_at >= $1`, since.UTC()).Scan(&done, &wrong)
	if err != nil {
		return 0, fmt.Errorf("count dispositions: %w", err)
	}
	if wrong > 0 {
		return 0, fmt.Errorf("%d submissions did not become records", wrong)
	}
	return done, nil
}

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
		_ = histogram.RecordValue(max(int64(microseconds), 1)) // within the ten minutes that it holds
	}
	return histogram, rows.Err()
}
