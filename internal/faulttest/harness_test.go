package faulttest_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
	"handoff/internal/programs"
	"handoff/internal/stack"
	"handoff/internal/submission"
)

// shared is the stack of this test process. Every test sends people of its own and leaves the stack whole.
var shared struct {
	once   sync.Once
	folder string
	stack  *stack.Stack
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.stack != nil {
		if err := shared.stack.Down(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the stack:", err)
			code = 1
		}
	}
	if shared.folder != "" {
		_ = os.RemoveAll(shared.folder)
	}
	os.Exit(code)
}

const (
	// timeout bounds one test.
	timeout = 6 * time.Minute
	// buildTimeout bounds the start of what they share.
	buildTimeout = 6 * time.Minute
)

func whole(t *testing.T) (*stack.Stack, context.Context) {
	t.Helper()
	return wholeFor(t, timeout)
}

func wholeFor(t *testing.T, timeout time.Duration) (*stack.Stack, context.Context) {
	t.Helper()
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
		defer cancel()
		shared.stack, shared.err = build(ctx)
	})
	require.NoError(t, shared.err)
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	t.Cleanup(cancel)
	t.Cleanup(func() {
		if t.Failed() {
			for _, name := range []string{"worker", "starter"} {
				log, _ := os.ReadFile(shared.stack.Folder.Log(name))
				t.Logf("the end of the %s's log:\n%s", name, log[max(0, len(log)-4000):])
			}
		}
	})
	return shared.stack, ctx
}

// build starts the programs on servers of their own.
func build(ctx context.Context) (*stack.Stack, error) {
	root, err := devstack.ProjectRoot()
	if err != nil {
		return nil, err
	}
	if shared.folder, err = os.MkdirTemp("", "handoff-fault-"); err != nil {
		return nil, err
	}
	folder := devstack.Folder{Path: shared.folder}
	if err := programs.Link(folder.Bin("")); err != nil {
		return nil, err
	}
	return stack.Up(ctx, stack.Options{
		Folder: folder, Root: root, WithSandbox: true, Env: []string{"HANDOFF_LOG_LEVEL=warn"},
	})
}

// crowd sends many submissions of few people, all at once: new ones, the same again, changed ones, repeated events.
type crowd struct {
	*testing.T
	stack *stack.Stack
	name  string

	mu       sync.Mutex
	accepted map[submission.ID]int // deliveries that were acknowledged
}

const (
	people    = 40
	perPerson = 5
)

func newCrowd(t *testing.T, s *stack.Stack, name string) *crowd {
	return &crowd{T: t, stack: s, name: fmt.Sprintf("%s%d", name, time.Now().UnixNano()), accepted: map[submission.ID]int{}}
}

func (c *crowd) email(person int) string {
	return fmt.Sprintf("person%d@%s-%d.example", person, c.name, person/2) // two people a company
}

// send sends all of them and returns when each was acknowledged. What is refused or broken off is sent again, as senders
// do.
func (c *crowd) send(ctx context.Context) {
	type job struct{ person, n int }
	jobs := make(chan job)
	var sending sync.WaitGroup
	for range 16 {
		sending.Go(func() {
			for j := range jobs {
				answers := map[string]any{
					"email": c.email(j.person), "firstname": "Person", "lastname": fmt.Sprint(j.person), "company": c.name,
					"country": "DE", "marketing_opt_in": "yes",
				}
				sender := fmt.Sprintf("%s-%d-%d", c.name, j.person, j.n)
				switch j.n {
				case 1: // the event of 0 again
					sender = fmt.Sprintf("%s-%d-0", c.name, j.person)
				case 2: // the same answers under a new id
				default:
					answers["job_title"] = fmt.Sprint("title ", j.n)
				}
				c.deliver(ctx, sender, answers)
			}
		})
	}
	for n := range perPerson {
		for person := range people {
			jobs <- job{person, n}
		}
	}
	close(jobs)
	sending.Wait()
}

// deliver sends a submission until it is acknowledged.
func (c *crowd) deliver(ctx context.Context, sender string, answers map[string]any) {
	c.push(ctx, func() (stack.Delivery, error) { return c.stack.Sign("demo-request", sender, answers) })
}

// open opens one of the stack's databases.
func (c *crowd) open(dsn string) *sql.DB {
	db, err := sql.Open("postgres", dsn)
	require.NoError(c, err)
	c.Cleanup(func() { db.Close() })
	return db
}

// ended counts the crowd's submissions that have a disposition or a review item.
func (c *crowd) ended(ctx context.Context, db *sql.DB) int {
	var n int
	err := db.QueryRowContext(ctx, `
SELECT count(*) FROM submissions s WHERE sender_id LIKE $1
  AND (disposition <> '' OR EXISTS (SELECT FROM review_items r WHERE r.submission_id = s.id AND closed_at IS NULL))`,
		c.name+"-%").Scan(&n)
	if err != nil {
		return -1 // the server may be down just now: that is what is tested
	}
	return n
}

// awaitEnded waits until so many have ended.
func (c *crowd) awaitEnded(ctx context.Context, n int) {
	c.Helper()
	db := c.open(c.stack.LedgerDSN)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		have := c.ended(ctx, db)
		if have >= n {
			return
		}
		select {
		case <-ctx.Done():
			require.Fail(c, "not all have ended", "%d of %d", have, n)
		case <-ticker.C:
		}
	}
}

// requireI1I2 counts: every acknowledged submission has ended, every event is recorded, every person is there once.
func (c *crowd) requireI1I2(ctx context.Context) {
	c.Helper()
	submissions := people * (perPerson - 1) // one delivery of each person repeats an event
	require.Len(c, c.accepted, submissions)
	c.awaitEnded(ctx, submissions)

	ledger, crm := c.open(c.stack.LedgerDSN), c.open(c.stack.CRMDSN)
	count := func(db *sql.DB, query string) int {
		var n int
		require.NoError(c, db.QueryRowContext(ctx, query, "%"+c.name+"-%").Scan(&n))
		return n
	}
	require.Equal(c, submissions, count(ledger, `SELECT count(*) FROM submissions WHERE sender_id LIKE $1`))
	require.GreaterOrEqual(c, count(ledger, `SELECT count(*) FROM events e JOIN submissions s ON s.id = e.submission_id WHERE sender_id LIKE $1`),
		people*perPerson, "every delivery is an event")
	require.Zero(c, count(ledger, `SELECT count(*) FROM submissions WHERE sender_id LIKE $1 AND disposition NOT IN ('created', 'updated', 'duplicate')`))
	require.Equal(c, people, count(crm, `SELECT count(*) FROM contacts WHERE email LIKE $1`), "one contact a person")
	require.Equal(c, people, count(crm, `SELECT count(*) FROM leads WHERE email LIKE $1`), "one lead a person")
	require.Equal(c, people/2, count(crm, `SELECT count(*) FROM companies WHERE domain LIKE $1`), "one company a domain")
	require.Zero(c, count(crm, `SELECT count(*) FROM leads WHERE email LIKE $1 AND (owner IS NULL OR contact_id IS NULL OR company_id IS NULL)`),
		"every lead has its owner and its links")
}
