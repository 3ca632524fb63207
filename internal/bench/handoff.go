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
	sender := &http.Client{Transport: transport}
	run = fmt.Sprintf("%s-%d", run, time.Now().UnixNano())
	var number atomic.Int64
	send := func(ctx context.Context) error {
		n := number.Add(1)
		id := fmt.Sprintf("%s-%d", run, n)
		delivery, err := s.Sign("demo-request", id, map[string]any{
			"email": fmt.Sprintf("person%d@company%d-%s.example", n, n/4, run), "firstname": "Bench", "lastname": "Mark",
			"company": fmt.Sprintf("Company %d", n/4), "job_title": "Head of Sales", "company_size": "51-200", "country": "DE",
			"marketing_opt_in": "yes", "lead_source": "enterprise_demo", "utm_source": "google", "utm_campaign": "autumn",
		})
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, delivery.URL, bytes.NewReader(delivery.Body))
		if err != nil {
			return err
		}
		request.Header = delivery.Header
		response, err := sender.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusAccepted {
			return fmt.Errorf("the endpoint answered %s", response.Status)
		}
		return nil
	}
	since := time.Now()
	r, err := load(ctx, o, send, func(ctx context.Context, n int) error { return awaitDone(ctx, db, since, n) },
		func() { since = time.Now() })
	if err != nil {
		return r, err
	}
	r.toRecord, err = toRecord(ctx, db, since)
	return r, err
}

// awaitDone waits until n submissions received since the moment have a disposition; one that ended otherwise than with
// a record is an error, or the benchmark would measure failures.
func awaitDone(ctx context.Context, db *sql.DB, since time.Time, n int) error {
	ticker := time.NewTicker(25 * time.Millisecond)
	defer ticker.Stop()
	for {
		var done, wrong int
		err := db.QueryRowContext(ctx, `
SELECT count(*) FILTER (WHERE disposition IN ('created', 'updated')), count(*) FILTER (WHERE stage = 'review' OR disposition NOT IN ('', 'created', 'updated'))
FROM submissions WHERE received_at >= $1`, since.UTC()).Scan(&done, &wrong)
		switch {
		case err != nil:
			return fmt.Errorf("count dispositions: %w", err)
		case wrong > 0:
			return fmt.Errorf("%d submissions did not become records", wrong)
		case done >= n:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
